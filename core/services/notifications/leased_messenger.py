"""Says nothing under a lease that is over: a process may be suspended in between, and another has said it since."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from core.domain.errors import Conflict
from core.domain.ids import ConversationId
from core.domain.notices import Notice
from core.domain.people import ChatUser
from core.domain.request import Request
from core.ports import Card, Clock, MessageRef, Messenger


@dataclass(slots=True)
class Lease:
    until: datetime


class LeasedMessenger:
    """A messenger that looks at the clock first. Raises Conflict when the lease of whoever speaks is over."""

    def __init__(self, messenger: Messenger, clock: Clock) -> None:
        self._messenger = messenger
        self._clock = clock

    async def show_card(self, card: Card, place: str, known: MessageRef | None) -> MessageRef:
        self._look()
        return await self._messenger.show_card(card, place, known)

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        self._look()
        return await self._messenger.update_card(card, at)

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        self._look()
        await self._messenger.reply(card, notice, request)

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        self._look()
        return await self._messenger.tell(to, notice, request, link)

    async def tell_instead(
        self, at: MessageRef, to: ChatUser, notice: Notice, request: Request, link: MessageRef | None
    ) -> bool:
        self._look()
        return await self._messenger.tell_instead(at, to, notice, request, link)

    async def edit(self, at: MessageRef, notice: Notice, request: Request | None) -> bool:
        self._look()
        return await self._messenger.edit(at, notice, request)

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        self._look()
        await self._messenger.write_line(to, notice, request, link)

    def _look(self) -> None:
        lease = _lease.get()
        if lease is not None and self._clock.now() >= lease.until:
            raise Conflict("the lease is over")


@contextmanager
def speaking_under(lease: Lease) -> Iterator[None]:
    """What is said in here, by this task and by those that it starts, is said under a lease."""
    token = _lease.set(lease)
    try:
        yield
    finally:
        _lease.reset(token)


_lease: ContextVar[Lease | None] = ContextVar("lease", default=None)
