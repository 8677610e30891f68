"""Texts in plain words for one reader: where a platform reads no markup, and has no way of its own to write a time.

A moment is read by one person in their own time zone, by many in UTC and by how far away it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import assert_never

from core.domain.durations import show_duration
from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from handlers.screens import spans
from handlers.screens.clean import clean, cut
from handlers.screens.spans import Span, Text

LONGEST = 2900
"""Longest text of somebody else's in one place, in characters."""
_SOON = timedelta(hours=12)
_NAMED_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of what is drawn. ``zone``: of one person; None for many readers. ``now``: the moment of drawing.

    ``people`` and ``channels`` are the names that those have on the platform; a person without one is not named.
    """

    zone: tzinfo | None = None
    now: datetime | None = None
    people: Mapping[ChatUser, str] = field(default_factory=dict)
    channels: Mapping[ConversationId, str] = field(default_factory=dict)


def plain_text(text: Text, reader: Reader) -> str:
    """A text without any markup, in one line."""
    return clean("".join(_plain(span, reader) for span in text.spans))


def when(at: datetime, now: datetime | None, reader: Reader) -> str:
    """The time alone when it is near ``now``, else with the day."""
    near = now is not None and abs(at - now) < _SOON
    today = now or reader.now
    if reader.zone is not None:
        return _written(at, today, reader.zone, near=near)
    said = f"{_written(at, today, UTC, near=near)} UTC"
    return f"{said} (in {show_duration(at - today)})" if today is not None and at > today else said


def _plain(span: Span, reader: Reader) -> str:  # noqa: C901, PLR0911 - one row a span
    match span:
        case spans.Words(words) | spans.Preformatted(words):
            return words
        case spans.Untrusted(words, longest, otherwise):
            return cut(clean(words), LONGEST if longest is None else longest) or otherwise
        case spans.Quotation(words, longest):
            return span.around(cut(clean(words), longest))
        case spans.Code(words, longest):
            return cut(clean(words), longest)
        case spans.Strong(inner) | spans.Emphasis(inner):
            return "".join(_plain(each, reader) for each in inner.spans)
        case spans.Instant(at, now):
            return when(at, now, reader)
        case spans.Duration(length):
            return show_duration(length)
        case spans.PersonRef(user):
            return clean(reader.people.get(user, ""))
        case spans.ChannelRef(conversation, otherwise):
            return clean(reader.channels.get(conversation, "")) or plain_text(otherwise, reader)
        case spans.Link(_, label):
            return clean(label)
        case spans.Joined(separator, texts):
            said = ("".join(_plain(each, reader) for each in text.spans) for text in texts)
            return separator.join(filter(None, said))
        case _:
            assert_never(span)


def _written(at: datetime, today: datetime | None, zone: tzinfo, *, near: bool) -> str:
    local = at.astimezone(zone)
    if near:
        return f"{local:%H:%M}"
    return f"{_day(local, today.astimezone(zone) if today else None)} at {local:%H:%M}"


def _day(local: datetime, today: datetime | None) -> str:
    days = {today.date() + timedelta(days=away): name for away, name in _NAMED_DAYS.items()} if today else {}
    return days.get(local.date(), f"{local:%b} {local.day}, {local.year}")
