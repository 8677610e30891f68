"""Requests whose session activity has still to be posted; each leaves when it is posted or given up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from core.adapters.storage.claims import NOW, claim, is_free
from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import SummaryRow
from core.domain.errors import Conflict
from core.domain.ids import RequestId
from core.ports import DueSummary

_id = col(SummaryRow.id)
_is_open = col(SummaryRow.closed_at).is_(None)
_CLAIM = claim(
    SummaryRow,
    select(_id)
    .where(_is_open, col(SummaryRow.next_try_at) <= NOW, is_free(col(SummaryRow.held_until)))
    .order_by(col(SummaryRow.next_try_at), _id),
    fence=col(SummaryRow.fence) + 1,
)
_NEXT_DUE = select(func.min(col(SummaryRow.next_try_at))).where(_is_open)


class SqlSummaries:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def plan(self, request_id: RequestId, due_at: datetime) -> None:
        fresh = {"next_try_at": due_at, "attempts": 0, "last_error": "", "fence": 0, "given_up": False}
        new = self._session.insert(SummaryRow).values(request_id=request_id, due_at=due_at, **fresh)
        await self._session.run(new.on_conflict_do_nothing(index_elements=["request_id"]))

    async def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[DueSummary]:
        rows = await self._session.claim(SummaryRow, _CLAIM, now, lease, limit)
        return tuple(_summary_of(row) for row in sorted(rows, key=lambda row: row.id))

    async def hold(self, summary: DueSummary, until: datetime) -> None:
        await self._write(summary, {"held_until": self._session.leases.dated(until)})

    async def close(self, summary: DueSummary, at: datetime, *, given_up: str = "", events: int | None = None) -> None:
        changes: dict[str, Any] = {"closed_at": at, "events": events}
        if given_up:
            changes |= {"given_up": True, "last_error": given_up}
        await self._write(summary, changes)

    async def retry(self, summary: DueSummary, at: datetime, error: str) -> None:
        attempts = col(SummaryRow.attempts) + 1
        await self._write(summary, {"next_try_at": at, "attempts": attempts, "last_error": error})

    async def next_due(self) -> datetime | None:
        return await self._session.first(_NEXT_DUE)

    async def counts(self) -> tuple[int, int]:
        waiting = await self._session.first(select(func.count(_id)).where(_is_open))
        lost = await self._session.first(select(func.count(_id)).where(col(SummaryRow.given_up).is_(True)))
        return waiting or 0, lost or 0

    async def _write(self, summary: DueSummary, changes: dict[str, Any]) -> None:
        """Write under the fence of the claim, and give the lease back unless it is held on."""
        under_claim = (_id == summary.id, col(SummaryRow.fence) == summary.fence, _is_open)
        written = update(SummaryRow).where(*under_claim).values(**{"held_until": None} | changes)
        row = await self._session.first(written.returning(SummaryRow))
        if row is None:
            raise Conflict(f"summary {summary.id} was claimed anew")
        self._session.leases.note(SummaryRow, row)


def _summary_of(row: SummaryRow) -> DueSummary:
    return DueSummary(row.id, RequestId(row.request_id), row.due_at, row.attempts, row.fence)
