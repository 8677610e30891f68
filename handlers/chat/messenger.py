"""Cards, lines under them, messages to one person and the audit channel: what each says, and where it goes."""

from abc import ABC, abstractmethod
from typing import Protocol

from core.domain.conversations import Place, own_id
from core.domain.ids import ConversationId
from core.domain.notices import Notice, Topic
from core.domain.people import ChatUser
from core.domain.request import Request
from core.ports import Card, Clock, MessageRef
from handlers.screens import notices, request_card, shared_card
from handlers.screens.links import Links
from handlers.screens.screen import Message


class LinkSource(Protocol):
    """Addresses of one platform that messages link to."""

    async def to(self, card: MessageRef | None = None, reader: ChatUser | None = None) -> Links:
        """Links for one reader, or for anybody."""
        ...

    async def among(self, card: MessageRef | None, channel: str) -> Links:
        """Links for whoever reads a channel."""
        ...


class ScreenMessenger(ABC):
    """The Messenger port, over what a platform does with one message. It tries nothing again: the outbox does."""

    def __init__(self, clock: Clock, links: LinkSource, command: str) -> None:
        self._clock = clock
        self._links = links
        self._command = command

    async def show_card(self, card: Card, place: Place, known: MessageRef | None) -> MessageRef:
        """Update the card where it is known to be, else post it."""
        message, reader = _card(card, await self._links.to()), _reader(place)
        if known is not None and await self.update(known, message, reader):
            return known
        if isinstance(place, ChatUser):
            return await self.post_to(place, message)
        return await self.post(own_id(place), message)

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        """Update the card where it stands, and leave it at that when it is gone."""
        return await self.update(at, _card(card, await self._links.to()))

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        """Say it under the card, so that the channel is not pushed down; a reminder is seen by everybody there."""
        message = self._message(notice, request, await self._links.to())
        await self.post_under(card, message, is_reminder=notice.topic is Topic.REMINDER)

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        """Say it to one person alone."""
        return await self.post_to(to, self._message(notice, request, await self._links.to(link, to)))

    async def tell_instead(
        self, at: MessageRef, to: ChatUser, notice: Notice, request: Request, link: MessageRef | None
    ) -> bool:
        """Say it in the place of what said less."""
        return await self.update(at, self._message(notice, request, await self._links.to(link, to)), to)

    async def edit(self, at: MessageRef, notice: Notice, request: Request | None) -> bool:
        """Say what is so now in the place of what was said."""
        links = await self._links.to()
        return await self.update(at, notices.edited(notice, request, links, self._clock.now(), self._command))

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        """Say it in one line in a channel."""
        links = await self._links.among(link, own_id(to))
        await self.post(own_id(to), self._message(notice, request, links))

    def _message(self, notice: Notice, request: Request | None, links: Links) -> Message:
        return notices.build(notice, request, links, self._clock.now(), self._command)

    @abstractmethod
    async def post(self, conversation: str, message: Message) -> MessageRef:
        """In a channel, by the platform's own id of it."""

    @abstractmethod
    async def post_to(self, user: ChatUser, message: Message) -> MessageRef:
        """In the conversation with one person."""

    @abstractmethod
    async def post_under(self, card: MessageRef, message: Message, *, is_reminder: bool) -> None:
        """Under a card in a channel; after it in a conversation that has no threads."""

    @abstractmethod
    async def update(self, at: MessageRef, message: Message, reader: ChatUser | None = None) -> bool:
        """Change a message; False when it is gone. ``reader``: whose conversation it stands in, where that is known."""


def _card(card: Card, links: Links) -> Message:
    return shared_card.build(card, links) if card.others else request_card.build(card, links)


def _reader(place: Place) -> ChatUser | None:
    return place if isinstance(place, ChatUser) else None
