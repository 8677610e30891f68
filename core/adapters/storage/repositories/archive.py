"""The progress of the audit archive: one row, leased to one replica at a time."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from core.adapters.storage.claims import NOW, claim, is_free
from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import ArchiveRow
from core.domain.audit import Anchor
from core.domain.errors import Conflict, Side, UpstreamRefused
from core.ports import Archived

_fence = col(ArchiveRow.fence)
_is_due = (col(ArchiveRow.next_try_at) <= NOW, is_free(col(ArchiveRow.held_until)))
_CLAIM = claim(ArchiveRow, select(col(ArchiveRow.id)).where(*_is_due), fence=_fence + 1)


class SqlArchiveProgress:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def get(self) -> Archived:
        row = await self._session.first(select(ArchiveRow))
        if row is None:
            raise UpstreamRefused("The row of the archive is gone.", code="archive_missing", side=Side.STORAGE)
        return _archived(row)

    async def claim(self, now: datetime, lease: timedelta) -> Archived | None:
        rows = await self._session.claim(ArchiveRow, _CLAIM, now, lease, 1)
        return _archived(rows[0]) if rows else None

    async def hold(self, archived: Archived, until: datetime) -> None:
        await self._write(archived, {"held_until": self._session.leases.dated(until)})

    async def advance(self, archived: Archived, end: Anchor, next_day: date) -> None:
        place = {"seq": end.seq, "last_sealed": f"{end.seq}:{end.hash}"}
        done = {**place, "next_day": next_day.isoformat(), "attempts": 0, "last_error": ""}
        await self._write(archived, {**done, "held_until": None})

    async def release(self, archived: Archived, at: datetime, error: str = "") -> None:
        attempts = archived.attempts + 1 if error else 0
        again = {"next_try_at": at, "attempts": attempts, "last_error": error, "held_until": None}
        await self._write(archived, again)

    async def skip_to(self, next_day: date, at: datetime) -> None:
        again = {"next_day": next_day.isoformat(), "next_try_at": at, "attempts": 0, "last_error": ""}
        await self._session.run(update(ArchiveRow).values(held_until=None, fence=_fence + 1, **again))

    async def _write(self, archived: Archived, changes: dict[str, Any]) -> None:
        statement = update(ArchiveRow).where(_fence == archived.fence).values(**changes).returning(ArchiveRow)
        row = await self._session.first(statement)
        if row is None:
            raise Conflict("the archive was claimed anew")
        self._session.leases.note(ArchiveRow, row)


def _archived(row: ArchiveRow) -> Archived:
    next_day = date.fromisoformat(row.next_day) if row.next_day else None
    number, _, sealed_as = row.last_sealed.partition(":")
    return Archived(row.seq, next_day, row.attempts, row.fence, sealed_as if number == str(row.seq) else "")
