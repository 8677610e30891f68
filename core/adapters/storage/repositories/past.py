"""Requests of a period for figures: a few columns of each, a page at a time along the index of when they were asked."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_

from core.adapters.storage.columns import col
from core.adapters.storage.readable import UNREADABLE
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import RequestRow, SummaryRow, VoteRow
from core.adapters.storage.types import BigId, UtcDateTime
from core.domain.approval import Verdict
from core.domain.figures import Approved, PastRequest
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.period import Period
from core.domain.request import Status
from core.domain.search import Cursor

log = structlog.get_logger()

_id, _asked_at = col(RequestRow.id), col(RequestRow.created_at)
_events = select(col(SummaryRow.events)).where(col(SummaryRow.request_id) == _id).scalar_subquery()
_PAGE: Select[*tuple[Any, ...]] = select(
    _id.label("id"),
    _asked_at.label("asked_at"),
    col(RequestRow.status).label("status"),
    col(RequestRow.requester).label("requester"),
    col(RequestRow.requester_name).label("requester_name"),
    col(RequestRow.account_id).label("account_id"),
    col(RequestRow.account_name).label("account_name"),
    col(RequestRow.permission_set_arn).label("permission_set_arn"),
    col(RequestRow.permission_set_name).label("permission_set_name"),
    col(RequestRow.quorum).label("quorum"),
    col(RequestRow.decided_at).label("decided_at"),
    col(RequestRow.window_start_at).label("active_from"),
    col(RequestRow.end_at).label("end_at"),
    col(RequestRow.revoking_at).label("revoking_at"),
    (col(RequestRow.revoked_by) != "").label("revoked"),
    col(RequestRow.closed_at).label("closed_at"),
    _events.label("events"),
).order_by(_asked_at, _id)


class SqlPastRequests:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def count(self, period: Period) -> int:
        return await self._session.first(select(func.count()).select_from(RequestRow).where(*_within(period))) or 0

    async def page(self, period: Period, limit: int, after: Cursor | None = None) -> Sequence[PastRequest]:
        last = after
        while True:
            behind = (_behind(last),) if last else ()
            rows = await self._session.tuples(_PAGE.where(*_within(period), *behind).limit(limit))
            found = _readable(rows, await self._approvals([row.id for row in rows]))
            if found or not rows:
                return found
            last = Cursor(rows[-1].asked_at, RequestId(rows[-1].id))

    async def _approvals(self, request_ids: Sequence[int]) -> Mapping[int, Sequence[Approved]]:
        if not request_ids:
            return {}
        given = select(
            col(VoteRow.request_id), col(VoteRow.principal_id), col(VoteRow.name), col(VoteRow.given_at)
        ).where(col(VoteRow.request_id).in_(request_ids), col(VoteRow.verdict) == Verdict.APPROVE.value)
        approvals: dict[int, list[Approved]] = {}
        for request_id, by, name, at in await self._session.tuples(given.order_by(col(VoteRow.id))):
            approvals.setdefault(request_id, []).append(Approved(PrincipalId(by), name, at))
        return approvals


def _within(period: Period) -> tuple[ColumnElement[bool], ...]:
    return (_asked_at >= period.since, _asked_at < period.until)


def _behind(cursor: Cursor) -> ColumnElement[bool]:
    place = tuple_(literal(cursor.at, UtcDateTime), literal(cursor.number, BigId))
    return tuple_(_asked_at, _id) > place


def _readable(rows: Sequence[Any], approvals: Mapping[int, Sequence[Approved]]) -> Sequence[PastRequest]:
    found = []
    for row in rows:
        try:
            found.append(_past(row, approvals.get(row.id, ())))
        except UNREADABLE:
            log.exception("request cannot be read", request=row.id, incident=secrets.token_hex(4))
    return found


def _past(row: Any, approvals: Sequence[Approved]) -> PastRequest:
    return PastRequest(
        id=RequestId(row.id),
        asked_at=row.asked_at,
        status=Status(row.status),
        requester=PrincipalId(row.requester),
        requester_name=row.requester_name,
        target=Target(AccountId(row.account_id), PermissionSetArn(row.permission_set_arn)),
        account_name=row.account_name,
        permission_set_name=row.permission_set_name,
        needs_approval=row.quorum > 0,
        decided_at=row.decided_at,
        active_from=row.active_from,
        end_at=row.end_at,
        revoking_at=row.revoking_at,
        revoked=bool(row.revoked),
        closed_at=row.closed_at,
        approvals=tuple(approvals),
        events=row.events,
    )
