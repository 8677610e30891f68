"""Pairs of a chat account and a principal, as storage keeps them (rule 1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.ids import PrincipalId
from core.domain.people import ChatUser, KnownAs, Pin


class Pins(Protocol):
    async def get(self, chat_user: ChatUser) -> Pin | None: ...

    async def put(self, pin: Pin, at: datetime) -> None: ...

    async def of_principal(self, principal: PrincipalId) -> Sequence[Pin]:
        """Newest first."""
        ...

    async def suspended(self) -> Sequence[Pin]: ...

    async def held(self) -> Sequence[Pin]:
        """All that wait for a release, suspended or second; newest first."""
        ...

    async def claiming(self, principal: PrincipalId) -> Sequence[Pin]:
        """Suspended pairs whose address leads to this principal."""
        ...

    async def of_account(self, chat_user: ChatUser) -> Sequence[Pin]:
        """Pairs of this user of the platform, in whichever workspace they were made."""
        ...

    async def forget(self, chat_user: ChatUser) -> None: ...

    async def last_told_at(self) -> datetime | None:
        """The last time the admins were told of a pair that waits for them."""
        ...

    async def tell(self, chat_user: ChatUser, at: datetime) -> None:
        """Note that the admins are told of it."""
        ...

    async def call(self, chat_user: ChatUser, known_as: KnownAs) -> None:
        """Note what its principal is called now."""
        ...

    async def use(self, chat_user: ChatUser, at: datetime) -> None:
        """Note that it acts."""
        ...

    async def acquire(self) -> None:
        """Wait until no other transaction makes a pair: which account is the first must be certain."""
        ...
