"""Between rows of the book of assignments and their values in the domain."""

from collections.abc import Sequence
from datetime import datetime

from core.adapters.storage.mapping import Columns
from core.adapters.storage.tables import AssignmentRow
from core.domain.assignment import Assignment, AssignmentChange, Operation, OperationKind, Unusable
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from core.domain.request import LeftBehind


def columns_of_operation(operation: Operation | None) -> Columns:
    return {
        "operation_kind": operation.kind.value if operation else None,
        "operation_begun_at": operation.begun_at if operation else None,
        "operation_aws_id": operation.aws_id if operation else "",
    }


def operation_of(row: AssignmentRow) -> Operation | None:
    if row.operation_kind is None or row.operation_begun_at is None:
        return None
    return Operation(OperationKind(row.operation_kind), row.operation_begun_at, row.operation_aws_id)


def columns_of_change(changed: AssignmentChange | None) -> Columns:
    return {
        "changed_kind": changed.kind.value if changed else None,
        "changed_at": changed.at if changed else None,
        "made_at": changed.made_at if changed else None,
        "changed_aws_id": changed.aws_id if changed else "",
    }


def columns_of_assignment(assignment: Assignment) -> Columns:
    """Everything but the key, the claim, and what the claim protects from being put off."""
    unusable = assignment.unusable
    return {
        **columns_of_operation(assignment.operation),
        "ours": assignment.ours,
        "hanging": [_document_of(operation) for operation in assignment.hanging],
        **columns_of_change(assignment.changed),
        "asked_since": assignment.asked_since,
        "waits_for": assignment.waits_for.value if assignment.waits_for else None,
        "waits_since": assignment.waits_since,
        "failures": assignment.failures,
        "unusable": unusable.because.value if unusable else None,
        "unusable_since": unusable.since if unusable else None,
        "attempts": assignment.attempts,
        "last_error": assignment.last_error,
        "missing_since": assignment.missing_since,
    }


def _document_of(operation: Operation) -> list[str]:
    return [operation.kind.value, operation.begun_at.isoformat(), operation.aws_id]


def _operation_of(document: Sequence[str]) -> Operation:
    kind, begun_at, aws_id = document
    return Operation(OperationKind(kind), datetime.fromisoformat(begun_at), aws_id)


def _change_of(row: AssignmentRow) -> AssignmentChange | None:
    if row.changed_kind is None or row.changed_at is None:
        return None
    return AssignmentChange(
        OperationKind(row.changed_kind), row.changed_at, row.made_at or row.changed_at, row.changed_aws_id
    )


def _unusable_of(row: AssignmentRow) -> Unusable | None:
    """A reason of a newer release is looked for anew: it must keep nothing from being taken away."""
    if row.unusable not in frozenset(LeftBehind) or row.unusable_since is None:
        return None
    return Unusable(LeftBehind(row.unusable), row.unusable_since)


def assignment_of(row: AssignmentRow) -> Assignment:
    return Assignment(
        principal=PrincipalId(row.principal_id),
        target=Target(AccountId(row.account_id), PermissionSetArn(row.permission_set_arn)),
        id=row.id,
        ours=row.ours,
        operation=operation_of(row),
        hanging=tuple(_operation_of(document) for document in row.hanging),
        changed=_change_of(row),
        asked_since=row.asked_since,
        waits_for=OperationKind(row.waits_for) if row.waits_for else None,
        waits_since=row.waits_since,
        failures=row.failures,
        unusable=_unusable_of(row),
        urgent=row.urgent,
        next_try_at=row.next_try_at,
        attempts=row.attempts,
        last_error=row.last_error,
        missing_since=row.missing_since,
        fence=row.fence,
    )
