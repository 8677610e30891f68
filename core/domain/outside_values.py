"""Numbers that come from outside, as instants and lengths: whatever is sent is one, and none is beyond all calendars.

What is too large stays far too large, so that it is refused in words by the rule that it breaks.
"""

from datetime import UTC, datetime, timedelta

_FIRST, _LAST = 0, 200_000_000_000
"""Seconds since 1970: until the year 8307."""
_MOST_MINUTES = 10**8
"""Nearly two hundred years."""


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
