"""The Home card: a message in the conversation with a person, kept up to date where it stands."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from weakref import WeakValueDictionary

from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import Clock, MessageRef
from handlers.bot_connector.conversations import ConversationBook
from handlers.flows import home
from handlers.flows.home_context import Pages
from handlers.flows.platform import Platform, Sender
from handlers.teams.drawing.cards import Drawn
from handlers.teams.posts import Posts

ANSWER_STANDS = timedelta(minutes=1)
"""How long what was answered on Home stays there when it is drawn anew for another reason."""


class HomeCards:
    """The HomeScreens port, and where Home is shown. Who draws it is built on this, and so comes last."""

    def __init__(self, posts: Posts, book: ConversationBook, clock: Clock) -> None:
        self._posts = posts
        self._book = book
        self._clock = clock
        self._work: tuple[Platform, Callable[[ChatUser], Sender]] | None = None
        self._showing: WeakValueDictionary[ChatUser, asyncio.Lock] = WeakValueDictionary()

    def work_at(self, platform: Platform, sender_of: Callable[[ChatUser], Sender]) -> None:
        self._work = (platform, sender_of)

    async def redraw(self, user: ChatUser) -> None:
        """Draw it as it was left: the same pages, and for a while the same answer."""
        if self._work is None:
            return
        platform, sender_of = self._work
        opened = await platform.services.homes.opened_by(user)
        if opened is not None:
            is_recent = self._clock.now() - opened.drawn_at < ANSWER_STANDS
            said = opened.said if is_recent else ""
            await home.draw(platform, sender_of(user), Pages.load(opened.pages), said)

    async def show(self, user: ChatUser, drawn: Drawn, *, anew: bool = False) -> None:
        """Where it stands; ``anew``: as the newest message, because somebody asked for it."""
        async with self._showing.setdefault(user, asyncio.Lock()):
            known = await self._book.of_user(user)
            before = MessageRef(TEAMS, known.id, known.home_card) if known and known.home_card else None
            if before is not None and not anew and await self._posts.update(before, drawn):
                return
            posted = await self._posts.post_to(user, drawn)
            await self._note(posted)
            if before is not None and anew:
                await self._posts.delete(before)

    async def _note(self, posted: MessageRef) -> None:
        known = await self._book.get(posted.conversation)
        if known is not None:
            await self._book.note(replace(known, home_card=posted.message))
