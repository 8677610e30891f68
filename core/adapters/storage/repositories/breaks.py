"""Breaks of the audit trail that were found."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import AuditBreakRow
from core.domain.audit import ChainBreak


class SqlBreaks:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def note(self, found: ChainBreak, at: datetime) -> bool:
        new = self._session.insert(AuditBreakRow).values(seq=found.seq, what=found.what, found_at=at)
        return await self._session.first(new.on_conflict_do_nothing().returning(AuditBreakRow)) is not None

    async def all(self) -> Sequence[ChainBreak]:
        rows = await self._session.all(select(AuditBreakRow).order_by(col(AuditBreakRow.seq)))
        return tuple(ChainBreak(row.seq, row.what) for row in rows)

    async def clear(self, found_before: datetime) -> int:
        return await self._session.run(delete(AuditBreakRow).where(col(AuditBreakRow.found_at) < found_before))
