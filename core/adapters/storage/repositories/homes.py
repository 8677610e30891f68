"""Home screens that people have opened."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from core.adapters.storage.mapping import columns_of_home, home_of
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import HomeRow
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser
from core.ports import OpenedHome

_KEY = ("platform", "team", "chat_user")
_drawn_at = col(HomeRow.drawn_at)


class SqlHomes:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def put(self, home: OpenedHome) -> None:
        columns = columns_of_home(home)
        changed = {name: value for name, value in columns.items() if name not in _KEY}
        new = self._session.insert(HomeRow).values(**columns)
        await self._session.run(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))

    async def get(self, chat_user: ChatUser) -> OpenedHome | None:
        row = await self._session.first(
            select(HomeRow).where(
                col(HomeRow.platform) == chat_user.platform,
                col(HomeRow.team) == chat_user.team,
                col(HomeRow.chat_user) == chat_user.user,
            )
        )
        return home_of(row) if row else None

    async def of_principal(self, principal: PrincipalId, since: datetime) -> Sequence[OpenedHome]:
        return await self._newest(10, col(HomeRow.principal_id) == principal, _drawn_at >= since)

    async def opened(self, since: datetime, limit: int) -> Sequence[OpenedHome]:
        return await self._newest(limit, _drawn_at >= since)

    async def _newest(self, limit: int, *wanted: ColumnElement[bool]) -> Sequence[OpenedHome]:
        order = (_drawn_at.desc(), *(col(getattr(HomeRow, name)) for name in _KEY))
        rows = await self._session.all(select(HomeRow).where(*wanted).order_by(*order).limit(limit))
        return tuple(home_of(row) for row in rows)
