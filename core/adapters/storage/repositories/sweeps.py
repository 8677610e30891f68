"""The progress of the search for unknown assignments: one row, leased to one replica at a time."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from core.adapters.storage.claims import claim, is_free
from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import SweepRow
from core.domain.drift import Sweep
from core.domain.errors import Conflict
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Target

_fence = col(SweepRow.fence)
_CLAIM = claim(SweepRow, select(col(SweepRow.id)).where(is_free(col(SweepRow.held_until))), fence=_fence + 1)


class SqlSweeps:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def claim(self, now: datetime, lease: timedelta) -> Sweep | None:
        rows = await self._session.claim(SweepRow, _CLAIM, now, lease, 1)
        return _sweep(rows[0]) if rows else None

    async def hold(self, sweep: Sweep, until: datetime) -> None:
        held = {"held_until": self._session.leases.dated(until)}
        rows = await self._session.all(update(SweepRow).where(_fence == sweep.fence).values(**held).returning(SweepRow))
        if not rows:
            raise Conflict("the sweep was claimed anew")
        self._session.leases.note(SweepRow, rows[0])

    async def release(self, sweep: Sweep, until: datetime | None = None) -> None:
        after = sweep.after
        changes = {
            "begun_at": sweep.begun_at,
            "account_id": after.account if after else "",
            "permission_set_arn": after.permission_set if after else "",
            "is_over": sweep.is_over,
            "held_until": None if until is None else self._session.leases.dated(until),
        }
        if await self._session.run(update(SweepRow).where(_fence == sweep.fence).values(**changes)) == 0:
            raise Conflict("the sweep was claimed anew")


def _sweep(row: SweepRow) -> Sweep:
    after = Target(AccountId(row.account_id), PermissionSetArn(row.permission_set_arn)) if row.account_id else None
    return Sweep(row.begun_at, after, row.is_over, row.fence)
