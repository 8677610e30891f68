"""The book of assignments, and the slots for operations on them.

Whoever claims a row works on it without a transaction, for seconds, while others go on asking for it to be
looked at. ``woken_at`` keeps what they asked for, so that a ``save`` never puts it off.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, update
from sqlalchemy.orm import Mapped
from sqlmodel import col

from core.adapters.storage.claims import claim, is_free
from core.adapters.storage.mapping import assignment_of, columns_of_assignment, columns_of_operation
from core.adapters.storage.session import Session, Turn, Work
from core.adapters.storage.tables import AssignmentRow
from core.adapters.storage.types import UtcDateTime
from core.domain.assignment import MAX_OUTSTANDING, Assignment, Operation, OperationKind
from core.domain.errors import Conflict
from core.domain.ids import AccountId, PrincipalId
from core.domain.organization import Target

_id = col(AssignmentRow.id)
_account = col(AssignmentRow.account_id)
_urgent = col(AssignmentRow.urgent)
_next_try_at = col(AssignmentRow.next_try_at)
_woken_at = col(AssignmentRow.woken_at)
_operation = col(AssignmentRow.operation_kind)


class SqlAssignments:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def wake(self, principal: PrincipalId, target: Target, at: datetime, *, urgent: bool) -> None:
        new = self._session.insert(AssignmentRow).values(
            principal_id=principal,
            account_id=target.account,
            permission_set_arn=target.permission_set,
            ours=False,
            urgent=urgent,
            next_try_at=at,
            woken_at=at,
            **_NEVER_TRIED,
        )
        woken = new.on_conflict_do_update(
            index_elements=["principal_id", "account_id", "permission_set_arn"],
            set_={
                "urgent": or_(_urgent, new.excluded.urgent),
                "next_try_at": _earlier(_next_try_at, new.excluded.next_try_at),
                "woken_at": _earlier(_woken_at, new.excluded.woken_at),
            },
        )
        await self._session.run(woken)
        self._session.leaves(Work.ASSIGNMENTS)

    async def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Assignment]:
        """Operations in flight rank with the urgent ones: they hold the slots that those may be waiting for."""
        goes_first = case((or_(_urgent, _operation.is_not(None)), 0), else_=1)
        due = (
            select(_id)
            .where(_next_try_at <= now, is_free(col(AssignmentRow.held_until), now))
            .order_by(goes_first, _next_try_at, _id)
        )
        changes = {"fence": col(AssignmentRow.fence) + 1, "woken_at": None, "wants_slot": False}
        rows = await self._session.all(claim(AssignmentRow, due, now, lease, limit, **changes))
        return tuple(assignment_of(row) for row in sorted(rows, key=_by_rank))

    async def get(self, principal: PrincipalId, target: Target) -> Assignment | None:
        row = await self._session.first(
            select(AssignmentRow).where(
                col(AssignmentRow.principal_id) == principal,
                _account == target.account,
                col(AssignmentRow.permission_set_arn) == target.permission_set,
            )
        )
        return assignment_of(row) if row else None

    async def begin(self, assignment: Assignment, operation: Operation) -> Assignment | None:
        await self._session.take_turn(Turn.SLOTS)
        if not await self.has_slot(assignment, operation):
            return None
        changes = columns_of_operation(operation) | {"wants_slot": False}
        if operation.kind is OperationKind.CREATE:
            changes["ours"] = True
        return await self._write(assignment, changes)

    async def has_slot(self, assignment: Assignment, operation: Operation) -> bool:
        if await self._is_slot_free(assignment, operation):
            return True
        await self._write(assignment, {"wants_slot": True})
        return False

    async def save(self, assignment: Assignment) -> Assignment:
        wished, woken = assignment.next_try_at, _woken_at.is_not(None)
        changes = columns_of_assignment(assignment) | {
            "urgent": True if assignment.urgent else and_(woken, _urgent),
            "next_try_at": _earlier(_woken_at, literal(wished, UtcDateTime())) if wished else _woken_at,
            "held_until": None,
        }
        if assignment.operation is not None or wished is None:
            changes["wants_slot"] = False
        self._session.leaves(Work.ASSIGNMENTS)
        return await self._write(assignment, changes)

    async def ours_on(self, target: Target) -> Sequence[Assignment]:
        on_it = and_(_account == target.account, col(AssignmentRow.permission_set_arn) == target.permission_set)
        rows = await self._session.all(select(AssignmentRow).where(on_it, _is_ours()).order_by(_id))
        return tuple(assignment_of(row) for row in rows)

    async def adopt(self, principal: PrincipalId, target: Target, at: datetime) -> None:
        await self.wake(principal, target, at, urgent=True)
        held = and_(
            col(AssignmentRow.principal_id) == principal,
            _account == target.account,
            col(AssignmentRow.permission_set_arn) == target.permission_set,
        )
        newer = col(AssignmentRow.fence) + 1  # a pass that is going on has seen it as somebody else's
        await self._session.run(update(AssignmentRow).where(held).values(ours=True, fence=newer))

    async def _write(self, assignment: Assignment, changes: dict[str, Any]) -> Assignment:
        """Write under the fence of the claim."""
        under_claim = (_id == assignment.id, col(AssignmentRow.fence) == assignment.fence)
        written = update(AssignmentRow).where(*under_claim).values(**changes).returning(AssignmentRow)
        row = await self._session.first(written)
        if row is None:
            raise Conflict(f"assignment {assignment.id} was claimed anew")
        return assignment_of(row)

    async def _is_slot_free(self, assignment: Assignment, operation: Operation) -> bool:
        """One operation an account, a few in all, and no grant before what waits to be taken away."""
        in_flight = select(_account).where(_operation.is_not(None), _id != assignment.id)
        busy = await self._session.all(in_flight)
        if len(busy) >= MAX_OUTSTANDING or assignment.target.account in busy:
            return False
        if operation.kind is OperationKind.DELETE:
            return True
        return not await self._revocation_waits(assignment, operation.begun_at, [AccountId(a) for a in busy])

    async def _revocation_waits(self, assignment: Assignment, now: datetime, busy: Sequence[AccountId]) -> bool:
        """Whether something urgent is due, or was refused a slot, and could have the one at hand.

        What only backs off after an error does not count: a revocation that AWS goes on refusing must not
        keep everybody from being granted anything.
        """
        waits = or_(_next_try_at <= now, col(AssignmentRow.wants_slot).is_(True))
        others = _id != assignment.id
        waiting = select(_id).where(_urgent.is_(True), _operation.is_(None), waits, others, _account.not_in(busy))
        return await self._session.first(waiting.limit(1)) is not None


_NEVER_TRIED: dict[str, Any] = {
    **columns_of_operation(None),
    "attempts": 0,
    "last_error": "",
    "missing_since": None,
    "fence": 0,
    "wants_slot": False,
    "hanging": [],
    "failures": 0,
}


def _is_ours() -> ColumnElement[bool]:
    return or_(col(AssignmentRow.ours).is_(True), _operation.is_not(None))


def _earlier(known: Mapped[datetime | None], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of two instants; ``other`` when ``known`` is not set."""
    return case((known < other, known), else_=other)


def _by_rank(row: AssignmentRow) -> tuple[bool, datetime | None, int]:
    return (not row.urgent and row.operation_kind is None, row.next_try_at, row.id)
