"""Says things on the platform of whoever is spoken to, and says nothing under a lease that is over.

A process may be suspended in between, and another has said it since.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from core.domain.conversations import Place, platform_of
from core.domain.errors import Conflict, Side
from core.domain.ids import ConversationId
from core.domain.notices import Notice
from core.domain.people import ChatUser
from core.domain.request import Request
from core.ports import Card, ChatPlatform, ChatPlatforms, Clock, MessageRef, Messenger

_PLATFORMS = frozenset({Side.SLACK, Side.TEAMS})


@dataclass(slots=True)
class Lease:
    until: datetime


class LeasedMessenger:
    """A messenger for every platform that looks at the clock first: Conflict when the speaker's lease is over."""

    def __init__(self, platforms: ChatPlatforms, clock: Clock) -> None:
        self._platforms = platforms
        self._clock = clock
        self._heard: dict[Side, datetime] = {}

    def heard_at(self, side: Side) -> datetime | None:
        """The last time that platform took a message from this process; the last of any platform for other sides."""
        return self._heard.get(side) if side in _PLATFORMS else max(self._heard.values(), default=None)

    async def show_card(self, card: Card, place: Place, known: MessageRef | None) -> MessageRef:
        messenger = self._may_speak(self._platforms.at(place))
        return self._took(await messenger.show_card(card, place, known))

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        return await self._may_speak(self._platforms.of(at.platform)).update_card(card, at)

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        await self._may_speak(self._platforms.of(card.platform)).reply(card, notice, request)
        self._took(card)

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        return self._took(await self._may_speak(self._platforms.at(to)).tell(to, notice, request, link))

    async def tell_instead(
        self, at: MessageRef, to: ChatUser, notice: Notice, request: Request, link: MessageRef | None
    ) -> bool:
        """False, too, where it was said on another platform: it cannot be said instead of that."""
        if at.platform != to.platform:
            return False
        is_said = await self._may_speak(self._platforms.at(to)).tell_instead(at, to, notice, request, link)
        if is_said:
            self._took(at)
        return is_said

    async def edit(self, at: MessageRef, notice: Notice, request: Request | None) -> bool:
        return await self._may_speak(self._platforms.of(at.platform)).edit(at, notice, request)

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        await self._may_speak(self._platforms.at(to)).write_line(to, notice, request, link)
        self._heard[Side.of_platform(platform_of(to))] = self._clock.now()

    def _may_speak(self, platform: ChatPlatform) -> Messenger:
        lease = _lease.get()
        if lease is not None and self._clock.now() >= lease.until:
            raise Conflict("the lease is over")
        return platform.messenger

    def _took(self, said: MessageRef) -> MessageRef:
        self._heard[Side.of_platform(said.platform)] = self._clock.now()
        return said


@contextmanager
def speaking_under(lease: Lease) -> Iterator[None]:
    """Send under a lease whatever this task, and those that it starts, send in here."""
    token = _lease.set(lease)
    try:
        yield
    finally:
        _lease.reset(token)


_lease: ContextVar[Lease | None] = ContextVar("lease", default=None)
