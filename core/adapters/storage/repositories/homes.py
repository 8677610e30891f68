"""Home screens that people have opened."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from core.adapters.storage.columns import AT_MOST, col, param
from core.adapters.storage.mapping import columns_of_home, home_of
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import HomeRow
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser
from core.ports import OpenedHome

_KEY = ("platform", "team", "chat_user")
_drawn_at = col(HomeRow.drawn_at)
_NEWEST_FIRST = (_drawn_at.desc(), *(col(getattr(HomeRow, name)) for name in _KEY))
_OPENED = select(HomeRow).where(_drawn_at >= param("since")).order_by(*_NEWEST_FIRST).limit(AT_MOST)
_OF_PRINCIPAL = _OPENED.where(col(HomeRow.principal_id) == param("principal"))


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
        return await self._opened(_OF_PRINCIPAL, {"principal": principal, "since": since, AT_MOST.key: 10})

    async def opened(self, since: datetime, limit: int) -> Sequence[OpenedHome]:
        return await self._opened(_OPENED, {"since": since, AT_MOST.key: limit})

    async def _opened(self, which: Select[HomeRow], given: Mapping[str, Any]) -> Sequence[OpenedHome]:
        return tuple(map(home_of, await self._session.all(which, given)))
