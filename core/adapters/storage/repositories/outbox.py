"""The outbox: what is to be said, until it is said.

One message at a time goes to each recipient. Flows, which are the messages that one person has caused, take turns: the
n-th that waits of one flow goes behind the first n of every other (rule 26).
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningUpdate

from core.adapters.storage.claims import NOW, claim, is_free
from core.adapters.storage.columns import col, param, params
from core.adapters.storage.mapping import columns_of_notice, outgoing_of
from core.adapters.storage.notice_documents import dump_content
from core.adapters.storage.readable import readable
from core.adapters.storage.session import StorageSession, Work
from core.adapters.storage.tables import OutgoingRow, RequestRow
from core.adapters.storage.types import BigId
from core.domain.errors import Conflict
from core.domain.ids import PrincipalId, RequestId
from core.domain.notices import Form, Notice, Recipient, Topic, flow_of
from core.ports import Outgoing

_id = col(OutgoingRow.id)
_ahead = col(OutgoingRow.ahead)
_audience, _recipient = col(OutgoingRow.audience), col(OutgoingRow.recipient)
_form, _request = col(OutgoingRow.form), col(OutgoingRow.request_id)
_flow, _lane, _fence = col(OutgoingRow.flow), col(OutgoingRow.lane), col(OutgoingRow.fence)
_is_open = col(OutgoingRow.closed_at).is_(None)
_PICTURES = frozenset({Form.CARD, Form.HOME, Form.EDIT})
"""Forms that show the state at the time of sending: one that waits replaces all that come meanwhile."""


_WRITE = (
    update(OutgoingRow).where(_id == param("claimed"), _fence == param("claimed_as"), _is_open).returning(OutgoingRow)
)
_WRITE_AND_COUNT = _WRITE.values(
    attempts=col(OutgoingRow.attempts) + 1, faults=col(OutgoingRow.faults) + param("more_faults")
)


class SqlOutbox:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def put(self, notices: Sequence[Notice], at: datetime) -> None:
        if not notices:
            return
        requesters = await self._requesters(notices)
        flows = [flow_of(notice, requesters.get(notice.request_id)) for notice in notices]
        ahead, lanes, pictures = await self._ahead(flows), await self._lanes(notices), await self._pictures(notices)
        new: dict[Hashable, Mapping[str, Any]] = {}
        for notice, flow in zip(notices, flows, strict=True):
            picture = _picture(notice) if notice.form in _PICTURES else None
            if picture in new:
                new[picture] = {**new[picture], **_newest(notice)}
            elif picture is None or not await self._renew(pictures.get(picture), notice, ahead[flow]):
                place = {"lane": lanes.get(_place(notice), 0), "flow": flow, "ahead": ahead[flow]}
                new[len(new) if picture is None else picture] = _columns(notice, at) | place
                ahead[flow] += 1
        if new:
            await self._session.run_each(_ADD, list(new.values()))
        self._session.leaves(Work.OUTBOX)

    async def _requesters(self, notices: Sequence[Notice]) -> Mapping[RequestId | None, PrincipalId]:
        named = {notice.request_id for notice in notices} - {None}
        found = await self._session.tuples(_REQUESTERS, {"named": named}) if named else ()
        return {RequestId(number): PrincipalId(requester) for number, requester in found}

    async def _ahead(self, flows: Collection[str]) -> dict[str, int]:
        last = await self._session.tuples(_LAST_OF_FLOWS, {"flows": set(flows)})
        found = {name: last_one + 1 for name, last_one in last}
        return {name: found.get(name, 0) for name in flows}

    async def _lanes(self, notices: Sequence[Notice]) -> Mapping[Hashable, int]:
        """The lanes that what waits for the same recipients about the same requests has been moved to."""
        numbers = {notice.request_id for notice in notices} - {None}
        if not numbers:
            return {}
        moved = await self._session.tuples(_MOVED, {**_recipients(notices), "lanes": numbers})
        return {(audience, recipient, lane): lane for audience, recipient, lane in moved}

    async def _pictures(self, notices: Sequence[Notice]) -> Mapping[Hashable, int]:
        """The rows of cards and Homes that wait already, and that nobody has ever leased without giving them back.

        One that was may be on its way with what was so before, whether its lease is good or not; it does not stand for
        anything newer.
        """
        wanted = [notice for notice in notices if notice.form in _PICTURES]
        if not wanted:
            return {}
        forms, shown = {notice.form.value for notice in wanted}, {notice.request_id for notice in wanted} - {None}
        waiting = {**_recipients(wanted), "forms": forms, "shown": shown}
        return {_key(*picture): number for *picture, number in await self._session.tuples(_WAITING_PICTURES, waiting)}

    async def _renew(self, waiting: int | None, notice: Notice, ahead: int) -> bool:
        """Let the same card or Home that waits already stand for this one: it shows what will be so then."""
        if waiting is None:
            return False
        return await self._session.run(_RENEW, {"waiting": waiting, "sooner": ahead, **_newest(notice)}) == 1

    async def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Outgoing]:
        rows = await self._session.claim(OutgoingRow, _CLAIM, now, lease, limit)
        return await readable(
            self._session, OutgoingRow, sorted(rows, key=lambda row: row.id), outgoing_of, now, lane=-_id
        )

    async def hold(self, outgoing: Outgoing, until: datetime) -> None:
        await self._write(outgoing, {"held_until": self._session.leases.dated(until)})

    async def sent(self, outgoing: Outgoing, at: datetime) -> None:
        await self._write(outgoing, {"closed_at": at})
        self._session.leaves(Work.OUTBOX)

    async def retry(
        self, outgoing: Outgoing, at: datetime, error: str, *, faulty: bool = False, passed: bool = False
    ) -> None:
        failed = {"next_try_at": at, "last_error": error, "more_faults": int(faulty)}
        await self._write(outgoing, failed, _WRITE_AND_COUNT)
        if passed:
            await self._let_others_pass(outgoing)

    async def _let_others_pass(self, outgoing: Outgoing) -> None:
        """Move it, and what else waits for its recipient about the same request, to a lane of their own."""
        notice = outgoing.notice
        if notice.request_id is None:
            await self._session.run(update(OutgoingRow).where(_id == outgoing.id).values(lane=-outgoing.id))
            return
        same = (_is_open, *_is_for(notice.to), col(OutgoingRow.request_id) == notice.request_id)
        await self._session.run(update(OutgoingRow).where(*same).values(lane=notice.request_id))

    async def hasten(self, request_id: RequestId, to: Recipient, now: datetime) -> None:
        next_try_at = col(OutgoingRow.next_try_at)
        waits = (_is_open, *_is_for(to), col(OutgoingRow.request_id) == request_id, next_try_at > now)
        await self._session.run(update(OutgoingRow).where(*waits).values(next_try_at=now))

    async def undeliverable(self, outgoing: Outgoing, at: datetime, error: str) -> None:
        await self._write(outgoing, {"closed_at": at, "undeliverable": True, "last_error": error})
        self._session.leaves(Work.OUTBOX)

    async def forget(self, closed_before: datetime, limit: int) -> int:
        closed_at = col(OutgoingRow.closed_at)
        old = select(_id).where(closed_at < closed_before).order_by(closed_at).limit(limit)
        return await self._session.run(delete(OutgoingRow).where(_id.in_(old)))

    async def was_put(self, topic: Topic, to: Recipient, request_id: RequestId, since: datetime) -> bool:
        about = (*_is_for(to), col(OutgoingRow.topic) == topic.value, _request == request_id)
        lately = or_(_is_open, col(OutgoingRow.closed_at) > since)
        put = select(_id).where(lately, *about, col(OutgoingRow.created_at) > since)
        return await self._session.first(put.limit(1)) is not None

    async def was_refused(self, form: Form, to: Recipient, request_id: RequestId) -> bool:
        about = (*_is_for(to), _form == form.value, _request == request_id)
        refused = select(_id).where(col(OutgoingRow.undeliverable).is_(True), *about)
        return await self._session.first(refused.limit(1)) is not None

    async def waiting(self) -> tuple[int, int, datetime | None]:
        open_ones = select(func.count(_id), func.min(col(OutgoingRow.created_at))).where(_is_open)
        ((count, oldest),) = await self._session.tuples(open_ones)
        lost = select(func.count(_id)).where(col(OutgoingRow.undeliverable).is_(True))
        return count, await self._session.first(lost) or 0, oldest

    async def _write(
        self, outgoing: Outgoing, changes: Mapping[str, Any], how: ReturningUpdate[OutgoingRow] = _WRITE
    ) -> None:
        """Write under the fence of the claim, and give the lease back unless it is held on."""
        claim = {"claimed": outgoing.id, "claimed_as": outgoing.fence, "held_until": None}
        row = await self._session.first(how, {**claim, **changes})
        if row is None:
            raise Conflict(f"notice {outgoing.id} was claimed anew")
        self._session.leases.note(OutgoingRow, row)


def _columns(notice: Notice, at: datetime) -> dict[str, Any]:
    fresh = {"attempts": 0, "faults": 0, "last_error": "", "fence": 0, "undeliverable": False}
    return columns_of_notice(notice) | fresh | {"created_at": at, "next_try_at": at + notice.after}


def _newest(notice: Notice) -> dict[str, Any]:
    return {"topic": notice.topic.value, "facts": dump_content(notice.content)}


def _place(notice: Notice) -> Hashable:
    return notice.to.audience.value, notice.to.id, notice.request_id


def _picture(notice: Notice) -> Hashable:
    return _key(notice.form.value, notice.request_id, notice.to.audience.value, notice.to.id)


def _key(form: str, request: int | None, audience: str, recipient: str) -> Hashable:
    """The same for the same card of the same request, or the same Home, which shows many."""
    return form, None if form == Form.HOME.value else request, audience, recipient


def _recipients(notices: Sequence[Notice]) -> Mapping[str, Any]:
    """The parameters of ``_IS_FOR_ANY``."""
    return {
        "audiences": {notice.to.audience.value for notice in notices},
        "recipients": {notice.to.id for notice in notices},
    }


def _is_for(to: Recipient) -> tuple[ColumnElement[bool], ...]:
    return (_audience == to.audience.value, _recipient == to.id)


def _claim() -> ReturningUpdate[OutgoingRow]:
    due = (
        select(_id)
        .where(_is_open, col(OutgoingRow.next_try_at) <= NOW, is_free(col(OutgoingRow.held_until)))
        .where(~_is_held_back())
        .order_by(_ahead, col(OutgoingRow.next_try_at), _id)
    )
    return claim(OutgoingRow, due, fence=_fence + 1)


def _is_held_back() -> ColumnElement[bool]:
    """True while another message to the same recipient goes first: its turn comes earlier, or it is being sent.

    What was tried and waits for its next try holds everybody back, since most often the recipient is what asked for
    the pause, and so does what lets something else come first. What was put for a later moment does not.
    """
    other: Any = OutgoingRow.__clause_element__().alias().c
    is_elder = and_(other.next_try_at <= NOW, tuple_(other.ahead, other.id) < tuple_(_ahead, _id))
    pauses = and_(other.next_try_at > NOW, or_(other.attempts > 0, other.created_at <= NOW))
    return exists().where(
        other.closed_at.is_(None),
        other.audience == col(OutgoingRow.audience),
        other.recipient == col(OutgoingRow.recipient),
        other.lane == col(OutgoingRow.lane),
        other.id != _id,
        or_(is_elder, pauses, ~is_free(other.held_until)),
    )


_ADD = insert(OutgoingRow)
_CLAIM = _claim()
_SOONER = bindparam("sooner", type_=BigId)
_RENEW = (
    update(OutgoingRow).where(_id == param("waiting")).values(ahead=case((_ahead > _SOONER, _SOONER), else_=_ahead))
)
_REQUESTERS = select(col(RequestRow.id), col(RequestRow.requester)).where(col(RequestRow.id).in_(params("named")))
_LAST_OF_FLOWS = select(_flow, func.max(_ahead)).where(_is_open, _flow.in_(params("flows"))).group_by(_flow)
_IS_FOR_ANY = (_audience.in_(params("audiences")), _recipient.in_(params("recipients")))
_MOVED = select(_audience, _recipient, _lane).where(_is_open, *_IS_FOR_ANY, _lane.in_(params("lanes"))).distinct()
_WAITING_PICTURES = (
    select(_form, _request, _audience, _recipient, _id)
    .where(_is_open, *_IS_FOR_ANY, col(OutgoingRow.held_until).is_(None))
    .where(_form.in_(params("forms")), or_(_form == Form.HOME.value, _request.in_(params("shown"))))
    .order_by(_id.desc())
    .with_for_update(skip_locked=True)
)
