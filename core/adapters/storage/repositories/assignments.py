"""The book of assignments, and the slots for operations on them.

Whoever claims a row works on it without a transaction, for seconds, while others go on asking for it to be
looked at. ``woken_at`` keeps what they asked for, so that a ``save`` never puts it off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.dml import ReturningUpdate

from core.adapters.storage.assignment_mapping import (
    assignment_of,
    columns_of_assignment,
    columns_of_change,
    columns_of_operation,
)
from core.adapters.storage.claims import NOW, claim, is_free, moments
from core.adapters.storage.columns import col, param, params
from core.adapters.storage.readable import readable
from core.adapters.storage.session import AdvisoryLock, StorageSession, Work
from core.adapters.storage.slots import Slots, Waiting
from core.adapters.storage.tables import AssignmentRow, RequestRow
from core.adapters.storage.types import UtcDateTime
from core.domain.assignment import (
    CLOCKS_DIFFER,
    GRANT_WAITS,
    GRANTS_BETWEEN,
    MAX_OUTSTANDING,
    OUTCOME_WITHIN,
    Assignment,
    AssignmentChange,
    Operation,
    OperationKind,
)
from core.domain.errors import Conflict
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import MEMBERSHIP, Target
from core.domain.request import LIVE

MOST_IN_FLIGHT = 10 * MAX_OUTSTANDING
"""A bound for the statement: those that hang longer have no slot, and more may be in flight than there are slots."""

_NONE: Mapping[str, Any] = {}
_id = col(AssignmentRow.id)
_account = col(AssignmentRow.account_id)
_urgent = col(AssignmentRow.urgent)
_next_try_at = col(AssignmentRow.next_try_at)
_begun_at = col(AssignmentRow.operation_begun_at)
_woken_at = col(AssignmentRow.woken_at)
_held_until = col(AssignmentRow.held_until)
_waits_for = col(AssignmentRow.waits_for)
_waits_since = col(AssignmentRow.waits_since)
_unusable = col(AssignmentRow.unusable)
_operation = col(AssignmentRow.operation_kind)


_WRITE = (
    update(AssignmentRow)
    .where(_id == param("claimed"), col(AssignmentRow.fence) == param("claimed_as"))
    .returning(AssignmentRow)
)
_WISHED, _IS_URGENT = bindparam("wished", type_=UtcDateTime()), bindparam("is_urgent", type_=Boolean())
_SAVE = _WRITE.values(
    urgent=or_(_IS_URGENT, and_(_woken_at.is_not(None), _urgent)),
    next_try_at=case((or_(_WISHED.is_(None), _woken_at < _WISHED), _woken_at), else_=_WISHED),
)


class SqlAssignments:
    def __init__(self, session: StorageSession) -> None:
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
                "waits_for": None,
            },
        )
        await self._session.run(woken)
        self._session.leaves(Work.ASSIGNMENTS)

    async def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Assignment]:
        """First those that wait for a slot, as many as there are slots; then what is in flight; then what is due.

        A grant that has waited for long ranks with the urgent ones.
        """
        in_line = await self.claim_next_in_line(now, lease)
        return (
            *in_line,
            *await self._claim(_CLAIM_IN_FLIGHT, now, lease, MOST_IN_FLIGHT),
            *await self._claim(_CLAIM_OTHERS, now, lease, limit, {_WAITS_LONG.key: now - GRANT_WAITS}),
        )

    async def claim_next_in_line(self, now: datetime, lease: timedelta) -> Sequence[Assignment]:
        called = await self._next_in_line(now)
        no_longer_called = {"waits_for": None, "next_try_at": now}  # or who cannot be read would keep the slot
        given = {_CALLED.key: called}
        return await self._claim(_CLAIM_CALLED, now, lease, len(called), given, **no_longer_called)

    async def _claim(
        self,
        claim: ReturningUpdate[AssignmentRow],
        now: datetime,
        lease: timedelta,
        limit: int,
        given: Mapping[str, Any] = _NONE,
        **of_unreadable: Any,
    ) -> Sequence[Assignment]:
        if limit <= 0:
            return ()
        rows = await self._session.claim(AssignmentRow, claim, now, lease, limit, **given)
        return await readable(
            self._session, AssignmentRow, sorted(rows, key=_by_rank), assignment_of, now, **of_unreadable
        )

    def _is_free(self, now: datetime) -> ColumnElement[bool]:
        return self._session.is_free(_held_until, now)

    async def _next_in_line(self, now: datetime) -> Sequence[int]:
        """Ids of the rows that may have the slots that are free, one an account.

        It must agree with ``has_slot``: who is called, and then has none, would be called again at once, for ever.
        """
        if not await self._session.first(_SOMEBODY_WAITS):
            return ()
        taken = await self._slots(now)
        if taken.free <= 0:
            return ()
        each_by_itself = (_account, _waits_for)
        place = func.row_number().over(partition_by=each_by_itself, order_by=(_rank_of(now), _waits_since, _id))
        lines = (
            select(
                _id.label("id"),
                _account.label("account"),
                _waits_for.label("kind"),
                _rank_of(now).label("rank"),
                _waits_since.label("since"),
                place.label("place"),
            )
            .where(_waits_for.is_not(None), self._is_free(now), _account.not_in(taken.accounts))
            .subquery()
        )
        wanted = (lines.c.rank, lines.c.since, lines.c.id, lines.c.kind, lines.c.account)
        first = select(*wanted).where(lines.c.place == 1)
        line: list[tuple[int, datetime, int, str, str]] = []
        for kind in OperationKind:  # each by itself, so that many of one never hide the other
            of_kind = first.where(lines.c.kind == kind.value).order_by(lines.c.rank, lines.c.since, lines.c.id)
            line += await self._session.tuples(of_kind.limit(MAX_OUTSTANDING))
        return taken.admit(
            [Waiting(number, OperationKind(kind), account) for *_, number, kind, account in sorted(line)]
        )

    async def get(self, principal: PrincipalId, target: Target) -> Assignment | None:
        row = await self._session.first(_ONE, {"holder": principal, **_of(target)})
        return assignment_of(row) if row else None

    async def begin(self, assignment: Assignment, operation: Operation) -> Assignment | None:
        await self._session.acquire(AdvisoryLock.SLOTS)
        if not await self.has_slot(assignment, operation):
            return None
        begun = replace(assignment, operation=operation, waits_for=None, waits_since=None)
        if operation.kind is OperationKind.CREATE:
            asked_since = assignment.asked_since or operation.begun_at
            # A look from before proves nothing about what this makes (rule 20).
            begun = replace(begun, ours=True, asked_since=asked_since, missing_since=None)
        self._session.leases.keep(AssignmentRow, assignment.id)  # AWS may do it after this process is gone
        due = {"next_try_at": operation.begun_at}  # for whoever takes it over: in line it was put off for minutes
        return await self._write(assignment, columns_of_assignment(begun) | due)

    async def has_slot(self, assignment: Assignment, operation: Operation) -> bool:
        """One operation an account, a few in all, and no grant before a deletion that waits and could have the slot.

        A grant that has waited for long goes before deletions, two at a time, so that a burst of ends does not
        starve it.
        """
        now = operation.begun_at
        taken = await self._slots(now, but=assignment)
        if taken.free <= 0 or assignment.target.account in taken.accounts:
            return False
        if operation.kind is OperationKind.DELETE:
            return True
        since = assignment.waits_since
        has_waited = since is not None and now - since >= GRANT_WAITS
        if has_waited and taken.grants < GRANTS_BETWEEN:
            return True
        return not await self._deletion_waits(assignment, taken.accounts)

    async def save(self, assignment: Assignment) -> Assignment:
        wished = {_WISHED.key: assignment.next_try_at, _IS_URGENT.key: assignment.urgent, "held_until": None}
        self._session.leaves(Work.ASSIGNMENTS)
        return await self._write(assignment, columns_of_assignment(assignment) | wished, _SAVE)

    async def keep(self, assignment: Assignment) -> Assignment:
        return await self._write(assignment, columns_of_assignment(assignment))

    async def forget(self, changed_before: datetime, limit: int) -> int:
        lives = exists().where(
            col(RequestRow.requester) == col(AssignmentRow.principal_id),
            col(RequestRow.account_id) == _account,
            col(RequestRow.permission_set_arn) == col(AssignmentRow.permission_set_arn),
            col(RequestRow.status).in_(sorted(LIVE)),
        )
        nothing_of_ours = (col(AssignmentRow.ours).is_(False), _operation.is_(None), col(AssignmentRow.hanging) == [])
        at_rest = (_next_try_at.is_(None), _waits_for.is_(None), _held_until.is_(None), *nothing_of_ours, ~lives)
        changed_at = col(AssignmentRow.changed_at)
        forgotten = 0
        for is_old in (changed_at < changed_before, changed_at.is_(None)):  # rows of early releases have no date
            old = select(_id).where(is_old, *at_rest).limit(limit - forgotten)
            # Once more outside: PostgreSQL judges anew by that alone what was woken while it waited for the row.
            still_rests = (_next_try_at.is_(None), *nothing_of_ours)
            forgotten += await self._session.run(delete(AssignmentRow).where(_id.in_(old), *still_rests))
        return forgotten

    async def ours_on(self, target: Target) -> Sequence[Assignment]:
        rows = await self._session.all(_OURS_ON, _of(target))
        return tuple(assignment_of(row) for row in rows)

    async def memberships_of(self, principal: PrincipalId) -> Sequence[Assignment]:
        rows = await self._session.all(_MEMBERSHIPS_OF, {"holder": principal})
        return tuple(assignment_of(row) for row in rows)

    async def targets_of_ours(self) -> Sequence[Target]:
        named = select(_account, col(AssignmentRow.permission_set_arn)).where(_IS_OURS).distinct()
        rows = await self._session.tuples(named)
        return [Target(AccountId(account), PermissionSetArn(arn)) for account, arn in rows]

    async def adopt(self, principal: PrincipalId, target: Target, at: datetime) -> None:
        await self.wake(principal, target, at, urgent=True)
        newer = col(AssignmentRow.fence) + 1  # a pass that is going on has seen it as somebody else's
        held = _held(principal, target)
        unsaid = columns_of_change(None)  # what AWS said of ours is about another one
        adopted = {**unsaid, "ours": True, "missing_since": None, "fence": newer}
        await self._session.run(update(AssignmentRow).where(held).values(adopted))

    async def learn(self, principal: PrincipalId, target: Target, change: AssignmentChange, at: datetime) -> None:
        await self.wake(principal, target, at, urgent=False)
        is_made = change.kind is OperationKind.CREATE
        made_at = change.made_at if is_made else None
        known = {**columns_of_change(change), "asked_since": made_at, "missing_since": None, "ours": is_made}
        newer = col(AssignmentRow.fence) + 1  # a pass that is going on knows nothing of it
        await self._session.run(update(AssignmentRow).where(_held(principal, target)).values(fence=newer, **known))

    async def _write(
        self, assignment: Assignment, changes: Mapping[str, Any], how: ReturningUpdate[AssignmentRow] = _WRITE
    ) -> Assignment:
        """Write under the fence of the claim."""
        row = await self._session.first(how, {"claimed": assignment.id, "claimed_as": assignment.fence, **changes})
        if row is None:
            raise Conflict(f"assignment {assignment.id} was claimed anew")
        return assignment_of(row)

    async def _slots(self, now: datetime, *, but: Assignment | None = None) -> Slots:
        """The slots that are taken. An operation without an outcome for long has none any more (rule 16).

        Who was called has one for as long as its claim lasts: it may have to ask AWS for a list before it begins.
        """
        others = {"but": 0 if but is None else but.id}
        called = {**moments(now, self._session.leases.dated(now), timedelta(), 0), **others}
        lately = {"begun_after": now - OUTCOME_WITHIN, "begun_until": now + CLOCKS_DIFFER}
        rows = [
            *await self._session.tuples(_HAS_ONE, {**lately, **others}),
            *await self._session.tuples(_IS_CALLED, called),
        ]
        return Slots(
            frozenset(AccountId(account) for account, _ in rows),
            free=MAX_OUTSTANDING - len(rows),
            grants=sum(kind == OperationKind.CREATE.value for _, kind in rows),
        )

    async def _deletion_waits(self, assignment: Assignment, busy: frozenset[AccountId]) -> bool:
        """True if a deletion waits that could have the slot at hand: nothing else holds grants back.

        What nobody can use any more does not count: its deletion may never succeed.
        """
        given = {"but": assignment.id, "busy": busy}
        return await self._session.first(_DELETION_WAITS, given) is not None


def _held(principal: PrincipalId, target: Target) -> ColumnElement[bool]:
    return and_(
        col(AssignmentRow.principal_id) == principal,
        _account == target.account,
        col(AssignmentRow.permission_set_arn) == target.permission_set,
    )


def _rank_of(now: datetime) -> ColumnElement[int]:
    """A grant that has waited for long, deletions, grants, and last what nobody can use."""
    is_grant = _waits_for == OperationKind.CREATE.value
    return case(
        (and_(is_grant, _waits_since <= now - GRANT_WAITS), 0),
        (is_grant, 2),
        (_unusable.is_(None), 1),
        else_=3,
    )


def _claim_where(
    *which: ColumnElement[bool], by: Sequence[ColumnElement[Any] | Mapped[Any]]
) -> ReturningUpdate[AssignmentRow]:
    due = select(_id).where(*which, is_free(_held_until)).order_by(*by)
    return claim(AssignmentRow, due, fence=col(AssignmentRow.fence) + 1, woken_at=None)


def _of(target: Target) -> Mapping[str, Any]:
    """The parameters of a statement about one target."""
    return {"account": target.account, "permission_set": target.permission_set}


_IS_OURS = or_(
    col(AssignmentRow.ours).is_(True),
    _operation.is_not(None),
    col(AssignmentRow.hanging) != [],
    col(AssignmentRow.changed_kind).is_not(None),
)
"""Ours, asked for, or changed by us at some time: whether lists may still show it is the reader's to judge."""
_ON_TARGET = and_(_account == param("account"), col(AssignmentRow.permission_set_arn) == param("permission_set"))
_BY_HOLDER = col(AssignmentRow.principal_id) == param("holder")
_ONE = select(AssignmentRow).where(_BY_HOLDER, _ON_TARGET)
_OURS_ON = select(AssignmentRow).where(_ON_TARGET, _IS_OURS).order_by(_id)
_MEMBERSHIPS_OF = (
    select(AssignmentRow).where(_BY_HOLDER, col(AssignmentRow.permission_set_arn) == MEMBERSHIP, _IS_OURS).order_by(_id)
)
_HAS_ONE = select(_account, _operation).where(
    _operation.is_not(None), _begun_at > param("begun_after"), _begun_at <= param("begun_until"), _id != param("but")
)
_IS_CALLED = select(_account, _waits_for).where(
    _operation.is_(None), _waits_for.is_not(None), ~is_free(_held_until), _id != param("but")
)
_DELETION_WAITS = (
    select(_id)
    .where(_waits_for == OperationKind.DELETE.value, _id != param("but"), _account.not_in(params("busy")))
    .where(_unusable.is_(None))
    .limit(1)
)
_WAITS_LONG = bindparam("waits_long", type_=UtcDateTime())
_CALLED: BindParameter[Sequence[int]] = bindparam("called", expanding=True)
_goes_first = case((or_(_urgent, _next_try_at <= _WAITS_LONG), 0), else_=1)
_SOMEBODY_WAITS = select(exists().where(_waits_for.is_not(None)))
_CLAIM_CALLED = _claim_where(_id.in_(_CALLED), by=(_id,))
_CLAIM_IN_FLIGHT = _claim_where(_next_try_at <= NOW, _operation.is_not(None), by=(_next_try_at,))
_CLAIM_OTHERS = _claim_where(
    _next_try_at <= NOW, _operation.is_(None), by=(_unusable.is_not(None), _goes_first, _next_try_at, _id)
)
_NEVER_TRIED: dict[str, Any] = {
    **columns_of_operation(None),
    "attempts": 0,
    "last_error": "",
    "changed_aws_id": "",
    "missing_since": None,
    "fence": 0,
    "wants_slot": False,
    "hanging": [],
    "failures": 0,
}


def _earlier(known: Mapped[datetime | None], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of two instants; ``other`` when ``known`` is not set."""
    return case((known < other, known), else_=other)


def _by_rank(row: AssignmentRow) -> tuple[bool, datetime | None, int]:
    return (not row.urgent and row.operation_kind is None, row.next_try_at, row.id)
