"""The next step for one assignment in AWS (rules 16 to 20): it follows from what is wanted and what is seen.

An assignment is shared by all requests of one principal for one target. Whether it should exist follows
from those requests alone; policies and settings have no say (rule 17). Whether it does exist follows from AWS's
word on our own changes first, and from its lists, which lag, second (rule 20). What is about to be done is stored
first, so that a crash at any moment is resumed from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.request import LeftBehind, Request, Status, is_being_taken_away

GRANT_PATIENCE = timedelta(minutes=30)
"""The time for which a grant is tried before the request fails ("retries used up")."""
SLOW_AFTER = timedelta(minutes=2)
"""A grant that takes longer is told to whoever waits for it, once."""
ALARM_AFTER = timedelta(minutes=5)
"""A revocation that takes longer is an alarm to the admins (rule 17)."""
LISTS_LAG = timedelta(minutes=5)
"""AWS's lists may be this far behind: for as long after a change of ours, one that contradicts it proves nothing, and
only two looks this far apart prove that something is gone by another hand (rule 20)."""
SETTLED_AFTER = 3 * LISTS_LAG
"""A creation that AWS knows nothing of may have been sent late, by a process that was suspended, for as long as AWS
takes its signature; then lists may not show it yet. After this one look more shows whether it came."""
FINISHED_WITHIN = timedelta(minutes=15)
"""AWS may still do a creation that it has taken up, and says nothing of, for this long: until then nothing is said to
be gone (rule 20). Nobody waits for ever: what it makes later is found by the next look, and deleted."""
WATCHED_WITHIN = timedelta(minutes=1)
"""The longest pause between looks at an operation that nobody wants any more, in its first hour; then LISTS_LAG."""
OUTCOME_WITHIN = timedelta(minutes=5)
"""An operation without an outcome for longer loses its slot, not its record (rule 16)."""
CLOCKS_DIFFER = timedelta(seconds=30)
"""Replicas whose clocks differ by more do no work: an operation that is dated further ahead has no date to go by."""
JUDGED_WITHIN = timedelta(seconds=30)
"""A judgement older than this is made anew before AWS is asked for a creation (rule 14)."""
MOST_FAILURES = 3
RETRIED_AFTER = (timedelta(seconds=15), timedelta(seconds=60))
"""Pauses after the first and the second creation that AWS ended as FAILED; the third is the last."""
GRANT_WAITS = timedelta(seconds=15)
"""A grant that has waited this long for a slot goes before deletions, two at a time: it must not starve."""
GRANTS_BETWEEN = 2
SELDOM = timedelta(hours=1)
"""The pause between tries to delete an assignment that nobody can use any more (rule 17)."""
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
class AssignmentChange:
    """A change of ours that AWS said SUCCEEDED to: when we learned of it, and since when AWS says it is so."""

    kind: OperationKind
    at: datetime
    made_at: datetime
    aws_id: str = ""
    """RequestId of the operation: what AWS's own records name it by. Empty: not known."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The reason why nobody can use a listed assignment, and the look that found it (rule 17); later, the last try."""

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
    changed: AssignmentChange | None = None
    """The last change of ours, kept when nothing of ours is left: a list may show it for a while."""
    asked_since: datetime | None = None
    """The time of the first creation that may have made the existing assignment."""
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
    """The first time AWS did not list it although a live request needs it; kept until it is listed again."""
    fence: int = 0
    """Number of the claim under which it may be written."""


class Step(StrEnum):
    """The next step of a pass over an assignment."""

    NOTHING_TO_DO = "rest"
    CREATE = "create"
    CONFIRM_ACTIVE = "confirm_active"
    REFUSE_FOREIGN = "refuse_foreign"
    DELETE = "delete"
    CONFIRM_GONE = "confirm_gone"
    REPORT_LOST = "report_lost"
    RESTORE = "restore"
    """A deletion of ours that AWS did late has taken away what a live request needs (rule 18)."""
    LOOK_AGAIN = "look_again"
    """AWS's list contradicts its answers or an earlier list: a list that is behind proves nothing."""


class Presence(StrEnum):
    """The existence of an assignment, as far as AWS's word and its lists prove it (rule 20)."""

    OURS = "ours"
    FOREIGN = "foreign"
    GONE = "gone"
    MISSING = "missing"
    """Ours, and not listed: gone by another hand, or the list is behind."""
    LINGERING = "lingering"
    """Listed, though our deletion has succeeded: the list is behind, or somebody made it anew."""


def wants_access(request: Request) -> bool:
    """True if the assignment should exist for this request's sake."""
    return request.status is Status.ACTIVE or (request.status is Status.GRANTING and not request.failure)


def is_being_granted(request: Request) -> bool:
    return request.status is Status.GRANTING and not request.failure


def rests_on_older(assignment: Assignment, request: Request) -> bool:
    """True if it is granted what AWS had made before: nothing is asked of AWS for it, and so it is not judged then."""
    changed, began_at = assignment.changed, request.granting_at
    return is_being_granted(request) and changed is not None and began_at is not None and changed.at < began_at


def presence(assignment: Assignment, *, listed: bool, now: datetime) -> Presence:
    """Weigh what AWS lists against what it said of our changes (rule 20)."""
    lately = is_lately_changed(assignment, now)
    if listed:
        if is_deleted(assignment) and lately:
            return Presence.LINGERING
        return Presence.OURS if assignment.ours else Presence.FOREIGN
    if not assignment.ours or is_deleted(assignment):
        return Presence.GONE
    since = assignment.missing_since
    if lately and since is None:
        return Presence.OURS
    return Presence.GONE if since is not None and now - since >= LISTS_LAG else Presence.MISSING


def is_lately_changed(assignment: Assignment, now: datetime) -> bool:
    """True if lists may not show yet what AWS last said that we had done."""
    return assignment.changed is not None and now - assignment.changed.at < LISTS_LAG


def is_deleted(assignment: Assignment) -> bool:
    """True if the last word that AWS gave us is that our deletion succeeded."""
    return assignment.changed is not None and assignment.changed.kind is OperationKind.DELETE


def may_be_made_anew(assignment: Assignment) -> bool:
    """True if a creation of ours may have been done since our last deletion, whose word proves nothing any more.

    AWS called it FAILED, or has not answered.
    """
    deleted = assignment.changed
    if deleted is None or deleted.kind is not OperationKind.DELETE:
        return False
    creations = (each for each in assignment.hanging if each.kind is OperationKind.CREATE)
    return assignment.failures > 0 or any(deleted.at <= each.begun_at for each in creations)


def made_as(assignment: Assignment) -> str:
    """AWS's name for our creation of a membership: others that were made in its place are not meant (rule 19).

    Empty while a creation of ours may have made one that has no name yet, and for assignments, which have none.
    """
    if assignment.target.group is None or assignment.changed is None or not assignment.ours:
        return ""
    asked_for = (*assignment.hanging, *filter(None, (assignment.operation,)))
    return "" if any(each.kind is OperationKind.CREATE for each in asked_for) else assignment.changed.aws_id


def is_created(assignment: Assignment) -> bool:
    """True if AWS has said SUCCEEDED to a creation of ours, and to nothing since: only then "active" may be said."""
    return assignment.ours and assignment.changed is not None and assignment.changed.kind is OperationKind.CREATE


def next_step(assignment: Assignment, live: Sequence[Request], *, listed: bool, now: datetime) -> Step:
    """Decide from the requests that are granting, active or revoking, from AWS's word and from what it lists."""
    found = presence(assignment, listed=listed, now=now)
    if any(is_being_granted(request) for request in live):
        if found is Presence.FOREIGN:
            return Step.REFUSE_FOREIGN
        is_there = found is Presence.OURS and is_created(assignment)
        return Step.CONFIRM_ACTIVE if is_there else Step.CREATE
    if any(wants_access(request) for request in live):
        return _while_active(assignment, found)
    return _toward_absence(assignment, found)


def _while_active(assignment: Assignment, found: Presence) -> Step:
    if found in {Presence.OURS, Presence.FOREIGN}:
        return Step.NOTHING_TO_DO
    if found is not Presence.GONE:
        return Step.LOOK_AGAIN
    return Step.RESTORE if assignment.ours and is_deleted(assignment) else Step.REPORT_LOST


def _toward_absence(assignment: Assignment, found: Presence) -> Step:
    """The step toward absence. Ours is deleted even when it is not listed: AWS's word is worth more than a list."""
    is_made_anew = may_be_made_anew(assignment)
    if not assignment.ours or (found is Presence.GONE and not is_made_anew):
        return Step.CONFIRM_GONE
    return Step.LOOK_AGAIN if found is Presence.LINGERING and not is_made_anew else Step.DELETE


def needs_look(assignment: Assignment, live: Sequence[Request], now: datetime) -> bool:
    """True if AWS's list has a say in the next step.

    It has none where nothing was ever made, nor soon after AWS said that our creation succeeded, nor in the first try
    to delete what is ours. It has one where a deletion has found nothing. Where access was once, or a creation of ours
    has no outcome, nothing is called gone without a look: while AWS is away nobody knows what it has made of that.
    """
    if any(wants_access(request) for request in live):
        is_sure = is_created(assignment) and is_lately_changed(assignment, now)
        return not is_sure or assignment.missing_since is not None
    if not assignment.ours:
        was_there = any(request.window_start_at for request in live)
        may_come = any(each.kind is OperationKind.CREATE for each in assignment.hanging)
        return assignment.missing_since is not None or was_there or may_come
    return is_deleted(assignment) or assignment.attempts > 0 or assignment.missing_since is not None


def is_deleted_unseen(assignment: Assignment, live: Sequence[Request]) -> bool:
    """True if it is deleted where AWS's list cannot be had: to delete ours twice does no harm (rule 17)."""
    is_wanted = any(wants_access(request) for request in live)
    return assignment.ours and not is_wanted and (not is_deleted(assignment) or may_be_made_anew(assignment))


def change_ahead(assignment: Assignment, live: Sequence[Request]) -> OperationKind | None:
    """The change that the next pass will need a slot for; None when it may find that it needs none."""
    if assignment.operation is not None:
        return None
    if any(is_being_granted(request) for request in live):
        return None if is_created(assignment) else OperationKind.CREATE
    if any(wants_access(request) for request in live) or not assignment.ours or is_deleted(assignment):
        return None
    return OperationKind.DELETE


def is_deleted_at_once(assignment: Assignment, live: Sequence[Request], now: datetime) -> bool:
    """True if deleting it is the next step whatever AWS would say: then nothing is asked before."""
    if assignment.hanging or change_ahead(assignment, live) is not OperationKind.DELETE:
        return False
    return not needs_look(assignment, live, now)


_OPPOSITES = {
    OperationKind.CREATE: frozenset({Step.CONFIRM_GONE}),
    OperationKind.DELETE: frozenset({Step.CONFIRM_ACTIVE}),
}


def may_yet_be_undone(assignment: Assignment, step: Step, now: datetime) -> bool:
    """True if an operation without an outcome could turn what this step concludes into its opposite.

    An old one keeps nobody waiting: its record stays, and what comes of it later is acted on then.
    """
    young = (operation for operation in assignment.hanging if now - operation.begun_at < _done_within(operation))
    return any(step in _OPPOSITES[operation.kind] for operation in young)


def _done_within(operation: Operation) -> timedelta:
    """AWS has taken up a creation with an id: its own word, not its lists, will say what became of that."""
    return FINISHED_WITHIN if operation.kind is OperationKind.CREATE and operation.aws_id else LISTS_LAG


def watched_again_after(assignment: Assignment, live: Sequence[Request], now: datetime) -> timedelta:
    """The pause before operations without an outcome are asked after again: the older they are, the longer.

    An operation whose outcome would be wrong by now is asked after more often: a creation that nobody wants makes
    access that should not be, and a deletion takes away what somebody has been granted since (rule 18).
    """
    age = min(now - operation.begun_at for operation in assignment.hanging)
    is_wanted = any(wants_access(request) for request in live)
    feared = OperationKind.DELETE if is_wanted else OperationKind.CREATE
    longest = SELDOM
    if any(operation.kind is feared for operation in assignment.hanging):
        longest = WATCHED_WITHIN if age < SELDOM else LISTS_LAG
    return min(max(age / 4, timedelta(seconds=1)), longest)


def released(live: Sequence[Request]) -> list[Request]:
    """Requests that no longer want the access: they close when it is gone, or stays for another alone (rule 18)."""
    return [request for request in live if not wants_access(request)]


def longest_active(live: Sequence[Request]) -> Request | None:
    """The request under which the access goes on longest, when one still holds it (rule 18)."""
    active = [request for request in live if request.status is Status.ACTIVE and request.end_at is not None]
    return max(active, key=lambda request: (request.end_at, request.id), default=None)


def may_be_ours(assignment: Assignment, now: datetime) -> bool:
    """True if what AWS lists may be, or may have been a moment ago, of this product's making (rules 8 and 20)."""
    is_known = assignment.ours or assignment.operation is not None or bool(assignment.hanging)
    return is_known or is_lately_changed(assignment, now)


def patience_is_over(request: Request, now: datetime) -> bool:
    """True if a grant has been tried long enough."""
    return request.granting_at is not None and now - request.granting_at > GRANT_PATIENCE


def is_overdue(request: Request, now: datetime) -> bool:
    """True if taking it away has become an alarm (rule 17)."""
    return is_being_taken_away(request) and request.revoking_at is not None and now - request.revoking_at > ALARM_AFTER
