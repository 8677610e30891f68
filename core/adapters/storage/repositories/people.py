"""Users and groups as last listed. Only the newest listing is kept."""

import asyncio
from datetime import datetime

from sqlalchemy import select, update

from core.adapters.storage.columns import col
from core.adapters.storage.packed_people import pack, unpack
from core.adapters.storage.session import StorageSession
from core.adapters.storage.watch_tables import PeopleListingRow
from core.domain.people import PeopleListing

_asked_at = col(PeopleListingRow.asked_at)


class SqlPeopleListings:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def asked_at(self) -> datetime | None:
        return await self._session.first(select(_asked_at))

    async def get(self) -> PeopleListing | None:
        row = await self._session.first(select(PeopleListingRow))
        return await asyncio.to_thread(unpack, row.people, row.asked_at) if row else None

    async def put(self, listing: PeopleListing) -> None:
        columns = {"asked_at": listing.asked_at, "people": await asyncio.to_thread(pack, listing)}
        new = self._session.insert(PeopleListingRow).values(id=1, **columns)
        await self._session.run(new.on_conflict_do_update(index_elements=["id"], set_=columns))

    async def confirm(self, before: datetime, asked_at: datetime) -> bool:
        noted = update(PeopleListingRow).where(_asked_at == before).values(asked_at=asked_at).returning(_asked_at)
        return await self._session.first(noted) is not None
