"""Requests. Every change is a compare-and-swap on status and version: of two writers one wins (rule 15)."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import (
    ColumnElement,
    Select,
    Tuple,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlmodel import col

from core.adapters.storage.claims import NOW, claim, is_free
from core.adapters.storage.mapping import NEVER, columns_of_request, request_of
from core.adapters.storage.readable import UNREADABLE
from core.adapters.storage.search_conditions import conditions, visible
from core.adapters.storage.search_narrowing import few
from core.adapters.storage.session import StorageSession, Work
from core.adapters.storage.tables import AssignmentRow, RequestRow, VoteRow
from core.adapters.storage.types import BigId, UtcDateTime
from core.domain.errors import Conflict
from core.domain.ids import UNSAVED, PrincipalId, RequestId, show_request_id
from core.domain.open_requests import OPEN, WITHDRAWN
from core.domain.organization import Target
from core.domain.request import LIVE, TERMINAL, Request, Status
from core.domain.search import Cursor, Search
from core.domain.visibility import VisibleRequests

log = structlog.get_logger()

_id = col(RequestRow.id)
_status = col(RequestRow.status)
_start_at = col(RequestRow.start_at)
_is_open = col(RequestRow.closed_at).is_(None)
"""True of every status that is not the last; the indexes of what is due are over these rows alone."""
_is_scheduled = and_(_is_open, _status == Status.SCHEDULED.value)
_TO_START = union_all(*(select(_id).where(_is_scheduled, which) for which in (_start_at.is_(None), _start_at <= NOW)))
"""Two looks along the index of starts: for one condition with OR it would be left aside."""
_CLAIM = claim(
    RequestRow,
    select(_id).where(_is_scheduled, _id.in_(_TO_START)).where(is_free(col(RequestRow.held_until))).order_by(_id),
)
_ONE = select(RequestRow).where(_id == bindparam("wanted"))


class SqlRequests:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def add(self, request: Request) -> Request:
        columns = columns_of_request(request)
        row = await self._session.first(insert(RequestRow).values(version=1, **columns).returning(RequestRow))
        if row is None:
            raise Conflict("the request was not stored")
        self._note_start(request)
        return await self._numbered(request_of(row))

    async def _numbered(self, added: Request) -> Request:
        """The first of several requests is what the others of its submission, and of its card, name."""
        if UNSAVED not in {added.submission, added.card}:
            return added
        submission, card = (added.id if first == UNSAVED else first for first in (added.submission, added.card))
        named = update(RequestRow).where(_id == added.id).values(submission=submission, card=card)
        await self._session.run(named)
        return replace(added, submission=submission, card=card)

    async def asked_with(self, request: Request) -> Sequence[Request]:
        if request.submission is None:
            return (request,)
        together = select(RequestRow).where(col(RequestRow.submission) == request.submission)
        return _values(await self._session.all(together.order_by(_id)))

    async def get(self, request_id: RequestId) -> Request | None:
        row = await self._session.first(_ONE, {"wanted": request_id})
        return request_of(row) if row else None

    async def several(self, request_ids: Sequence[RequestId]) -> Sequence[Request]:
        return _readable(await self._session.all(select(RequestRow).where(_id.in_(request_ids))))

    async def save(self, before: Request, after: Request) -> Request:
        as_it_was = (
            _id == before.id,
            col(RequestRow.version) == before.version,
            _status == before.status.value,
        )
        columns = columns_of_request(after)
        statement = update(RequestRow).where(*as_it_was).values(version=before.version + 1, **columns)
        row = await self._session.first(statement.returning(RequestRow))
        if row is None:
            raise Conflict(f"{show_request_id(before.id)} is no longer {before.status} as it was read")
        self._note_start(after)
        self._session.changes(before, after)
        return request_of(row)

    def _note_start(self, request: Request) -> None:
        if request.status is Status.SCHEDULED:
            self._session.leaves(Work.REQUESTS)

    async def of_requester(
        self,
        principal: PrincipalId,
        *,
        limit: int,
        before: RequestId | None = None,
        statuses: Collection[Status] = tuple(Status),
    ) -> Sequence[Request]:
        wanted = select(RequestRow).where(col(RequestRow.requester) == principal)
        if len(statuses) < len(Status):
            wanted = wanted.where(_status.in_(sorted(statuses)))
        if before is not None:
            wanted = wanted.where(_id < before)
        return _readable(await self._session.all(wanted.order_by(_id.desc()).limit(limit)))

    async def search(
        self,
        search: Search,
        *,
        limit: int,
        before: Cursor | None = None,
        after: Cursor | None = None,
        among: VisibleRequests | None = None,
    ) -> Sequence[Request]:
        wanted = [*conditions(search), *visible(among)]
        if before is not None:
            wanted.append(_older_than(before))
        if after is not None:
            wanted.append(_newer_than(after))
        newest_first, ids = after is None, await few(self._session, search)
        found = pick(wanted, sorted(search.statuses), limit, newest_first=newest_first, ids=ids)
        rows = await self._session.all(found)
        return _values(rows if newest_first else rows[::-1])

    async def open_of(self, principal: PrincipalId) -> Sequence[Request]:
        await self._session.take_turn_of(principal)
        mine = (col(RequestRow.requester) == principal, _status.in_(sorted(OPEN)))
        return _values(await self._session.all(select(RequestRow).where(*mine).order_by(_id)))

    async def withdrawn(self, principal: PrincipalId, since: datetime) -> Sequence[Request]:
        made = (col(RequestRow.requester) == principal, col(RequestRow.created_at) >= since)
        wanted = select(RequestRow).where(*made, _status.in_(sorted(WITHDRAWN)))
        return _values(await self._session.all(wanted.order_by(col(RequestRow.created_at), _id)))

    async def live_of(self, principal: PrincipalId, target: Target) -> Sequence[Request]:
        live = _status.in_(sorted(LIVE))
        return _values(await self._session.all(select(RequestRow).where(live, *_for(principal, target)).order_by(_id)))

    async def live_on(self, target: Target) -> Sequence[Request]:
        live = _status.in_(sorted(LIVE))
        return _values(await self._session.all(select(RequestRow).where(live, *_on(target)).order_by(_id)))

    async def with_status(self, *statuses: Status, limit: int, after: RequestId | None = None) -> Sequence[Request]:
        wanted = select(RequestRow).where(_status.in_(sorted(statuses))).order_by(_id).limit(limit)
        last = after or 0
        while True:
            rows = await self._session.all(wanted.where(_id > last))
            found = _readable(rows)
            if found or not rows:
                return found
            last = rows[-1].id

    async def whose_access_is_lost(self, limit: int = 1000) -> Sequence[Request]:
        is_lost = exists().where(
            col(AssignmentRow.principal_id) == col(RequestRow.requester),
            col(AssignmentRow.account_id) == col(RequestRow.account_id),
            col(AssignmentRow.permission_set_arn) == col(RequestRow.permission_set_arn),
            col(AssignmentRow.ours).is_(False),
            col(AssignmentRow.missing_since).is_not(None),
        )
        wanted = select(RequestRow).where(_status == Status.ACTIVE.value, is_lost)
        return _values(await self._session.all(wanted.order_by(_id).limit(limit)))

    async def counts(self, closed_since: datetime) -> Mapping[Status, int]:
        """Each part goes through few rows, however many requests there have ever been."""
        status = func.lower(_status)  # SQLite would else group along an index over all of them
        counted = select(status, func.count()).group_by(status)
        parts = (_status.in_(sorted(frozenset(Status) - TERMINAL)), col(RequestRow.closed_at) >= closed_since)
        rows = [row for part in parts for row in await self._session.tuples(counted.where(part))]
        return {Status(status): number for status, number in rows}

    async def count_since(self, principal: PrincipalId, target: Target, since: datetime) -> int:
        counted = select(func.count()).select_from(RequestRow)
        recent = counted.where(*_for(principal, target), col(RequestRow.created_at) >= since)
        return await self._session.first(recent) or 0

    async def undecided(
        self, principal: PrincipalId, now: datetime, *, limit: int, after: RequestId | None = None
    ) -> Sequence[Request]:
        has_decided = exists().where(col(VoteRow.request_id) == _id, col(VoteRow.principal_id) == principal)
        waiting = (
            select(RequestRow)
            .where(_status == Status.PENDING.value, col(RequestRow.expires_at) > now)
            .where(col(RequestRow.requester) != principal, ~has_decided)
        )
        if after is not None:
            waiting = waiting.where(_id > after)
        return _readable(await self._session.all(waiting.order_by(_id).limit(limit)))

    async def due_to_remind(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        is_due = (col(RequestRow.remind_at) <= now) & (col(RequestRow.expires_at) > now)
        return await self._due((Status.PENDING,), is_due, "remind_at", limit, after)

    async def due_to_expire(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        return await self._due((Status.PENDING,), col(RequestRow.expires_at) <= now, "expires_at", limit, after)

    async def claim_due_to_start(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Request]:
        rows = await self._session.claim(RequestRow, _CLAIM, now, lease, limit)
        return sorted(_readable(rows), key=lambda request: request.id)

    async def postpone_start(self, request_id: RequestId, until: datetime) -> None:
        held_until = self._session.leases.dated(until)
        await self._session.run(update(RequestRow).where(_id == request_id).values(held_until=held_until))

    async def due_to_end(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """A grant that is given up already is left to fail."""
        is_due = (col(RequestRow.end_at) <= now) & (col(RequestRow.failure) == "")
        return await self._due((Status.GRANTING, Status.ACTIVE), is_due, "end_at", limit, after)

    async def due_to_warn(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Short windows that wait for theirs are not among them."""
        is_due = col(RequestRow.ending_soon_told).is_(False) & (col(RequestRow.warn_at) <= now)
        return await self._due((Status.ACTIVE,), is_due, "warn_at", limit, after)

    async def next_due(self) -> datetime | None:
        """The first of each kind, from its own index."""
        expires_at, warned = col(RequestRow.expires_at), col(RequestRow.ending_soon_told)
        kinds = (
            (Status.PENDING, col(RequestRow.remind_at), col(RequestRow.remind_at) < expires_at),
            (Status.PENDING, expires_at, expires_at < NEVER),
            (Status.SCHEDULED, _start_at, true()),
            (Status.ACTIVE, col(RequestRow.warn_at), warned.is_(False)),
            (Status.ACTIVE, col(RequestRow.end_at), true()),
            (Status.GRANTING, col(RequestRow.end_at), true()),
        )
        firsts = [
            select(func.min(at).label("at")).where(_is_open, _status == status.value, at.is_not(None), which)
            for status, at, which in kinds
        ]
        return await self._session.first(select(func.min(union_all(*firsts).subquery().c.at)))

    async def slow_grants(self, since: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        slow = (col(RequestRow.granting_at) < since) & col(RequestRow.slow_told).is_(False)
        return await self._due((Status.GRANTING,), slow & (col(RequestRow.failure) == ""), "granting_at", limit, after)

    async def skip_numbers(self, count: int) -> None:
        await self._session.skip_numbers(RequestRow, count)

    async def past_end(self, before: datetime, limit: int) -> Sequence[Request]:
        revoking_at, end_at = col(RequestRow.revoking_at), col(RequestRow.end_at)
        is_past = or_(end_at < before, revoking_at < before)
        wanted = select(RequestRow).where(_status.in_(sorted(LIVE)), is_past).order_by(end_at, _id).limit(limit)
        return _readable(await self._session.all(wanted))

    async def overdue_revocations(self, since: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        overdue = (col(RequestRow.revoking_at) < since) & col(RequestRow.alarmed_at).is_(None)
        return await self._due((Status.REVOKING,), overdue, "revoking_at", limit, after)

    async def _due(
        self, statuses: Collection[Status], is_due: ColumnElement[bool], by: str, limit: int, after: Request | None
    ) -> Sequence[Request]:
        """The next of them; rows that cannot be read are passed over, and said to be."""
        order = (getattr(RequestRow, by), _id)
        of_status = _status.in_(sorted(statuses))
        wanted = select(RequestRow).where(_is_open, of_status, is_due).order_by(*order).limit(limit)
        last = Cursor(columns_of_request(after)[by], after.id) if after else None
        while True:
            begin = (tuple_(*order) > _literal(last),) if last else ()
            rows = await self._session.all(wanted.where(*begin))
            found = _readable(rows)
            if found or not rows:
                return found
            last = Cursor(getattr(rows[-1], by), RequestId(rows[-1].id))


def _readable(rows: Sequence[RequestRow]) -> Sequence[Request]:
    """The due requests that can be read: one row that cannot, written by hand or by a newer release, hides no other."""
    found = []
    for row in rows:
        try:
            found.append(request_of(row))
        except UNREADABLE:
            log.exception("request cannot be read", request=row.id, incident=secrets.token_hex(4))
    return tuple(found)


def _older_than(cursor: Cursor) -> ColumnElement[bool]:
    place = tuple_(col(RequestRow.created_at), _id)
    return place < _literal(cursor)


def _newer_than(cursor: Cursor) -> ColumnElement[bool]:
    place = tuple_(col(RequestRow.created_at), _id)
    return place > _literal(cursor)


def _literal(cursor: Cursor) -> Tuple:
    return tuple_(literal(cursor.at, UtcDateTime), literal(cursor.number, BigId))


def pick(
    wanted: Sequence[ColumnElement[bool]],
    statuses: Sequence[Status],
    limit: int,
    *,
    newest_first: bool,
    ids: Collection[int] | None = None,
) -> Select[RequestRow]:
    """The first rows of the list, of few ids where they are known.

    Else of each status as many as may be needed: an index has each of them in order, and none has them together. A
    page of what a million fit is read without sorting the million.
    """
    order = tuple(c.desc() if newest_first else c.asc() for c in (col(RequestRow.created_at), _id))
    if ids is not None:
        status = func.lower(_status)  # SQLite would else go along an index of all that have it
        among = (_id.in_(sorted(ids)), *([status.in_(statuses)] if statuses else []))
        return select(RequestRow).where(*among, *wanted).order_by(*order).limit(limit)
    if len(statuses) < 2:
        only = [_status == status.value for status in statuses]
        return select(RequestRow).where(*wanted, *only).order_by(*order).limit(limit)
    firsts = [
        select(_id).where(*wanted, _status == status.value).order_by(*order).limit(limit).subquery()
        for status in statuses
    ]
    chosen = union_all(*(select(first.c.id) for first in firsts))
    return select(RequestRow).where(_id.in_(chosen)).order_by(*order).limit(limit)


def _for(principal: PrincipalId, target: Target) -> tuple[ColumnElement[bool], ...]:
    return (col(RequestRow.requester) == principal, *_on(target))


def _on(target: Target) -> tuple[ColumnElement[bool], ...]:
    return (
        col(RequestRow.account_id) == target.account,
        col(RequestRow.permission_set_arn) == target.permission_set,
    )


def _values(rows: Sequence[RequestRow]) -> Sequence[Request]:
    return tuple(request_of(row) for row in rows)
