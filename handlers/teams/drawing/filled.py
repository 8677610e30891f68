"""Filled inputs, read from the data that Teams sends back: every answer is text, under the id of its input."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo
from typing import Any

from core.domain.outside_values import read_day, read_zone
from handlers.screens.filled import Answer, Filled
from handlers.teams import wire
from handlers.teams.wire import ControlPlace, Kind

DATE, TIME = ".date", ".time"
"""The endings of the ids of a moment's two inputs."""


@dataclass(frozen=True, slots=True)
class Answered(Filled):
    """``labels`` by value, of what was chosen: a dialog that is drawn again shows it under these."""

    labels: Mapping[str, str] = field(default_factory=dict)


def read_filled(data: object, now: datetime) -> Answered:
    """The inputs that were filled in when something was pressed or sent. Teams does not send an empty input at all."""
    return _read(data if isinstance(data, Mapping) else {}, wire.read_sent(data).place, now)


def read_asked(value: Mapping[str, Any], now: datetime) -> Answered:
    """The same of the question of a type-ahead: what is filled in around it comes along, but not everywhere."""
    place, around = wire.read_dataset(value.get("dataset")).place, value.get("data")
    if not isinstance(around, Mapping):
        return Answered(memo=place.memo)
    return _read(around, place, now)


def _read(data: Mapping[str, Any], place: ControlPlace, now: datetime) -> Answered:
    answers: dict[str, Answer] = {}
    labels: dict[str, str] = {}
    for id_, kind in place.inputs.items():
        match kind:
            case Kind.TYPED:
                answers[id_] = _text(data, id_)
            case Kind.CHOSEN:
                chosen = wire.read_choices(_text(data, id_))
                answers[id_] = tuple(dict.fromkeys(value for value, _ in chosen))
                labels |= {value: label for value, label in chosen if label}
            case Kind.MOMENT:
                answers[id_] = _moment(
                    _text(data, id_ + DATE), _text(data, id_ + TIME), read_zone(place.zone) or UTC, now
                )
            case Kind.DAY:
                answers[id_] = read_day(_text(data, id_))
    return Answered(answers, tuple(place.inputs), place.memo, labels)


def _moment(day: str, clock: str, zone: tzinfo, now: datetime) -> datetime | None:
    """In the zone that the label named: a time alone is today's, a day alone begins at midnight."""
    on, at = read_day(day), _clock(clock)
    if on is None and at is None:
        return None
    local = datetime.combine(on or now.astimezone(zone).date(), at or time(), zone)
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return None


def _clock(written: str) -> time | None:
    try:
        return time.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return None


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
