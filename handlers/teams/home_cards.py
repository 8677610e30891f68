"""The Home card: a message in the conversation with a person, kept up to date where it stands."""

import asyncio
from weakref import WeakValueDictionary

from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import MessageRef
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.posts import Posts
from handlers.teams.drawing.cards import Drawn


class HomeCards:
    """One to a person."""

    def __init__(self, posts: Posts, book: ConversationBook) -> None:
        self._posts = posts
        self._book = book
        self._showing: WeakValueDictionary[ChatUser, asyncio.Lock] = WeakValueDictionary()

    async def show(self, user: ChatUser, drawn: Drawn, *, anew: bool = False) -> None:
        """Show Home in its message; ``anew``: as the newest message, because somebody asked for it."""
        async with self._showing.setdefault(user, asyncio.Lock()):
            known = await self._book.of_user(user)
            before = MessageRef(TEAMS, known.id, known.home_card) if known and known.home_card else None
            if before is not None and not anew and await self._posts.update(before, drawn.activity):
                return
            posted = await self._posts.post_to(user, drawn.activity)
            await self._book.note_home_card(posted)
            if before is not None and anew:
                await self._posts.delete(before)
