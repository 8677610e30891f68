"""Rounds that one replica at a time makes: a row each, made when it is first claimed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.watch_tables import SharedRoundRow
from core.domain.errors import Conflict
from core.ports import SharedRound

_name, _fence = col(SharedRoundRow.name), col(SharedRoundRow.fence)


class SqlSharedRounds:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def claim(self, name: str, now: datetime, lease: timedelta, *, early: bool = False) -> SharedRound | None:
        if self._session.leases.is_closed:
            return None
        new = self._session.insert(SharedRoundRow).values(name=name, place={}, due_at=now, fence=0)
        await self._session.run(new.on_conflict_do_nothing(index_elements=["name"]))
        free = (_name == name, self._session.is_free(col(SharedRoundRow.held_until), now))
        due = () if early else (col(SharedRoundRow.due_at) <= now,)
        until = self._session.leases.dated(now) + lease
        leased = update(SharedRoundRow).where(*free, *due).values(held_until=until, fence=_fence + 1)
        row = await self._session.first(leased.returning(SharedRoundRow))
        if row is None:
            return None
        self._session.leases.note(SharedRoundRow, row)
        return SharedRound(row.name, row.place, row.fence)

    async def find(self, name: str) -> SharedRound | None:
        row = await self._session.first(select(SharedRoundRow).where(_name == name))
        return SharedRound(row.name, row.place, row.fence) if row else None

    async def hold(self, claimed: SharedRound, until: datetime) -> None:
        await self._write(claimed, {"held_until": self._session.leases.dated(until)})

    async def release(self, claimed: SharedRound, due_at: datetime) -> None:
        await self._write(claimed, {"due_at": due_at, "held_until": None})

    async def _write(self, claimed: SharedRound, changes: dict[str, Any]) -> None:
        held = (_name == claimed.name, _fence == claimed.fence)
        written = update(SharedRoundRow).where(*held).values(place=dict(claimed.place), **changes)
        row = await self._session.first(written.returning(SharedRoundRow))
        if row is None:
            raise Conflict(f"the round {claimed.name} was claimed anew")
        self._session.leases.note(SharedRoundRow, row)
