"""Slack's markup read into a small tree. `mrkdwn` writes it as words, `window.drawing.mrkdwn` as HTML.

What was escaped is words. References are read first, then code, links that are only typed, quotes, and the three marks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

_REFERENCE = re.compile(r"<([^<>\n]+)>")
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_TYPED_LINK = re.compile(r"(?<![\w@/])https?://[^\s<>\x00|]+[^\s<>\x00|.,;:!?)\]}'\"]")
_HELD = re.compile("\x00(\\d+)\x00")
_QUOTE = ("&gt;", ">")

Style = Literal["bold", "italic", "strike"]
_MARKS: tuple[tuple[Style, re.Pattern[str]], ...] = (
    ("bold", re.compile(r"(?<![\w*])\*(?=\S)([^\n]+?)(?<=\S)\*(?![\w*])")),
    ("italic", re.compile(r"(?<!\w)_(?=\S)([^\n]+?)(?<=\S)_(?!\w)")),
    ("strike", re.compile(r"(?<![\w~])~(?=\S)([^\n]+?)(?<=\S)~(?![\w~])")),
)


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class UserMention:
    id: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ChannelMention:
    id: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class GroupMention:
    id: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """`@here`, `@channel` and `@everyone`."""

    to: str


@dataclass(frozen=True, slots=True)
class Date:
    #: Seconds since 1970, and how they are shown.
    unix: int
    pattern: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    inside: tuple["Inline", ...]
    #: Between three backticks: lines of its own.
    is_block: bool = False


@dataclass(frozen=True, slots=True)
class Styled:
    style: Style
    inside: tuple["Inline", ...]


Mention = UserMention | ChannelMention | GroupMention | Broadcast
Inline = Words | Link | Mention | Date | Code | Styled


@dataclass(frozen=True, slots=True)
class Line:
    inside: tuple[Inline, ...]

    @property
    def is_code(self) -> bool:
        """Nothing but a block of code."""
        return len(self.inside) == 1 and isinstance(self.inside[0], Code) and self.inside[0].is_block


@dataclass(frozen=True, slots=True)
class Quote:
    lines: tuple[Line, ...]


def read(text: str, *, verbatim: bool = True) -> list[Line | Quote]:
    """The tree of a text; `verbatim` makes no links of what merely looks like one."""
    return list(_Reading().read(text.replace("\x00", ""), verbatim=verbatim))


@dataclass(frozen=True, slots=True)
class Reference:
    """Something between angle brackets: a link, a person, a channel, a date or a broadcast."""

    target: str
    label: str

    @property
    def is_link(self) -> bool:
        return not self.target.startswith(("@", "#", "!"))


def references(text: str) -> Iterator[Reference]:
    """Everything in the text that is more than words; what was escaped is words."""
    for match in _REFERENCE.finditer(text):
        target, _, label = match[1].partition("|")
        yield Reference(target, unescaped(label))


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Reading:
    """One text on its way: finished nodes are held back, so that nothing inside them is read a second time."""

    def __init__(self) -> None:
        self._held: list[Inline] = []

    def read(self, text: str, *, verbatim: bool) -> Iterator[Line | Quote]:
        text = _REFERENCE.sub(lambda found: self._hold(_reference(found[1])), text)
        text = _FENCE.sub(lambda found: self._hold(Code(self._pieces(found[1]), is_block=True)), text)
        text = _CODE.sub(lambda found: self._hold(Code(self._pieces(found[1]))), text)
        if not verbatim:
            text = _TYPED_LINK.sub(lambda found: self._hold(Link(unescaped(found[0]))), text)
        quoted: list[Line] = []
        for line in text.split("\n"):
            mark = next((each for each in _QUOTE if line.startswith(each)), "")
            if mark:
                quoted.append(self._line(line[len(mark) :].removeprefix(" ")))
                continue
            if quoted:
                yield Quote(tuple(quoted))
                quoted = []
            yield self._line(line)
        if quoted:
            yield Quote(tuple(quoted))

    def _hold(self, node: Inline) -> str:
        self._held.append(node)
        return f"\x00{len(self._held) - 1}\x00"

    def _line(self, text: str) -> Line:
        alone = Line(self._pieces(text.strip()))
        return alone if alone.is_code else Line(self._marked(text))

    def _marked(self, text: str) -> tuple[Inline, ...]:
        for style, mark in _MARKS:
            text = mark.sub(self._marker(style), text)
        return self._pieces(text)

    def _marker(self, style: Style) -> Callable[[re.Match[str]], str]:
        return lambda found: self._hold(Styled(style, self._marked(found[1])))

    def _pieces(self, text: str) -> tuple[Inline, ...]:
        parts = enumerate(_HELD.split(text))
        return tuple(self._held[int(part)] if n % 2 else Words(unescaped(part)) for n, part in parts if part)


def _reference(inner: str) -> Inline:
    target, _, label = inner.partition("|")
    label = unescaped(label)
    match target[0]:
        case "@":
            return UserMention(target[1:], label.removeprefix("@"))
        case "#":
            return ChannelMention(target[1:], label.removeprefix("#"))
        case "!":
            return _special(target[1:], label)
        case _:
            return Link(unescaped(target), label)


def _special(target: str, label: str) -> Inline:
    kind, *rest = target.split("^")
    if kind == "date" and len(rest) >= 2 and rest[0].lstrip("-").isdigit():
        return Date(int(rest[0]), unescaped(rest[1]), unescaped(rest[2]) if len(rest) > 2 else "")
    if kind == "subteam" and rest:
        return GroupMention(rest[0], label.removeprefix("@"))
    return Broadcast(kind) if kind in ("here", "channel", "everyone") else Words(label)
