"""A message line by line, each knowing what it is: a fact with its label, a button row, words in a box.

For those who show messages elsewhere than in Slack: the terminal and the page. What is read is decided by `Eyes`.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from infra.sandbox.slack.model import Json, Message
from infra.sandbox.slack.reading import TextRenderer

Kind = Literal["text", "fact", "quiet", "code", "rule", "buttons"]
_FENCE = "```"


class Line(NamedTuple):
    kind: Kind
    #: Of a row of buttons: their names, one a line.
    text: str
    #: Of a fact: what it is a fact of.
    label: str = ""


def message_lines(message: Message, renderer: TextRenderer) -> list[Line]:
    """The body of a message, under its author's name."""
    if not message.blocks:
        return [Line("text", each) for each in renderer.message(message).splitlines()]
    return [line for block in message.blocks for line in _block(block, renderer)]


def _block(block: Json, renderer: TextRenderer) -> Iterator[Line]:
    match block["type"]:
        case "divider":
            yield Line("rule", "")
        case "actions":
            yield Line("buttons", "\n".join(_control(each, renderer) for each in block["elements"]))
        case "context":
            yield from _lines("quiet", renderer.block(block, {}))
        case "section":
            yield from _section(block, renderer)
        case _:
            yield from _lines("text", renderer.block(block, {}))


def _control(element: Json, renderer: TextRenderer) -> str:
    if element["type"] == "button":
        return renderer.text(element["text"])
    return renderer.block({"type": "actions", "elements": [element]}, {})


def _section(block: Json, renderer: TextRenderer) -> Iterator[Line]:
    if block.get("text"):
        yield from _prose(block["text"], renderer)
    for field in block.get("fields", ()):
        yield _fact(renderer.text(field))


def _prose(text: Json, renderer: TextRenderer) -> Iterator[Line]:
    """Text and, between fences, code; a bold word above a lone box of code is what the box is about."""
    parts = text["text"].split(_FENCE) if text["type"] == "mrkdwn" else [text["text"]]
    if len(parts) == 3 and _is_label(parts[0]) and not parts[2].strip():
        yield Line(
            "fact", renderer.text({**text, "text": f"{_FENCE}{parts[1]}{_FENCE}"}).strip(), parts[0].strip(" *\n")
        )
        return
    for number, part in enumerate(parts):
        whole = f"{_FENCE}{part}{_FENCE}" if number % 2 else part
        yield from _lines("code" if number % 2 else "text", renderer.text({**text, "text": whole}))


def _is_label(markup: str) -> bool:
    inner = markup.strip()
    return inner.startswith("*") and inner.endswith("*") and "\n" not in inner


def _fact(text: str) -> Line:
    label, newline, value = text.partition("\n")
    return Line("fact", value.replace("\n", " "), label) if newline else Line("text", label)


def _lines(kind: Kind, text: str) -> Iterator[Line]:
    return (Line(kind, line) for line in text.splitlines() if line.strip())
