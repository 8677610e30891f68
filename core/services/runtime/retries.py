"""Rows of queues: the pause before one is tried again, and the time for which one that is done is kept."""

from datetime import datetime, timedelta

from core.domain.errors import Upstream, UpstreamBusy

KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 1000
"""Rows that one transaction deletes."""
_SECOND = timedelta(seconds=1)
_MOST_DOUBLINGS = 10


def doubled(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """``first``, doubled with every attempt, up to ``longest``, which is less than a thousand times ``first``."""
    return min(longest, first * (1 << min(attempts, _MOST_DOUBLINGS)))


def asked_pause(error: Exception) -> timedelta | None:
    """The pause that the other side asked for, if it did."""
    return error.retry_after if isinstance(error, UpstreamBusy) else None


def next_try(
    now: datetime, attempts: int, error: Upstream, first: timedelta = 2 * _SECOND, longest: timedelta = 60 * _SECOND
) -> datetime:
    """The time of the next try: after the pause that the other side asked for, else after a doubled one."""
    return now + (asked_pause(error) or doubled(attempts, first, longest))
