"""Requests. Every change is a compare-and-swap on status and version: of two writers one wins (rule 15)."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

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
from sqlalchemy.orm import Mapped

from core.adapters.storage.claims import NOW, claim, is_free
from core.adapters.storage.columns import AT_MOST, col, param, params
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
_status, _version = col(RequestRow.status), col(RequestRow.version)
_start_at = col(RequestRow.start_at)
_is_open = col(RequestRow.closed_at).is_(None)
"""True of every status that is not the last; the indexes of what is due are over these rows alone."""
_is_unjudged = col(RequestRow.unjudged).is_(True)
_is_judged = col(RequestRow.unjudged).is_(False)
_is_scheduled = and_(_is_open, _status == Status.SCHEDULED.value, _is_judged)
_TO_START = union_all(*(select(_id).where(_is_scheduled, which) for which in (_start_at.is_(None), _start_at <= NOW)))
"""Two looks along the index of starts: for one condition with OR it would be left aside."""
_CLAIM = claim(
    RequestRow,
    select(_id).where(_is_scheduled, _id.in_(_TO_START)).where(is_free(col(RequestRow.held_until))).order_by(_id),
)
_CLAIM_UNJUDGED = claim(
    RequestRow,
    select(_id).where(_is_open, _is_unjudged).where(is_free(col(RequestRow.held_until))).order_by(_id),
)
_ADD = insert(RequestRow).values(version=1).returning(RequestRow)
_SAVE = (
    update(RequestRow)
    .where(_id == param("saved"), _version == param("was_version"), _status == param("was"))
    .returning(RequestRow)
)
_ONE = select(RequestRow).where(_id == param("wanted"))
_SEVERAL = select(RequestRow).where(_id.in_(params("wanted")))
_on_target = (col(RequestRow.account_id) == param("account"), col(RequestRow.permission_set_arn) == param("arn"))
_for_principal = col(RequestRow.requester) == param("principal")
_LIVE_ON = select(RequestRow).where(_status.in_(sorted(LIVE)), *_on_target).order_by(_id)
_LIVE_OF = _LIVE_ON.where(_for_principal)
_COUNT_SINCE = (
    select(func.count())
    .select_from(RequestRow)
    .where(_for_principal, *_on_target, col(RequestRow.created_at) >= param("since"))
)
_OPEN_OF = select(RequestRow).where(_for_principal, _status.in_(sorted(OPEN))).order_by(_id)
_NEWEST_OF = select(RequestRow).where(_for_principal).order_by(_id.desc()).limit(AT_MOST)
_NEWEST_WITH_STATUS_OF = _NEWEST_OF.where(_status.in_(params("statuses")))


class DueList:
    """Requests of these statuses that are due at ``UNTIL``, by a moment of theirs: a first page, and a later one."""

    def __init__(self, by: str, *statuses: Status, which: ColumnElement[bool]) -> None:
        self.by = by
        order = (col(getattr(RequestRow, by)), _id)
        of_status = _status.in_(sorted(statuses))
        self.first = select(RequestRow).where(_is_open, of_status, which).order_by(*order).limit(AT_MOST)
        last = tuple_(bindparam("last_at", type_=UtcDateTime()), bindparam("last_id", type_=BigId))
        self.later = self.first.where(tuple_(*order) > last)


UNTIL = bindparam("until", type_=UtcDateTime())
_remind_at, _expires_at, _end_at = col(RequestRow.remind_at), col(RequestRow.expires_at), col(RequestRow.end_at)
_warn_at, _is_to_warn = col(RequestRow.warn_at), col(RequestRow.ending_soon_told).is_(False)
_is_not_given_up = col(RequestRow.failure) == ""
_is_slow = and_(col(RequestRow.granting_at) < UNTIL, col(RequestRow.slow_told).is_(False), _is_not_given_up)
_is_overdue = and_(col(RequestRow.revoking_at) < UNTIL, col(RequestRow.alarmed_at).is_(None))
_TO_REMIND = DueList("remind_at", Status.PENDING, which=and_(_is_judged, _remind_at <= UNTIL, _expires_at > UNTIL))
_TO_EXPIRE = DueList("expires_at", Status.PENDING, which=_expires_at <= UNTIL)
_TO_END = DueList("end_at", Status.GRANTING, Status.ACTIVE, which=and_(_end_at <= UNTIL, _is_not_given_up))
_TO_WARN = DueList("warn_at", Status.ACTIVE, which=and_(_is_to_warn, _warn_at <= UNTIL))
_SLOW = DueList("granting_at", Status.GRANTING, which=_is_slow)
_OVERDUE = DueList("revoking_at", Status.GRANTING, Status.REVOKING, which=_is_overdue)


def _first_of(*kinds: tuple[Status, Mapped[datetime | None], ColumnElement[bool]]) -> Select[datetime | None]:
    """The first of each kind, from its own index."""
    firsts = [
        select(func.min(at).label("at")).where(_is_open, _status == status.value, at.is_not(None), which)
        for status, at, which in kinds
    ]
    return select(func.min(union_all(*firsts).subquery().c.at))


_NEXT_DUE = _first_of(
    (Status.PENDING, _remind_at, _remind_at < _expires_at),
    (Status.PENDING, _expires_at, _expires_at < NEVER),
    (Status.SCHEDULED, _start_at, true()),
    (Status.ACTIVE, _warn_at, _is_to_warn),
    *((status, _end_at, true()) for status in (Status.ACTIVE, Status.GRANTING)),
)
_NEXT_START = _first_of((Status.SCHEDULED, _start_at, _start_at > UNTIL))
_NEXT_END = _first_of(*((status, _end_at, _end_at > UNTIL) for status in (Status.ACTIVE, Status.GRANTING)))


class SqlRequests:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def add(self, request: Request) -> Request:
        row = await self._session.first(_ADD, columns_of_request(request))
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
        return _readable(await self._session.all(_SEVERAL, {"wanted": request_ids}))

    async def save(self, before: Request, after: Request) -> Request:
        as_it_was = {"saved": before.id, "was_version": before.version, "was": before.status.value}
        columns = {"version": before.version + 1, **columns_of_request(after)}
        row = await self._session.first(_SAVE, as_it_was | columns)
        if row is None:
            raise Conflict(f"{show_request_id(before.id)} is no longer {before.status} as it was read")
        self._note_start(after)
        self._session.changes(before, after)
        return request_of(row)

    def _note_start(self, request: Request) -> None:
        if request.status is Status.SCHEDULED or request.unjudged:
            self._session.leaves(Work.REQUESTS)

    async def of_requester(
        self,
        principal: PrincipalId,
        *,
        limit: int,
        before: RequestId | None = None,
        statuses: Collection[Status] = tuple(Status),
    ) -> Sequence[Request]:
        given: dict[str, Any] = {"principal": principal, AT_MOST.key: limit}
        wanted = _NEWEST_OF
        if len(statuses) < len(Status):
            wanted, given["statuses"] = _NEWEST_WITH_STATUS_OF, sorted(statuses)
        if before is not None:
            wanted = wanted.where(_id < before)
        return _readable(await self._session.all(wanted, given))

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
        return _values(await self._session.all(_OPEN_OF, {"principal": principal}))

    async def withdrawn(self, principal: PrincipalId, since: datetime) -> Sequence[Request]:
        made = (col(RequestRow.requester) == principal, col(RequestRow.created_at) >= since)
        wanted = select(RequestRow).where(*made, _status.in_(sorted(WITHDRAWN)))
        return _values(await self._session.all(wanted.order_by(col(RequestRow.created_at), _id)))

    async def live_of(self, principal: PrincipalId, target: Target) -> Sequence[Request]:
        return _values(await self._session.all(_LIVE_OF, {"principal": principal, **_on(target)}))

    async def live_on(self, target: Target) -> Sequence[Request]:
        return _values(await self._session.all(_LIVE_ON, _on(target)))

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
        return await self._session.first(_COUNT_SINCE, {"principal": principal, "since": since, **_on(target)}) or 0

    async def undecided(
        self, principal: PrincipalId, now: datetime, *, limit: int, after: RequestId | None = None
    ) -> Sequence[Request]:
        has_decided = exists().where(col(VoteRow.request_id) == _id, col(VoteRow.principal_id) == principal)
        waiting = (
            select(RequestRow)
            .where(_status == Status.PENDING.value, _is_judged, col(RequestRow.expires_at) > now)
            .where(col(RequestRow.requester) != principal, ~has_decided)
        )
        if after is not None:
            waiting = waiting.where(_id > after)
        return _readable(await self._session.all(waiting.order_by(_id).limit(limit)))

    async def due_to_remind(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        return await self._due(_TO_REMIND, now, limit, after)

    async def due_to_expire(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        return await self._due(_TO_EXPIRE, now, limit, after)

    async def claim_due_to_start(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Request]:
        rows = await self._session.claim(RequestRow, _CLAIM, now, lease, limit)
        return sorted(_readable(rows), key=lambda request: request.id)

    async def claim_unjudged(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Request]:
        rows = await self._session.claim(RequestRow, _CLAIM_UNJUDGED, now, lease, limit)
        return sorted(_readable(rows), key=lambda request: request.id)

    async def put_off(self, request_id: RequestId, until: datetime) -> None:
        held_until = self._session.leases.dated(until)
        await self._session.run(update(RequestRow).where(_id == request_id).values(held_until=held_until))

    async def due_to_end(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """A grant that is given up already is left to fail."""
        return await self._due(_TO_END, now, limit, after)

    async def due_to_warn(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Short windows that wait for theirs are not among them."""
        return await self._due(_TO_WARN, now, limit, after)

    async def next_due(self) -> datetime | None:
        return await self._session.first(_NEXT_DUE)

    async def next_start(self, after: datetime) -> datetime | None:
        return await self._session.first(_NEXT_START, {UNTIL.key: after})

    async def next_end(self, after: datetime) -> datetime | None:
        return await self._session.first(_NEXT_END, {UNTIL.key: after})

    async def slow_grants(self, since: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        return await self._due(_SLOW, since, limit, after)

    async def skip_numbers(self, count: int) -> None:
        await self._session.skip_numbers(RequestRow, count)

    async def past_end(self, before: datetime, limit: int) -> Sequence[Request]:
        revoking_at, end_at = col(RequestRow.revoking_at), col(RequestRow.end_at)
        is_past = or_(end_at < before, and_(_status == Status.REVOKING.value, revoking_at < before))
        wanted = select(RequestRow).where(_status.in_(sorted(LIVE)), is_past).order_by(end_at, _id).limit(limit)
        return _readable(await self._session.all(wanted))

    async def overdue_revocations(self, since: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        return await self._due(_OVERDUE, since, limit, after)

    async def _due(self, due: DueList, until: datetime, limit: int, after: Request | None) -> Sequence[Request]:
        """The next of them; rows that cannot be read are passed over, and said to be."""
        given = {UNTIL.key: until, AT_MOST.key: limit}
        last = {"last_at": columns_of_request(after)[due.by], "last_id": after.id} if after else {}
        while True:
            rows = await self._session.all(due.later if last else due.first, given | last)
            found = _readable(rows)
            if found or not rows:
                return found
            last = {"last_at": getattr(rows[-1], due.by), "last_id": rows[-1].id}


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


def _on(target: Target) -> Mapping[str, Any]:
    """The parameters of ``_on_target``."""
    return {"account": target.account, "arn": target.permission_set}


def _values(rows: Sequence[RequestRow]) -> Sequence[Request]:
    return tuple(request_of(row) for row in rows)
