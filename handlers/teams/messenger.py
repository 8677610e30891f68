"""Messages in Teams, each drawn for whoever reads it."""

from core.domain.people import ChatUser
from core.ports import Card, Clock, MessageRef
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.posts import Posts
from handlers.chat.messenger import ScreenMessenger
from handlers.screens.screen import Message
from handlers.teams.links import TeamsLinks
from handlers.teams.readers import Readers


class TeamsMessenger(ScreenMessenger):
    """The Messenger port."""

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
        super().__init__(clock, links, command)
        self._posts = posts
        self._book = book
        self._readers = readers

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        """Only in the 1:1 chat: where a press stands is nobody's word but the presser's, and others read a channel."""
        if await self._book.reader_of(at.conversation) is None:
            return False
        return await super().update_card(card, at)

    async def post(self, conversation: str, message: Message) -> MessageRef:
        drawn = await self._readers.drawn(message, None)
        return await self._posts.post(conversation, drawn.activity)

    async def post_to(self, user: ChatUser, message: Message) -> MessageRef:
        drawn = await self._readers.drawn(message, user)
        return await self._posts.post_to(user, drawn.activity)

    async def post_under(self, card: MessageRef, message: Message, *, is_reminder: bool) -> None:
        """A reminder is a line of its own. The conversation with one person knows no threads: there it is the next."""
        reader = await self._book.reader_of(card.conversation)
        is_under = reader is None and not is_reminder
        drawn = await self._readers.drawn(message, reader)
        await self._posts.post(card.conversation, drawn.activity, under=card.message if is_under else "")

    async def update(self, at: MessageRef, message: Message, reader: ChatUser | None = None) -> bool:
        reader = reader or await self._book.reader_of(at.conversation)
        drawn = await self._readers.drawn(message, reader)
        return await self._posts.update(at, drawn.activity)
