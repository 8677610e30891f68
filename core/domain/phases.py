"""The parts of a request's life, each told when it comes to its end: what a trace of it is made of."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.request import Request, Status


@dataclass(frozen=True, slots=True)
class Phase:
    """The time that a request spent in one status, and the status it went on to."""

    status: Status
    begun_at: datetime
    then: Status


def phase_ended(before: Request, after: Request) -> Phase | None:
    """The phase that a change ends; None where the request stays in its status."""
    if before.status is after.status:
        return None
    begun_at = {
        Status.SCHEDULED: before.decided_at,
        Status.GRANTING: before.granting_at,
        Status.ACTIVE: before.window_start_at or before.granting_at,
        Status.REVOKING: before.revoking_at,
    }.get(before.status)
    return Phase(before.status, begun_at or before.created_at, after.status)
