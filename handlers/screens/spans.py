"""Text as a sequence of spans. A platform turns spans into its own markup, and escapes what somebody else wrote.

A ``str`` in a text is our own sentence. What a person, AWS or a policy named is ``Untrusted`` (or ``Quotation``, or
``Code``) until a platform draws it. No string, of ours or not, becomes a mention, a link or formatting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Formatter
from typing import TypeAlias

from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from core.domain.punctuation import stop_after

NAME = 120
"""Longest name shown in a line, in characters."""
SHORT_QUOTE = 150
_ABOUT_A_WORD = 10


@dataclass(frozen=True, slots=True)
class Words:
    """Our own words."""

    text: str


@dataclass(frozen=True, slots=True)
class Untrusted:
    """A name or a sentence with somebody else's words in it: shown as it is, never as markup.

    ``longest`` in characters, as long as the platform takes without it; ``otherwise`` is said when nothing of it shows.
    """

    text: str
    longest: int | None = None
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A person's own words within a sentence, in one line and in quotation marks."""

    text: str
    longest: int = SHORT_QUOTE
    ends: bool = False
    """It ends a sentence: with a full stop where the words have none."""

    def around(self, shown: str) -> str:
        """The words as they are shown, within their marks; nothing where nothing of them shows."""
        return f"“{shown}”{stop_after(shown) if self.ends else ''}" if shown else ""


@dataclass(frozen=True, slots=True)
class Code:
    """A value to be copied: an id, a command."""

    text: str
    longest: int = NAME


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Several lines to be copied as they are. Stands as a line of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    text: "Text"


@dataclass(frozen=True, slots=True)
class Emphasis:
    text: "Text"


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment, in the reader's own time zone: the time alone when it is near ``now``, else with the day."""

    at: datetime
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duration:
    length: timedelta


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A chat user, mentioned where the platform knows them; else nothing."""

    user: ChatUser


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel, linked where the platform knows it; else ``otherwise``."""

    id: ConversationId
    otherwise: "Text"


@dataclass(frozen=True, slots=True)
class Link:
    """An address that this program made; the bare label when there is none."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Those of the texts that say anything where they are drawn, with a separator between them."""

    separator: str
    texts: "tuple[Text, ...]"


Span: TypeAlias = (
    Words
    | Untrusted
    | Quotation
    | Code
    | Preformatted
    | Strong
    | Emphasis
    | Instant
    | Duration
    | PersonRef
    | ChannelRef
    | Link
    | Joined
)


@dataclass(frozen=True, slots=True)
class Text:
    """Spans, one after the other, with nothing between them. An empty one is false."""

    spans: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.spans)


Said: TypeAlias = str | int | Span | Text
"""A piece of a text; a ``str`` is our own words."""
NOTHING = Text()


def text(*pieces: Said) -> Text:
    """One text of several pieces."""
    spans: list[Span] = []
    for piece in pieces:
        if isinstance(piece, Text):
            spans += piece.spans
        elif not isinstance(piece, str | int):
            spans.append(piece)
        elif piece != "":
            spans.append(Words(str(piece)))
    return Text(tuple(spans))


def length(of: Text) -> int:
    """About how many characters it is where it is read."""
    return sum(map(_length, of.spans))


def _length(span: Span) -> int:
    match span:
        case Words(words) | Preformatted(words):
            return len(words)
        case Untrusted(words, longest) | Quotation(words, longest) | Code(words, longest):
            return len(words) if longest is None else min(len(words), longest)
        case Strong(inner) | Emphasis(inner):
            return length(inner)
        case Link(_, label):
            return len(label)
        case Joined(separator, texts):
            return sum(map(length, texts)) + len(separator) * (len(texts) - 1)
        case _:
            return _ABOUT_A_WORD


def fill(template: str, **pieces: Said) -> Text:
    """A sentence of ours with its ``{named}`` gaps filled. KeyError for a gap that nothing is given for."""
    parsed = ((words, pieces[gap] if gap else "") for words, gap, _, _ in Formatter().parse(template))
    return text(*(piece for pair in parsed for piece in pair))


def strong(*pieces: Said) -> Strong:
    return Strong(text(*pieces))


def joined(separator: str, pieces: Iterable[Said]) -> Text:
    """Those of the pieces that say anything, with a separator between them."""
    texts = tuple(filter(None, map(text, pieces)))
    return Text((Joined(separator, texts),)) if texts else NOTHING


def several(texts: Sequence[Said], most: int) -> Text:
    """``Bob, Carol and 190 more``."""
    rest = len(texts) - most
    return text(joined(", ", texts[:most]), f" and {rest} more" if rest > 0 else "")


def name(of: str) -> Untrusted:
    """The name of somebody or something."""
    return Untrusted(of, NAME, "(no name)")


def strong_name(of: str, longest: int = NAME) -> Strong:
    """The same in bold; nothing when there is none."""
    return strong(Untrusted(of, longest))


def channel(of: ConversationId, otherwise: Said = "") -> ChannelRef:
    return ChannelRef(of, text(otherwise))
