"""The organization as last read. Only the newest snapshot is kept."""

from datetime import datetime

from sqlalchemy import select, update

from core.adapters.storage.columns import col
from core.adapters.storage.documents import dump_organization, load_organization
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import SnapshotRow
from core.domain.organization import Organization


class SqlSnapshots:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def get(self) -> Organization | None:
        return _organization(await self._session.first(select(SnapshotRow)))

    async def taken_at(self) -> datetime | None:
        return await self._session.first(select(col(SnapshotRow.taken_at)))

    async def put(self, organization: Organization) -> Organization | None:
        before = await self._session.first(select(SnapshotRow).with_for_update())
        columns = {
            "taken_at": organization.taken_at,
            "organization": dump_organization(organization),
            "alarmed_at": None,
        }
        new = self._session.insert(SnapshotRow).values(id=1, **columns)
        await self._session.run(new.on_conflict_do_update(index_elements=["id"], set_=columns))
        return _organization(before)

    async def alarm(self, taken_at: datetime, at: datetime) -> bool:
        is_untold = (col(SnapshotRow.taken_at) == taken_at, col(SnapshotRow.alarmed_at).is_(None))
        noted = update(SnapshotRow).where(*is_untold).values(alarmed_at=at).returning(col(SnapshotRow.id))
        return await self._session.first(noted) is not None


def _organization(row: SnapshotRow | None) -> Organization | None:
    return load_organization(row.organization) if row else None
