"""The audit trail: sealed one behind the other, by one transaction at a time (rule 23)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from sqlalchemy import insert, select, update

from core.adapters.storage.columns import col
from core.adapters.storage.mapping import columns_of_sealed, sealed_of
from core.adapters.storage.session import AdvisoryLock, StorageSession
from core.adapters.storage.tables import AuditAnchorRow, AuditEventRow
from core.domain.audit import Anchor, AuditEvent, Sealed, request_of, seal
from core.domain.errors import Side, UpstreamRefused
from core.domain.ids import RequestId

PAGE = 1000

_seq = col(AuditEventRow.seq)
_ADD, _ANCHOR, _MOVE_ANCHOR = insert(AuditEventRow), select(AuditAnchorRow), update(AuditAnchorRow)


class SqlAuditTrail:
    """Keeps events back until the unit of work commits, or reads the trail.

    Sealing takes a turn that lasts until the end of the transaction. Whoever waited for a row while
    holding it would stop everybody, and with the wrong partner for ever: so it is taken last.
    """

    def __init__(self, session: StorageSession) -> None:
        self._session = session
        self._unsealed: list[AuditEvent] = []

    async def append(self, event: AuditEvent) -> None:
        self._unsealed.append(event)

    async def seal(self) -> None:
        """Seal what was appended; called by the unit of work as its last act before the commit."""
        if not self._unsealed:
            return
        events, self._unsealed = self._unsealed, []
        await self._session.acquire(AdvisoryLock.AUDIT)
        anchor, rows = await self._stored_anchor(), []
        for event in events:
            sealed = seal(anchor, event)
            rows.append(columns_of_sealed(sealed, event.request_id))
            anchor = Anchor(sealed.seq, sealed.hash)
        await self._session.run_each(_ADD, rows)
        await self._session.run(_MOVE_ANCHOR, {"seq": anchor.seq, "hash": anchor.hash})

    async def of_request(self, request_id: RequestId) -> Sequence[Sealed]:
        await self.seal()
        wanted = select(AuditEventRow).where(col(AuditEventRow.request_id) == request_id).order_by(_seq)
        return tuple(sealed_of(row) for row in await self._session.all(wanted))

    async def page(self, after: int, limit: int) -> Sequence[Sealed]:
        await self.seal()
        wanted = select(AuditEventRow).where(_seq > after).order_by(_seq).limit(limit)
        return tuple(_with_place(row) for row in await self._session.all(wanted))

    async def chain(self) -> AsyncIterator[Sealed]:
        """Read in pages: no cursor stays open, however slowly the trail is written out.

        When this or ``anchor`` is the first thing that a unit of work reads, both show the same moment.
        """
        await self._hold_still()
        wanted = select(AuditEventRow).order_by(_seq).limit(PAGE)
        page = await self._session.all(wanted)  # from wherever it begins: a number below the first would hide
        while page:
            for row in page:
                yield _with_place(row)
            page = await self._session.all(wanted.where(_seq > page[-1].seq))

    async def anchor(self) -> Anchor:
        await self._hold_still()
        return await self._stored_anchor()

    async def _hold_still(self) -> None:
        if self._unsealed:
            await self.seal()
        else:
            await self._session.repeatable_read()

    async def _stored_anchor(self) -> Anchor:
        row = await self._session.first(_ANCHOR)
        if row is None:
            raise UpstreamRefused("The anchor of the audit trail is gone.", code="anchor_missing", side=Side.STORAGE)
        return Anchor(row.seq, row.hash)


def _with_place(row: AuditEventRow) -> Sealed:
    return replace(sealed_of(row), filed_elsewhere=_is_filed_elsewhere(row))


def _is_filed_elsewhere(row: AuditEventRow) -> bool:
    """The column that a request's history is looked up by is a copy, which no hash covers."""
    try:
        return row.request_id != request_of(sealed_of(row))
    except (ValueError, TypeError, KeyError):  # what is no body of ours was changed: its hash tells
        return False
