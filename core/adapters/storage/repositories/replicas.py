"""Signs of life of the processes that share the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from core.adapters.storage.columns import col
from core.adapters.storage.session import AdvisoryLock, StorageSession, Work
from core.adapters.storage.tables import ReplicaRow
from core.domain.replicas import Replica

_name, _seen_at = col(ReplicaRow.name), col(ReplicaRow.seen_at)
_MILLISECOND = timedelta(milliseconds=1)


class SqlReplicas:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def time(self) -> datetime | None:
        return await self._session.time()

    async def alive(self, since: datetime) -> Sequence[Replica]:
        await self._session.acquire(AdvisoryLock.REPLICAS)
        await self._session.run(delete(ReplicaRow).where(_seen_at <= since))
        return await self.seen(since)

    async def seen(self, since: datetime) -> Sequence[Replica]:
        wanted = select(ReplicaRow).where(_seen_at > since).order_by(_name)
        rows = await self._session.all(wanted)
        return tuple(Replica(row.name, row.divides_by, row.clock_ahead_ms * _MILLISECOND) for row in rows)

    async def remove(self, name: str) -> None:
        await self._session.run(delete(ReplicaRow).where(_name == name))
        self._session.leaves(Work.REPLICAS)

    async def put(self, replica: Replica, at: datetime, *, is_news: bool) -> None:
        changes = {
            "seen_at": at,
            "divides_by": replica.divides_by,
            "clock_ahead_ms": round(replica.clock_ahead / _MILLISECOND),
        }
        new = self._session.insert(ReplicaRow).values(name=replica.name, **changes)
        await self._session.run(new.on_conflict_do_update(index_elements=["name"], set_=changes))
        if is_news:
            self._session.leaves(Work.REPLICAS)
