"""Teams as the place where core says things: cards, lines under them, messages to one person, the audit channel."""

from core.domain.conversations import Place, own_id
from core.domain.ids import ConversationId
from core.domain.notices import Notice, Topic
from core.domain.people import ChatUser
from core.domain.request import Request
from core.ports import Card, Clock, MessageRef
from handlers.bot_connector.conversations import ConversationBook
from handlers.screens import notices, request_card
from handlers.screens.links import Links
from handlers.screens.screen import Message
from handlers.teams.links import TeamsLinks
from handlers.teams.posts import Posts
from handlers.teams.readers import Readers


class TeamsMessenger:
    """The Messenger port. It tries nothing again: the outbox does, and knows what it sent."""

    def __init__(
        self,
        posts: Posts,
        book: ConversationBook,
        readers: Readers,
        clock: Clock,
        links: TeamsLinks,
        *,
        command: str = "",
    ) -> None:
        self._posts = posts
        self._book = book
        self._readers = readers
        self._clock = clock
        self._links = links
        self._command = command

    async def show_card(self, card: Card, place: Place, known: MessageRef | None) -> MessageRef:
        """Update the card where it is known to be, else post it."""
        reader = place if isinstance(place, ChatUser) else None
        drawn = await self._readers.drawn(request_card.build(card, await self._links.to()), reader)
        if known is not None and await self._posts.update(known, drawn):
            return known
        if isinstance(place, ChatUser):
            return await self._posts.post_to(place, drawn)
        return await self._posts.post(own_id(place), drawn)

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        """Update the card where it stands, and leave it at that when it is gone."""
        return await self._update(at, request_card.build(card, await self._links.to()))

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        """Say it under the card, so that the channel is not pushed down; a reminder is a line of its own there.

        The conversation with one person knows no threads: there it is the next message.
        """
        reader = await self._book.reader_of(card.conversation)
        drawn = await self._readers.drawn(self._message(notice, request, await self._links.to()), reader)
        is_under = reader is None and notice.topic is not Topic.REMINDER
        await self._posts.post(card.conversation, drawn, under=card.message if is_under else "")

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        """Say it to one person alone."""
        message = self._message(notice, request, await self._links.to(link, to))
        return await self._posts.post_to(to, await self._readers.drawn(message, to))

    async def tell_instead(
        self, at: MessageRef, to: ChatUser, notice: Notice, request: Request, link: MessageRef | None
    ) -> bool:
        """Say it in the place of what said less."""
        message = self._message(notice, request, await self._links.to(link, to))
        return await self._posts.update(at, await self._readers.drawn(message, to))

    async def edit(self, at: MessageRef, notice: Notice, request: Request | None) -> bool:
        """Say what is so now in the place of what was said."""
        now = self._clock.now()
        return await self._update(at, notices.edited(notice, request, await self._links.to(), now, self._command))

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        """Say it in one line in a channel."""
        links = await self._links.among(link, own_id(to))
        await self._posts.post(own_id(to), await self._readers.drawn(self._message(notice, request, links), None))

    async def _update(self, at: MessageRef, message: Message) -> bool:
        reader = await self._book.reader_of(at.conversation)
        return await self._posts.update(at, await self._readers.drawn(message, reader))

    def _message(self, notice: Notice, request: Request | None, links: Links) -> Message:
        return notices.build(notice, request, links, self._clock.now(), self._command)
