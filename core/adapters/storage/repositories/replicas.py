"""Signs of life of the processes that share the database."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import col

from core.adapters.storage.session import Session
from core.adapters.storage.tables import ReplicaRow

_seen_at = col(ReplicaRow.seen_at)


class SqlReplicas:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def heartbeat(self, replica: str, at: datetime, alive_since: datetime) -> int:
        new = self._session.insert(ReplicaRow).values(name=replica, seen_at=at)
        await self._session.run(new.on_conflict_do_update(index_elements=["name"], set_={"seen_at": at}))
        await self._session.run(delete(ReplicaRow).where(_seen_at <= alive_since))
        return await self._session.first(select(func.count()).select_from(ReplicaRow)) or 0
