"""Values that come from outside, as instants, lengths, days and time zones: whatever is sent, nothing breaks.

No number is beyond all calendars: what is too large stays far too large, so that it is refused in words by the rule
that it breaks.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_FIRST, _LAST = 0, 200_000_000_000
"""Seconds since 1970: until the year 8307."""
_MOST_MINUTES = 10**8
"""Nearly two hundred years."""
_LONGEST_PAUSE = timedelta(hours=1)


def read_instant(seconds: object) -> datetime | None:
    """Seconds since 1970; None for anything but a whole number."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return None
    return datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), UTC)


def read_minutes(minutes: object) -> timedelta | None:
    """A length in minutes; None for anything but a whole number."""
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        return None
    return timedelta(minutes=min(max(minutes, -_MOST_MINUTES), _MOST_MINUTES))


def read_day(written: object) -> date | None:
    """``2026-03-02``; None for anything but a day."""
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return None


def read_zone(name: str) -> ZoneInfo | None:
    """A time zone of the IANA database, as this machine has it; None for a name that is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # no such zone is a KeyError, a name that is a path is another
        return None


def read_retry_after(header: object) -> timedelta | None:
    """Retry-After, in seconds, held between a second and an hour; None where it says anything else (RFC 9110)."""
    told = str(header or "").strip()
    if not (told.isascii() and told.isdigit()):
        return None
    return min(timedelta(seconds=max(1, int(told[:9]))), _LONGEST_PAUSE)
