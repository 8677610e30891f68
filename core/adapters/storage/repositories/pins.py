"""Pins: which principal a chat user was first seen to be (rule 1)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update

from core.adapters.storage.columns import col, param
from core.adapters.storage.mapping import columns_of_pin, pin_of
from core.adapters.storage.session import AdvisoryLock, StorageSession
from core.adapters.storage.tables import PinRow
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser, KnownAs, Pin, PinState

_KEY = ("platform", "team", "chat_user")

_ONE = select(PinRow).where(
    col(PinRow.platform) == param("platform"), col(PinRow.team) == param("team"), col(PinRow.chat_user) == param("user")
)
_NEWEST_FIRST = select(PinRow).order_by(col(PinRow.pinned_at).desc(), *(col(getattr(PinRow, name)) for name in _KEY))
_OF_PRINCIPAL = _NEWEST_FIRST.where(col(PinRow.principal_id) == param("principal"))
_CLAIMING = _NEWEST_FIRST.where(col(PinRow.claimed) == param("principal"))
_OF_ACCOUNT = _NEWEST_FIRST.where(col(PinRow.platform) == param("platform"), col(PinRow.chat_user) == param("user"))


class SqlPins:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def get(self, chat_user: ChatUser) -> Pin | None:
        key = {"platform": chat_user.platform, "team": chat_user.team, "user": chat_user.user}
        row = await self._session.first(_ONE, key)
        return pin_of(row) if row else None

    async def put(self, pin: Pin, at: datetime) -> None:
        columns = columns_of_pin(pin) | {"pinned_at": pin.pinned_at or at, "used_at": pin.used_at or at}
        new = self._session.insert(PinRow).values(**columns)
        changed = {name: value for name, value in columns.items() if name not in _KEY}
        await self._session.run(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))

    async def of_principal(self, principal: PrincipalId) -> Sequence[Pin]:
        return tuple(map(pin_of, await self._session.all(_OF_PRINCIPAL, {"principal": principal})))

    async def suspended(self) -> Sequence[Pin]:
        return await self._newest_first(col(PinRow.state) == PinState.SUSPENDED.value)

    async def held(self) -> Sequence[Pin]:
        return await self._newest_first(col(PinRow.state) != PinState.ACTIVE.value)

    async def claiming(self, principal: PrincipalId) -> Sequence[Pin]:
        return tuple(map(pin_of, await self._session.all(_CLAIMING, {"principal": principal})))

    async def of_account(self, chat_user: ChatUser) -> Sequence[Pin]:
        account = {"platform": chat_user.platform, "user": chat_user.user}
        return tuple(map(pin_of, await self._session.all(_OF_ACCOUNT, account)))

    async def forget(self, chat_user: ChatUser) -> None:
        await self._session.run(delete(PinRow).where(*_is(chat_user)))

    async def last_told_at(self) -> datetime | None:
        return await self._session.first(select(func.max(col(PinRow.told_at))))

    async def tell(self, chat_user: ChatUser, at: datetime) -> None:
        await self._session.run(update(PinRow).where(*_is(chat_user)).values(told_at=at))

    async def call(self, chat_user: ChatUser, known_as: KnownAs) -> None:
        await self._session.run(update(PinRow).where(*_is(chat_user)).values(known_as=asdict(known_as)))

    async def use(self, chat_user: ChatUser, at: datetime) -> None:
        await self._session.run(update(PinRow).where(*_is(chat_user)).values(used_at=at))

    async def acquire(self) -> None:
        await self._session.acquire(AdvisoryLock.PINS)

    async def _newest_first(self, wanted: ColumnElement[bool]) -> Sequence[Pin]:
        return tuple(map(pin_of, await self._session.all(_NEWEST_FIRST.where(wanted))))


def _is(chat_user: ChatUser) -> tuple[ColumnElement[bool], ...]:
    key = (chat_user.platform, chat_user.team, chat_user.user)
    return tuple(col(getattr(PinRow, name)) == value for name, value in zip(_KEY, key, strict=True))
