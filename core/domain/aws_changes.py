"""The owner of an assignment that the book does not know, from AWS's list of operations and who called each.

A book that was restored from a backup, or that lost its last commits, knows nothing of what the bot did since. What
exists was made by the first creation after the last deletion; when that one was asked for by the bot, it is ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.assignment import Assignment, OperationKind, OperationState, wants_access
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.request import Request

Holding = tuple[PrincipalId, Target]


@dataclass(frozen=True, slots=True)
class AwsChange:
    """A change of somebody's assignment that AWS was asked for, by whomever; ``at`` by the bot's clock."""

    kind: OperationKind
    principal: PrincipalId
    target: Target
    aws_id: str
    at: datetime
    state: OperationState

    @property
    def holding(self) -> Holding:
        return self.principal, self.target


def last_changes(changes: Iterable[AwsChange]) -> Mapping[Holding, Sequence[AwsChange]]:
    """For each holding the change that made it what it is, behind the deletion after which it was made anew.

    To create what is there adds nothing: the first creation made it. One that ended as FAILED may have done the work;
    a deletion that did has not. What is still going on has made nothing yet. A membership is created only where there
    is none, so the last one made it.
    """
    found: dict[Holding, list[AwsChange]] = {}
    for change in sorted(changes, key=lambda change: change.at):
        before = found.get(change.holding, [])
        deleted = [each for each in before if each.kind is OperationKind.DELETE]
        was_none = before == deleted or change.target.group is not None
        makes = change.kind is OperationKind.CREATE and was_none
        takes = change.kind is OperationKind.DELETE and change.state is OperationState.SUCCEEDED
        if change.state is not OperationState.IN_PROGRESS and (makes or takes):
            found[change.holding] = [*deleted, change] if makes else [change]
    return found


class Forgotten(StrEnum):
    """A change that the bot made and the database does not know."""

    GRANT = "grant"
    """The assignment is ours, and the book says nothing of it."""
    END = "end"
    """It was taken away, and the book calls it live."""
    REPLACED = "replaced"
    """The same, and somebody else has made it anew since."""


def forgotten(
    changes: Sequence[AwsChange], ours: AbstractSet[str], assignment: Assignment | None, live: Sequence[Request]
) -> Sequence[tuple[Forgotten, AwsChange]]:
    """Compare the book with the last changes of a holding: those that the bot asked for, and that the book lacks.

    What it calls ours is what was taken away; what was made after that is known by its own creation alone.
    """
    found: list[tuple[Forgotten, AwsChange]] = []
    for change in changes:
        if change.aws_id not in ours or _knows(assignment, change):
            continue
        is_called_ours = assignment is not None and assignment.ours
        if change.kind is OperationKind.CREATE and (not is_called_ours or found):
            found.append((Forgotten.GRANT, change))
        elif change.kind is OperationKind.DELETE and is_called_ours and any(is_over_by(change, each) for each in live):
            is_replaced = any(each.aws_id not in ours for each in changes)
            found.append((Forgotten.REPLACED if is_replaced else Forgotten.END, change))
    return found


def is_over_by(deletion: AwsChange, request: Request) -> bool:
    """True if the book calls live what ended with this deletion: what began after it rests on what was made since."""
    return wants_access(request) and (request.granting_at is None or request.granting_at <= deletion.at)


def _knows(assignment: Assignment | None, change: AwsChange) -> bool:
    """True if the book has seen this change, or something later than it."""
    if assignment is None:
        return False
    if assignment.operation is not None or assignment.hanging:
        return True  # what came of it is asked after already
    changed, missing_since = assignment.changed, assignment.missing_since
    has_seen = changed is not None and (changed.aws_id == change.aws_id or changed.made_at >= change.at)
    return has_seen or (missing_since is not None and missing_since >= change.at)
