"""Users and groups of Identity Center: listed by one replica for all, and known at once after a restart."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.people import PeopleListing
from core.ports import Clock, OpenUnit, PrincipalDirectory, SharedRound
from core.services.runtime.lease_renewal import renewing

ROUND = "people"
LISTED_EVERY = timedelta(seconds=40)
"""An answer from memory may be a minute old (rule 2); a listing takes time, and so does taking it over."""
LEASE = timedelta(seconds=20)


class SharedListing:
    """The stored listing, and whose turn it is to list anew."""

    def __init__(self, directory: PrincipalDirectory, open_unit: OpenUnit, look: OpenUnit, clock: Clock) -> None:
        self._directory = directory
        self._open_unit = open_unit
        self._look = look
        self._clock = clock
        self._stored: PeopleListing | None = None
        """As it was last read or written by this process."""

    async def recall(self) -> datetime | None:
        """Take over what another replica or the last run has listed. Returns when that was; AWS is not asked.

        Of what cannot be read, because another release wrote it, this process goes by its own listing.
        """
        async with self._look() as unit:
            asked_at = await unit.people.asked_at()
            if asked_at is None or not self._is_new(asked_at):
                return asked_at
            stored = await unit.people.get()
        if stored is None:
            return self._directory.listing.asked_at if self._directory.listing is not None else None
        await self._directory.take_over(stored)
        self._stored = stored
        return stored.asked_at

    async def work(self) -> None:
        """Take over what is stored, and list everybody if that's due and no other replica is at it."""
        asked_at, now = await self.recall(), self._clock.now()
        if asked_at is not None and timedelta() <= now - asked_at < LISTED_EVERY:
            return
        nobody_is_known = asked_at is None or asked_at > now
        async with self._open_unit() as unit:
            claimed = await unit.shared_rounds.claim(ROUND, now, LEASE, early=nobody_is_known)
            await unit.commit()
        if claimed is not None:
            await renewing(self._list(claimed, now + LISTED_EVERY), lambda: self._hold(claimed))

    def _is_new(self, asked_at: datetime) -> bool:
        """A clock that was set back makes what is at hand older than anything."""
        known = self._directory.listing
        return known is None or known.asked_at < asked_at or known.asked_at > self._clock.now()

    async def _list(self, claimed: SharedRound, due_at: datetime) -> None:
        """List and store. The next listing is due then, also where this one fails, or is too early for many users."""
        try:
            await self._directory.refresh()
            if self._directory.listing is not None:
                await self._store(self._directory.listing)
        finally:
            async with self._open_unit() as unit:
                await unit.shared_rounds.release(claimed, due_at)
                await unit.commit()

    async def _store(self, listing: PeopleListing) -> None:
        before = self._stored
        if before is not None and before.asked_at == listing.asked_at:
            return  # a large directory is listed more seldom
        is_same = before is not None and replace(before, asked_at=listing.asked_at) == listing
        async with self._open_unit() as unit:
            if before is None or not is_same or not await unit.people.confirm(before.asked_at, listing.asked_at):
                await unit.people.put(listing)
            await unit.commit()
        self._stored = listing

    async def _hold(self, claimed: SharedRound) -> None:
        async with self._open_unit() as unit:
            await unit.shared_rounds.hold(claimed, self._clock.now() + LEASE)
            await unit.commit()
