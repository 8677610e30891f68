"""Rounds that one replica at a time makes: a row each, made when it is first claimed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from core.adapters.storage.claims import is_free
from core.adapters.storage.session import Session
from core.adapters.storage.watch_tables import SharedRoundRow
from core.domain.errors import Conflict
from core.ports import SharedRound

_name, _fence = col(SharedRoundRow.name), col(SharedRoundRow.fence)


class SqlSharedRounds:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def claim(self, name: str, now: datetime, lease: timedelta) -> SharedRound | None:
        new = self._session.insert(SharedRoundRow).values(name=name, place={}, due_at=now, fence=0)
        await self._session.run(new.on_conflict_do_nothing(index_elements=["name"]))
        is_due = (_name == name, col(SharedRoundRow.due_at) <= now, is_free(col(SharedRoundRow.held_until), now))
        leased = update(SharedRoundRow).where(*is_due).values(held_until=now + lease, fence=_fence + 1)
        row = await self._session.first(leased.returning(SharedRoundRow))
        return SharedRound(row.name, row.place, row.fence) if row else None

    async def hold(self, claimed: SharedRound, until: datetime) -> None:
        await self._write(claimed, {"held_until": until})

    async def release(self, claimed: SharedRound, due_at: datetime) -> None:
        await self._write(claimed, {"due_at": due_at, "held_until": None})

    async def _write(self, claimed: SharedRound, changes: dict[str, Any]) -> None:
        held = (_name == claimed.name, _fence == claimed.fence)
        written = update(SharedRoundRow).where(*held).values(place=dict(claimed.place), **changes)
        if await self._session.run(written) == 0:
            raise Conflict(f"the round {claimed.name} was claimed anew")
