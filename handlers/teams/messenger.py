"""Messages in Teams, each drawn for whoever reads it."""

from core.domain.people import ChatUser
from core.ports import Clock, MessageRef
from handlers.bot_connector.conversations import ConversationBook
from handlers.chat.messenger import ScreenMessenger
from handlers.screens.screen import Message
from handlers.teams.links import TeamsLinks
from handlers.teams.posts import Posts
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

    async def post(self, conversation: str, message: Message) -> MessageRef:
        return await self._posts.post(conversation, await self._readers.drawn(message, None))

    async def post_to(self, user: ChatUser, message: Message) -> MessageRef:
        return await self._posts.post_to(user, await self._readers.drawn(message, user))

    async def post_under(self, card: MessageRef, message: Message, *, is_reminder: bool) -> None:
        """A reminder is a line of its own. The conversation with one person knows no threads: there it is the next."""
        reader = await self._book.reader_of(card.conversation)
        is_under = reader is None and not is_reminder
        drawn = await self._readers.drawn(message, reader)
        await self._posts.post(card.conversation, drawn, under=card.message if is_under else "")

    async def update(self, at: MessageRef, message: Message, reader: ChatUser | None = None) -> bool:
        reader = reader or await self._book.reader_of(at.conversation)
        return await self._posts.update(at, await self._readers.drawn(message, reader))
