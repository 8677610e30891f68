"""Slack's markup as HTML: links, people, channels, dates, code, quotes and the three marks, all else as it stands.

What was escaped stays words. The order of reading is that of `reading.mrkdwn`, so that tests and people see alike.
"""

import datetime as dt
import re
from collections.abc import Callable

from markupsafe import Markup

from infra.sandbox.slack.reading.dates import spoken_date
from infra.sandbox.slack.reading.mrkdwn import unescaped
from infra.sandbox.window.drawing.emoji import pictured
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import BREAK, EMPTY, tag, together

_REFERENCE = re.compile(r"<([^<>\n]+)>")
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_BARE = re.compile(r"(?<![\w@/])https?://[^\s<>\x00|]+[^\s<>\x00|.,;:!?)\]}'\"]")
_MARKS = (
    ("strong", re.compile(r"(?<![\w*])\*(?=\S)([^\n]+?)(?<=\S)\*(?![\w*])")),
    ("em", re.compile(r"(?<!\w)_(?=\S)([^\n]+?)(?<=\S)_(?!\w)")),
    ("s", re.compile(r"(?<![\w~])~(?=\S)([^\n]+?)(?<=\S)~(?![\w~])")),
)
_HELD = re.compile("\x00(\\d+)\x00")
_QUOTE = ("&gt;", ">")


class _Text:
    """One text on its way: finished pieces are held back, so that nothing inside them is read a second time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._held: list[Markup] = []

    def draw(self, text: str, *, verbatim: bool) -> Markup:
        text = text.replace("\x00", "")
        text = _REFERENCE.sub(lambda found: self._hold(_reference(found[1], self._reader)), text)
        text = _FENCE.sub(lambda found: self._hold(tag("pre", self._put(found[1], as_typed=True))), text)
        text = _CODE.sub(lambda found: self._hold(tag("code", self._put(found[1], as_typed=True))), text)
        if not verbatim:
            text = _BARE.sub(lambda found: self._hold(link(unescaped(found[0]), "", self._reader)), text)
        return self._lines(text)

    def _hold(self, piece: Markup) -> str:
        self._held.append(piece)
        return f"\x00{len(self._held) - 1}\x00"

    def _lines(self, text: str) -> Markup:
        """Lines, those of a quote gathered."""
        drawn: list[Markup] = []
        quoted: list[Markup] = []
        after_block = True
        for line in text.split("\n"):
            mark = next((each for each in _QUOTE if line.startswith(each)), "")
            if mark:
                quoted.append(self._marked(line[len(mark) :].removeprefix(" ")))
                continue
            if quoted:
                drawn.append(tag("blockquote", BREAK.join(quoted)))
                quoted, after_block = [], True
            drawn.append(self._line(line, after_block=after_block))
            after_block = self._is_fence(line)
        if quoted:
            drawn.append(tag("blockquote", BREAK.join(quoted)))
        return EMPTY.join(drawn)

    def _line(self, line: str, *, after_block: bool) -> Markup:
        fence = self._is_fence(line)
        return together(EMPTY if after_block or fence else BREAK, self._marked(line))

    def _is_fence(self, line: str) -> bool:
        alone = _HELD.fullmatch(line.strip())
        return alone is not None and self._held[int(alone[1])].startswith("<pre>")

    def _marked(self, text: str) -> Markup:
        for name, mark in _MARKS:
            text = mark.sub(self._marker(name), text)
        return self._put(text)

    def _marker(self, name: str) -> Callable[[re.Match[str]], str]:
        return lambda found: self._hold(tag(name, self._marked(found[1])))

    def _put(self, text: str, *, as_typed: bool = False) -> Markup:
        """Words between held pieces, escaped once; the pieces in their places. Code has no pictures."""
        parts: list[Markup] = []
        for index, part in enumerate(_HELD.split(text)):
            words = unescaped(part)
            parts.append(self._held[int(part)] if index % 2 else together(words if as_typed else pictured(words)))
        return EMPTY.join(parts)


def mrkdwn(text: str, reader: Reader, *, verbatim: bool = True) -> Markup:
    """The text as this person sees it; `verbatim` makes no links of what merely looks like one."""
    return _Text(reader).draw(text, verbatim=verbatim)


def link(url: str, label: str, reader: Reader) -> Markup:
    """A link that leads somewhere in this window; a scheme that no browser should follow stays words."""
    shown = label or url.removeprefix("mailto:")
    if url.startswith("mailto:"):
        return tag("span", shown, class_="address")
    address = reader.address(url)
    return tag("a", shown, href=address, title=url) if address else together(shown)


def mention(user_id: str, label: str, reader: Reader) -> Markup:
    user = reader.workspace.users.get(user_id)
    own = " own" if user_id == reader.user.id else ""
    return tag("span", f"@{user.real_name if user else label or user_id}", class_=f"mention{own}")


def channel_mention(channel_id: str, label: str, reader: Reader) -> Markup:
    """A private channel that the reader is not in has no name here, as in Slack."""
    channel = reader.workspace.channels.get(channel_id)
    if channel is None:
        return tag("span", f"#{label or channel_id}", class_="mention")
    if reader.may_look(channel_id):
        return tag("a", f"#{channel.name}", class_="mention", href=reader.conversation(channel_id))
    return tag("span", "private channel" if channel.kind == "private" else f"#{channel.name}", class_="mention")


def date(unix: int, pattern: str, url: str, reader: Reader) -> Markup:
    """In the reader's own time; the whole of it on hovering."""
    at = dt.datetime.fromtimestamp(unix, dt.UTC)
    words = spoken_date(unix, pattern, reader.user, reader.workspace.clock())
    whole = f"{reader.local(unix):%A %d %B %Y, %H:%M %Z} ({reader.zone_name})"
    drawn = tag("time", words, datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}", title=whole)
    address = reader.address(url) if url else ""
    return tag("a", drawn, href=address) if address else drawn


def _reference(inner: str, reader: Reader) -> Markup:
    target, _, label = inner.partition("|")
    label = unescaped(label)
    if target.startswith("@"):
        return mention(target[1:], label.removeprefix("@"), reader)
    if target.startswith("#"):
        return channel_mention(target[1:], label, reader)
    if target.startswith("!"):
        return _special(target[1:], label, reader)
    return link(unescaped(target), label, reader)


def _special(target: str, label: str, reader: Reader) -> Markup:
    kind, *rest = target.split("^")
    if kind == "date" and len(rest) >= 2 and rest[0].lstrip("-").isdigit():
        return date(int(rest[0]), unescaped(rest[1]), unescaped(rest[2]) if len(rest) > 2 else "", reader)
    if kind == "subteam" and rest:
        group = reader.workspace.user_groups.get(rest[0])
        return tag("span", f"@{group.handle}" if group else label or f"@{rest[0]}", class_="mention")
    if kind in ("here", "channel", "everyone"):
        return tag("span", f"@{kind}", class_="mention own")
    return together(label)
