"""Keeps the snapshot of the organization: at hand for every screen, fresh in the background."""

import asyncio
from datetime import timedelta

from core.domain.errors import UpstreamBusy
from core.domain.organization import Organization
from core.ports import Clock, OpenUnit, OrganizationReader

REFRESH_AFTER = timedelta(minutes=5)
"""A snapshot older than this is read anew; rule 3 promises 15 minutes."""


class Organizations:
    """The current snapshot, from memory, else from storage. No screen waits for AWS."""

    def __init__(self, open_unit: OpenUnit, reader: OrganizationReader, clock: Clock) -> None:
        self._open_unit = open_unit
        self._reader = reader
        self._clock = clock
        self._held: Organization | None = None
        self._reading = asyncio.Lock()

    async def current(self) -> Organization:
        """The newest snapshot there is; UpstreamBusy when the organization was never read."""
        if self._held is None:
            await self.reload()
        if self._held is None:
            raise UpstreamBusy("The AWS organization has not been read yet.")
        return self._held

    async def reload(self) -> None:
        """Take over a newer snapshot that another replica stored."""
        async with self._open_unit() as unit:
            stored_at = await unit.snapshots.taken_at()
            newer = stored_at is not None and (self._held is None or stored_at > self._held.taken_at)
            if newer:
                self._held = await unit.snapshots.get()

    async def refresh(self, *, force: bool = False) -> None:
        """Read the organization unless a fresh enough snapshot is known; one reader at a time."""
        async with self._reading:
            await self.reload()
            now = self._clock.now()
            if not force and self._held is not None and self._held.age(now) < REFRESH_AFTER:
                return
            organization = await self._reader.read()
            async with self._open_unit() as unit:
                await unit.snapshots.put(organization)
                await unit.commit()
            self._held = organization
