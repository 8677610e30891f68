"""The outcomes of the changes that AWS was asked for (rules 16, 17 and 20).

AWS may do late what it was asked for, after another change, or though it said FAILED; its answers get lost; and its
lists lag behind all of that.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.assignment import (
    CLOCKS_DIFFER,
    LISTS_LAG,
    OUTCOME_WITHIN,
    SETTLED_AFTER,
    Assignment,
    AssignmentChange,
    Operation,
    OperationKind,
    is_created,
    is_deleted,
    is_lately_changed,
    wants_access,
)
from core.domain.request import Request

_ABSENT = re.compile(r"assignment (was |is |could )?not (be )?found|assignment does not exist", re.IGNORECASE)


def is_unsettled(operation: Operation, now: datetime, *, is_wanted: bool) -> bool:
    """True if what AWS knows nothing of may still come: a creation that nobody wants any more is looked for at last."""
    age = now - operation.begun_at
    if operation.kind is OperationKind.DELETE or operation.aws_id:
        return age < LISTS_LAG
    return age < SETTLED_AFTER or not is_wanted


def may_have_come(assignment: Assignment) -> bool:
    """True if a creation of ours has no answer: what is listed meanwhile is taken for that."""
    return any(each.kind is OperationKind.CREATE and not each.aws_id for each in assignment.hanging)


def seen(assignment: Assignment, now: datetime, *, listed: bool) -> Assignment:
    """Settle creations without an answer by a look at the list: they are there, or they never came.

    What never came has begun no window (rule 16): the next creation counts from its own date. What is listed long after
    our deletion was made after that.
    """
    if listed:
        is_outdated = is_deleted(assignment) and not is_lately_changed(assignment, now)
        changed = None if is_outdated else assignment.changed
        return replace(assignment, ours=assignment.ours or may_have_come(assignment), changed=changed)
    may_come = tuple(each for each in assignment.hanging if each.aws_id or now - each.begun_at < SETTLED_AFTER)
    return replace(assignment, hanging=may_come, asked_since=_asked_since(replace(assignment, hanging=may_come), now))


def _asked_since(assignment: Assignment, now: datetime) -> datetime | None:
    """The time since when it may exist, by a list without it: what it lacks was not made before the list's lag."""
    asked_since = assignment.asked_since
    if asked_since is None or is_created(assignment):
        return asked_since
    creations = [each for each in assignment.hanging if each.kind is OperationKind.CREATE]
    if not creations and (assignment.failures or now - asked_since >= SETTLED_AFTER):
        return None
    return max(asked_since, now - LISTS_LAG)


def succeeded(
    assignment: Assignment, operation: Operation, now: datetime, created_at: datetime | None = None
) -> Assignment:
    """The assignment after AWS has said SUCCEEDED. With two operations under way, nobody knows which came last."""
    changed = assignment.changed
    if changed is not None and operation.begun_at < changed.at:
        if changed.kind is operation.kind:
            return assignment
        is_creation = operation.kind is OperationKind.CREATE
        asked_since = assignment.asked_since or (operation.begun_at if is_creation else None)
        return replace(assignment, ours=True, changed=None, asked_since=asked_since, missing_since=None)
    made_at = min(filter(None, (assignment.asked_since, created_at or operation.begun_at)))
    return replace(
        assignment,
        ours=True,
        changed=AssignmentChange(operation.kind, now, made_at, operation.aws_id),
        asked_since=made_at if operation.kind is OperationKind.CREATE else None,
        missing_since=None,
        failures=0,
        attempts=0,
        last_error="",
        unusable=None,
    )


def taken_by_us(assignment: Assignment, deletion: Operation, now: datetime) -> Assignment:
    """The assignment after an old deletion of ours has come to its end, while a request is active.

    Nobody knows whether it took away what the request rests on, or came before: a list tells, when it is not behind.
    Both its dates are now; those of a deletion that was asked for and done are not the same.
    """
    return replace(assignment, ours=True, changed=AssignmentChange(deletion.kind, now, now, deletion.aws_id))


def wanted_no_more(assignment: Assignment, live: Sequence[Request]) -> Assignment:
    """The assignment without the word of a deletion that was ``taken_by_us``, once no request is active any more.

    That deletion was not for this end: what it left is deleted at once, and no list is waited for (rule 17).
    """
    changed = assignment.changed
    if changed is None or not assignment.ours or any(map(wants_access, live)):
        return assignment
    is_taken_by_us = is_deleted(assignment) and changed.made_at == changed.at
    return replace(assignment, changed=None) if is_taken_by_us else assignment


def was_there_before(assignment: Assignment, name: str | None) -> bool:
    """True if AWS lists a membership under the name of our last change: no creation that was asked for since made it.

    What we have deleted is listed for a while (rule 20).
    """
    changed = assignment.changed
    return assignment.target.group is not None and changed is not None and bool(name) and name == changed.aws_id


def unconfirmed(creation: Operation, now: datetime) -> Operation:
    """A creation that AWS calls FAILED after nobody wanted it any more: it may have made the assignment all the same.

    From now on it counts as one without an answer: a look shows whether it came, and what came is deleted.
    """
    return replace(creation, aws_id="", begun_at=now)


def is_stuck(operation: Operation, now: datetime) -> bool:
    """True if it has been without an outcome for so long that it keeps no slot from others (rule 16)."""
    return not -CLOCKS_DIFFER <= now - operation.begun_at < OUTCOME_WITHIN


def finds_nothing_yet(assignment: Assignment, now: datetime) -> bool:
    """True if AWS may not find yet what was made: then a deletion that finds nothing is not the end of it.

    So it is soon after AWS said that it had made it, and where AWS's word on the creation is missing, or counts no more
    because a deletion has failed since. What AWS has only ever called FAILED is taken for not made: people wait to hear
    of it, and may make it themselves (rule 19).
    """
    if is_created(assignment):
        return is_lately_changed(assignment, now)
    return assignment.changed is None and assignment.failures == 0


def not_found(assignment: Assignment, now: datetime) -> Assignment:
    """The assignment after a deletion has found nothing, which counts like a look at a list that may be behind."""
    return replace(assignment, missing_since=assignment.missing_since or now)


def says_absent(reason: str) -> bool:
    """True if AWS ended a deletion as FAILED because there is no such assignment; anything else is no such word."""
    return _ABSENT.search(reason) is not None
