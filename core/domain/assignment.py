"""What to do about one assignment in AWS (rules 16 to 20): the next step follows from what is wanted and what is seen.

An assignment is shared by all requests of one principal for one target. Whether it should exist follows
from those requests alone; policies and settings have no say (rule 17). Before each step AWS is asked what
exists, and what is about to be done is stored first, so that a crash at any moment is resumed from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.request import LeftBehind, Request, Status

GRANT_PATIENCE = timedelta(minutes=30)
"""How long a grant is tried before the request fails ("retries used up")."""
ALARM_AFTER = timedelta(minutes=5)
"""A revocation that takes longer is an alarm to the admins (rule 17)."""
LISTS_LAG = timedelta(minutes=5)
"""AWS's lists may be this far behind: for as long after a change of ours, one that contradicts it proves nothing, and
only two looks this far apart prove that something is gone by another hand (rule 20)."""
LOST_AFTER = LISTS_LAG
OUTCOME_WITHIN = timedelta(minutes=5)
"""An operation without an outcome for longer loses its slot, not its record (rule 16)."""
JUDGED_WITHIN = timedelta(seconds=30)
"""A judgement older than this is made anew before AWS is asked for a creation (rule 14)."""
MOST_FAILURES = 3
RETRIED_AFTER = (timedelta(seconds=15), timedelta(seconds=60))
"""Pauses after the first and the second creation that AWS ended as FAILED; the third is the last."""
GRANT_WAITS = timedelta(seconds=15)
"""A grant that has waited this long for a slot goes before deletions, two at a time: it must not starve."""
GRANTS_BETWEEN = 2
SELDOM = timedelta(hours=1)
"""How often the deletion of what nobody can use any more is tried (rule 17)."""
MAX_OUTSTANDING = 10
"""Assignment operations in flight at once (Identity Center quotas: 15 today, 10 in older copies)."""


class OperationKind(StrEnum):
    CREATE = "create"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of the assignment that AWS was, or was about to be, asked for."""

    kind: OperationKind
    begun_at: datetime
    aws_id: str = ""
    """RequestId of the AWS answer; empty while no answer has come."""


class OperationState(StrEnum):
    """As AWS names it (sso-admin, AccountAssignmentOperationStatus)."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of ours that AWS said SUCCEEDED to: when we learned of it, and since when AWS says it is so."""

    kind: OperationKind
    at: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why nobody can use what AWS still lists, since which look, and when its deletion was last tried (rule 17)."""

    because: LeftBehind
    since: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """The book about one principal × target. ``ours``: this product made, or was about to make, what exists."""

    principal: PrincipalId
    target: Target
    id: int = 0
    ours: bool = False
    operation: Operation | None = None
    """In flight: it has a slot."""
    hanging: tuple[Operation, ...] = ()
    """Asked for, without an outcome, and without a slot: the answer was lost, or AWS takes too long."""
    changed: Change | None = None
    """The last change of ours, kept when nothing of ours is left: a list may show it for a while."""
    asked_since: datetime | None = None
    """When the first creation was asked for that may have made what exists."""
    waits_for: OperationKind | None = None
    """The change that waits for a slot; such a row asks AWS nothing."""
    waits_since: datetime | None = None
    failures: int = 0
    """Creations in a row that AWS ended as FAILED."""
    unusable: Unusable | None = None
    urgent: bool = False
    """Something is to be taken away: goes before grants."""
    next_try_at: datetime | None = None
    """None: nothing to do."""
    attempts: int = 0
    """Tries in a row that came to nothing."""
    last_error: str = ""
    missing_since: datetime | None = None
    """When AWS was first seen to list it no more while a live request rests on it; kept until it is listed again."""
    fence: int = 0
    """Number of the claim under which it may be written."""


class Step(StrEnum):
    """What one pass over an assignment does next."""

    REST = "rest"
    CREATE = "create"
    CONFIRM_ACTIVE = "confirm_active"
    REFUSE_FOREIGN = "refuse_foreign"
    DELETE = "delete"
    CONFIRM_GONE = "confirm_gone"
    REPORT_LOST = "report_lost"


def wants_access(request: Request) -> bool:
    """Whether the assignment should exist for this request's sake."""
    return request.status is Status.ACTIVE or (request.status is Status.GRANTING and not request.failure)


def next_step(assignment: Assignment, live: Sequence[Request], *, listed: bool) -> Step:
    """Decide from the requests that are granting, active or revoking, and from what AWS lists."""
    wanting = [request for request in live if wants_access(request)]
    if wanting:
        return _toward_presence(assignment, wanting, listed=listed)
    if assignment.ours and listed:
        return Step.DELETE
    return Step.CONFIRM_GONE


def _toward_presence(assignment: Assignment, wanting: Sequence[Request], *, listed: bool) -> Step:
    is_granting = any(request.status is Status.GRANTING for request in wanting)
    if listed:
        if not is_granting:
            return Step.REST
        return Step.CONFIRM_ACTIVE if assignment.ours else Step.REFUSE_FOREIGN
    return Step.CREATE if is_granting else Step.REPORT_LOST


def change_ahead(assignment: Assignment, live: Sequence[Request]) -> OperationKind | None:
    """The change that a pass will most likely need a slot for; what AWS lists has the last word."""
    if assignment.operation is not None:
        return None
    wanting = [request for request in live if wants_access(request)]
    if any(request.status is Status.GRANTING for request in wanting):
        return OperationKind.CREATE
    return OperationKind.DELETE if assignment.ours and not wanting else None


def released(live: Sequence[Request]) -> list[Request]:
    """Requests that no longer want the access: they close when it is gone, or stays for another alone (rule 18)."""
    return [request for request in live if not wants_access(request)]


def heir(live: Sequence[Request]) -> Request | None:
    """The request under which the access goes on longest, when one still holds it (rule 18)."""
    active = [request for request in live if request.status is Status.ACTIVE and request.end_at is not None]
    return max(active, key=lambda request: (request.end_at, request.id), default=None)


def patience_is_over(request: Request, now: datetime) -> bool:
    """Whether a grant has been tried long enough."""
    return request.granting_at is not None and now - request.granting_at > GRANT_PATIENCE


def is_overdue(request: Request, now: datetime) -> bool:
    """Whether a revocation has become an alarm (rule 17)."""
    return (
        request.status is Status.REVOKING
        and request.revoking_at is not None
        and now - request.revoking_at > ALARM_AFTER
    )
