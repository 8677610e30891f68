"""How much one person may have open at a time, so that nobody buries the requests of the others (rule 26)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import show_request_id
from core.domain.organization import Target
from core.domain.request import Request, Status

OPEN = frozenset({Status.PENDING, Status.SCHEDULED})
"""Statuses that count: what is granted by now keeps nobody waiting, and ends by itself."""


def open_at(requests: Iterable[Request], now: datetime) -> tuple[Request, ...]:
    """Those of them that are open; one that is past its expiry is not, whether or not that was noted."""
    return tuple(
        request
        for request in requests
        if request.status in OPEN and (request.status is not Status.PENDING or now < request.expires_at)
    )


def one_too_many(
    target: Target, start_at: datetime | None, duration: timedelta, open_ones: Iterable[Request], most: int
) -> Refusal | None:
    """Refuse what asks for the same target and window as one that is pending, and what would be one over ``most``."""
    there = tuple(open_ones)
    for other in there:
        same_window = (other.start_at, other.duration) == (start_at, duration)
        if other.status is Status.PENDING and other.target == target and same_window:
            return Refusal(Reason.ASKED_ALREADY, Field.PERMISSION_SET, detail=show_request_id(other.id))
    return at_the_limit(there, most)


def at_the_limit(open_ones: Iterable[Request], most: int) -> Refusal | None:
    """Refuse anything more of a person who has ``most`` open requests."""
    count = sum(1 for _ in open_ones)
    return Refusal(Reason.TOO_MANY_OPEN, Field.PERMISSION_SET, detail=f"{count} of {most}") if count >= most else None
