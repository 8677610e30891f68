"""Lengths of time as people type and read them."""

import re
from collections.abc import Sequence
from datetime import timedelta

MINUTE = timedelta(minutes=1)
SHORTEST = timedelta(minutes=15)
"""The shortest access that may be asked for (rule 6)."""

_UNITS = {"d": 1440, "h": 60, "m": 1}
_WORDS = r"d(?:ays?)?|h(?:(?:ou)?rs?)?|m(?:in(?:ute)?s?)?"
_PART = re.compile(rf"(\d+(?:[.,]\d{{1,2}})?)\s*({_WORDS})")
_AND = r"\s*(?:,|,?\s*\band\b)?\s*"
_PARTS = re.compile(rf"{_PART.pattern}(?:{_AND}{_PART.pattern})*,?")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)")
_HOURS_THEN_MINUTES = re.compile(r"(\d{1,4})\s*h\s*([0-5]?\d)")
_LONGEST_MINUTES = 400 * 1440
_LONGEST_TEXT = 60
"""More is no length of time, and would only cost time to read."""


def read_duration(text: str) -> timedelta | None:
    """Read ``45m``, ``1h30``, ``1.5h``, ``1:30``, ``90 minutes``, ``1 hour and 30 minutes``, ``30d``, else None.

    A bare number is refused: it could mean hours or minutes. So is whatever is not read whole, and a unit that is
    there twice. The result is whole minutes.
    """
    wanted = text.strip().lower()
    if len(wanted) > _LONGEST_TEXT:
        return None
    if match := _CLOCK.fullmatch(wanted) or _HOURS_THEN_MINUTES.fullmatch(wanted):
        return _whole(int(match[1]) * 60 + int(match[2]))
    parts = _PART.findall(wanted) if _PARTS.fullmatch(wanted) else []
    length = {unit[0]: float(number.replace(",", ".")) * _UNITS[unit[0]] for number, unit in parts}
    return _whole(sum(length.values())) if len(length) == len(parts) else None


def _whole(minutes: float) -> timedelta | None:
    rounded = round(minutes)
    return timedelta(minutes=rounded) if 0 < rounded <= _LONGEST_MINUTES else None


def show_duration(length: timedelta) -> str:
    """``1 h 30 min``, ``45 min``, ``9 h``, ``2 d 4 h``: its two largest units that are not zero."""
    minutes = max(1, round(length / MINUTE))
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days == 1 and (hours or minutes):
        days, hours = 0, hours + 24
    shown = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
    return " ".join(shown[:2])


def write_duration(length: timedelta) -> str:
    """The shortest exact spelling for a policy file: ``4h``, ``90m``, ``30d``."""
    minutes = round(length / MINUTE)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0 and minutes // size * size > 0 and (unit != "d" or minutes > 1440):
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def offered_lengths(fixed: Sequence[timedelta], limit: timedelta) -> tuple[timedelta, ...]:
    """Of the lengths that settings name those up to the limit; the limit itself where all of them are longer."""
    return tuple(length for length in fixed if length <= limit) or (limit,)


def duration_steps(limit: timedelta) -> tuple[timedelta, ...]:
    """The lengths a form offers: quarter hours to 2 h, then half hours, hours and days, the limit always included."""
    steps: list[timedelta] = []
    step = SHORTEST
    while step < limit:
        steps.append(step)
        step += _stride(step)
    return (*steps, limit)


def _stride(reached: timedelta) -> timedelta:
    for bound, stride in ((2, 0.25), (4, 0.5), (12, 1), (24, 2), (48, 6)):
        if reached < timedelta(hours=bound):
            return timedelta(hours=stride)
    return timedelta(days=1)
