"""The size limit of cards, and the parts that a larger card leaves out: long words never cost anyone a message."""

import json
from collections.abc import Iterator
from typing import Any

from handlers.screens.clean import ELLIPSIS
from handlers.screens.screen import TOO_LONG
from handlers.teams.drawing.elements import Json, small

MOST = 26_000
"""Bytes of a card as Teams counts them, two for each UTF-16 unit: it takes 100 KB of a message with all around it, but
has taken less (Microsoft Teams, format your bot messages); 28 KB is what everything of Teams takes."""
_SHORT = 160
"""Characters below which a text is left alone."""
_QUOTED = "emphasis"


def size(card: Json) -> int:
    """Bytes of a card as Teams counts them."""
    written = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
    return len(written.encode("utf-16-le", "surrogatepass"))


def fits(card: Json) -> bool:
    return size(card) <= MOST


def fitted(card: Json) -> Json:
    """The same where it fits, else with its longest words cut, what people typed first; then without its last parts."""
    if fits(card):
        return card
    card = json.loads(json.dumps(card))
    body = card["body"]
    body.append(small(TOO_LONG))
    while not fits(card) and (found := max(_long_texts(body), default=None, key=lambda text: text[:2])):
        _, length, element, key = found
        element[key] = within(element[key], length // 2)
    kept = [0, *[index for index, part in enumerate(body) if part["type"] == "ActionSet"][-1:], len(body) - 1]
    for index in reversed(range(len(body))):
        if index not in kept and not _is_filled_in(body[index]):
            if fits(card):
                break
            del body[index]
    return card


def within(markdown: str, limit: int) -> str:
    """Markdown that was made here, cut between words: not within a link or a mention, with its bold ended."""
    if len(markdown) <= limit:
        return markdown
    kept = markdown[:limit].rpartition(" ")[0] or markdown[:limit]
    for begins, ends in (("[", ")"), ("<at>", "</at>")):
        if kept.rfind(begins) > kept.rfind(ends):
            kept = kept[: kept.rfind(begins)]
    kept = kept.rstrip().rstrip("*")
    return f"{kept}{ELLIPSIS}" + ("**" if kept.count("**") % 2 else "")


def _long_texts(elements: list[Any], *, is_typed: bool = False) -> Iterator[tuple[bool, int, Json, str]]:
    """Every text that may be cut: whether it is typed, its length, and where it is."""
    for element in elements:
        for key in ("text", "value", "codeSnippet"):
            if len(element.get(key, "")) > _SHORT and element.get("type", "TextBlock") in {"TextBlock", "CodeBlock"}:
                yield is_typed, len(element[key]), element, key
        inner = [*element.get("items", ()), *element.get("columns", ()), *element.get("facts", ())]
        yield from _long_texts(inner, is_typed=is_typed or element.get("style") == _QUOTED)


def _is_filled_in(element: Json) -> bool:
    return str(element["type"]).startswith("Input.")
