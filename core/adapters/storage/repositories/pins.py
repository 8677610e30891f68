"""Pins: which principal a chat user was first seen to be (rule 1)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from core.adapters.storage.mapping import columns_of_pin, pin_of
from core.adapters.storage.session import Session
from core.adapters.storage.tables import PinRow
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser, Pin, PinState

_KEY = ("platform", "team", "chat_user")


class SqlPins:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, chat_user: ChatUser) -> Pin | None:
        row = await self._session.first(
            select(PinRow).where(
                col(PinRow.platform) == chat_user.platform,
                col(PinRow.team) == chat_user.team,
                col(PinRow.chat_user) == chat_user.user,
            )
        )
        return pin_of(row) if row else None

    async def put(self, pin: Pin, at: datetime) -> None:
        columns = columns_of_pin(pin) | {"pinned_at": at}
        new = self._session.insert(PinRow).values(**columns)
        changed = {name: value for name, value in columns.items() if name not in _KEY}
        await self._session.run(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))

    async def of_principal(self, principal: PrincipalId) -> Sequence[Pin]:
        return await self._newest_first(col(PinRow.principal_id) == principal)

    async def suspended(self) -> Sequence[Pin]:
        return await self._newest_first(col(PinRow.state) == PinState.SUSPENDED.value)

    async def _newest_first(self, wanted: ColumnElement[bool]) -> Sequence[Pin]:
        order = (col(PinRow.pinned_at).desc(), *(col(getattr(PinRow, name)) for name in _KEY))
        return tuple(pin_of(row) for row in await self._session.all(select(PinRow).where(wanted).order_by(*order)))
