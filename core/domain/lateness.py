"""The lateness of access, at its start and end, told by a request's change from one status to the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from core.domain.request import Request, Status


class Late(Enum):
    """The thing that was late."""

    GRANT = "grant"
    REVOCATION = "revocation"


@dataclass(frozen=True, slots=True)
class Lateness:
    """``by`` is never negative: what came early was on time."""

    late: Late
    by: timedelta


def lateness(before: Request, after: Request) -> Lateness | None:
    """The lateness that a change shows; None for one that neither gives access nor takes it away.

    A grant is due at its decision, or at the start asked for when that is later. Access that goes on under another
    request, or whose row in AWS nobody can use, was not taken away (rules 17 and 18).
    """
    if before.status is Status.GRANTING and after.status is Status.ACTIVE:
        return _late(Late.GRANT, _due_to_begin(after), after.window_start_at)
    if before.status is Status.REVOKING and after.status in {Status.ENDED, Status.REVOKED}:
        is_gone = after.continued_by is None and after.left_behind is None
        return _late(Late.REVOCATION, _due_to_end(after), after.closed_at) if is_gone else None
    return None


def _due_to_begin(request: Request) -> datetime:
    return max(filter(None, (request.decided_at or request.created_at, request.start_at)))


def _due_to_end(request: Request) -> datetime | None:
    return request.revoking_at if request.revoked_by else request.end_at


def _late(late: Late, due_at: datetime | None, at: datetime | None) -> Lateness | None:
    if due_at is None or at is None:
        return None
    return Lateness(late, max(at - due_at, timedelta()))
