"""Requests that are too late: the window is nearly over, or the start was missed (rule 6 and the table)."""

from datetime import datetime, timedelta

from core.domain.assignment import GRANT_PATIENCE
from core.domain.errors import Reason
from core.domain.request import Request, Status

LEAST_LEFT = timedelta(minutes=5)
"""With less than this left of its window a request is not granted any more."""
MISSED_AFTER = GRANT_PATIENCE
"""A start that is later than this surprises whoever asked for it."""
_A_MOMENT = timedelta(seconds=1)


def window_end(start_at: datetime | None, duration: timedelta) -> datetime | None:
    """The end of a window with an asked start, which does not move (rule 6)."""
    return start_at + duration if start_at is not None else None


def is_too_late(start_at: datetime | None, duration: timedelta, now: datetime) -> bool:
    """True if less than the least is left of the window that was asked for."""
    end = window_end(start_at, duration)
    return end is not None and end - now < LEAST_LEFT


def time_left(request: Request, now: datetime) -> timedelta | None:
    """The rest of a window that has begun without the access; None while all of it is."""
    end = window_end(request.start_at, request.duration)
    if end is None or request.start_at is None or request.start_at >= now:
        return None
    return max(end - now, timedelta())


def lapse(request: Request, now: datetime) -> Reason | None:
    """The reason why a pending or scheduled request can no longer be granted; None while it can."""
    if is_too_late(request.start_at, request.duration, now):
        return Reason.WINDOW_OVER
    if request.status is not Status.SCHEDULED:
        return None
    due_since = max(filter(None, (request.start_at, request.decided_at, request.created_at)))
    return Reason.START_MISSED if now - due_since >= MISSED_AFTER else None


def expiry(start_at: datetime | None, duration: timedelta, now: datetime, after: timedelta | None) -> datetime | None:
    """The time when a pending request expires: ``after`` its time, or when its window is nearly over; None: never."""
    end = window_end(start_at, duration)
    ends = (now + after if after else None, end - LEAST_LEFT + _A_MOMENT if end else None)
    return min(filter(None, ends), default=None)
