"""Moments as they are read: by one person in their own time zone, by many in UTC and by how far away they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from core.domain.durations import show_duration
from core.domain.ids import ConversationId
from core.domain.people import ChatUser

_SOON = timedelta(hours=12)
_NAMED_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads what is drawn. ``zone``: of one person; None where many read. ``now``: when it is drawn.

    ``people`` and ``channels`` are what those that it names are called in Teams; a person without a name is not
    mentioned.
    """

    zone: tzinfo | None = None
    now: datetime | None = None
    people: Mapping[ChatUser, str] = field(default_factory=dict)
    channels: Mapping[ConversationId, str] = field(default_factory=dict)


def when(at: datetime, now: datetime | None, reader: Reader) -> str:
    """The time alone when it is near ``now``, else with the day."""
    near = now is not None and abs(at - now) < _SOON
    today = now or reader.now
    if reader.zone is not None:
        return _written(at, today, reader.zone, near=near)
    said = f"{_written(at, today, UTC, near=near)} UTC"
    return f"{said} (in {show_duration(at - today)})" if today is not None and at > today else said


def _written(at: datetime, today: datetime | None, zone: tzinfo, *, near: bool) -> str:
    local = at.astimezone(zone)
    if near:
        return f"{local:%H:%M}"
    return f"{_day(local, today.astimezone(zone) if today else None)} at {local:%H:%M}"


def _day(local: datetime, today: datetime | None) -> str:
    days = {today.date() + timedelta(days=away): name for away, name in _NAMED_DAYS.items()} if today else {}
    return days.get(local.date(), f"{local:%b} {local.day}, {local.year}")
