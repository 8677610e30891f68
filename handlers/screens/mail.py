"""A message as a plain-text e-mail: every word of it, no button, and why it came this way."""

from collections.abc import Iterable, Iterator

from handlers.screens import spans
from handlers.screens.clean import clean
from handlers.screens.parts import Address, Aside, Break, Buttons, Facts, Heading, Lines, Part, Quote, Row
from handlers.screens.plain_text import Reader, plain_text
from handlers.screens.screen import Message
from handlers.screens.spans import Text

LONGEST_SUBJECT = 150
WHY_BY_MAIL = (
    "You get this by e-mail because TEAM Bot cannot reach you in chat. Nobody reads replies, and nothing can be "
    "decided by e-mail: for that you need a chat account with your work address."
)


def subject(message: Message, reader: Reader) -> str:
    """The first sentence, in one line."""
    said = plain_text(message.summary, reader)
    return said if len(said) <= LONGEST_SUBJECT else f"{said[: LONGEST_SUBJECT - 1].rstrip()}…"


def body(message: Message, reader: Reader) -> str:
    paragraphs = filter(None, ("\n".join(_part(part, reader)) for part in message.parts))
    return "\n\n".join([*paragraphs, f"-- \n{WHY_BY_MAIL}\n"])


def _part(part: Part, reader: Reader) -> Iterator[str]:
    match part:
        case Row(text, button):
            yield from _said([text], reader)
            if isinstance(button, Address):
                yield f"{button.label}: {button.url}"
        case Lines(texts) | Aside(texts):
            yield from _said(texts, reader)
        case Facts(pairs):
            told = ((label, plain_text(value, reader)) for label, value in pairs)
            yield from (f"{label}: {value}" for label, value in told if value)
        case Quote(label, words) if words.strip():
            yield f"{label}:"
            yield from (f"> {line}" for line in clean(words, lines=True).splitlines())
        case Buttons(acts):
            yield from (f"{act.label}: {act.url}" for act in acts if isinstance(act, Address))
        case Heading(title):
            yield title
        case Break() | _:
            return


def _said(texts: Iterable[Text], reader: Reader) -> Iterator[str]:
    for each in texts:
        match each.spans:
            case (spans.Joined("\n", inner),):
                yield from _said(inner, reader)
            case (spans.Preformatted(words),):
                yield from (f"    {line}" for line in clean(words, lines=True).splitlines())
            case _:
                yield from filter(None, [plain_text(each, reader)])
