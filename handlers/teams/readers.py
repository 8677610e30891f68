"""Readers of drawn cards: their time zone, and the names in Teams of the people mentioned."""

from dataclasses import replace
from datetime import tzinfo

from core.domain.conversations import own_id
from core.domain.errors import Upstream
from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import ChatDirectory, Clock
from handlers.bot_connector.channels import named
from handlers.bot_connector.conversations import ConversationBook
from handlers.screens.plain_text import Reader
from handlers.screens.references import references
from handlers.screens.screen import Home, Message, Screen
from handlers.screens.spans import ChannelRef, PersonRef
from handlers.teams.drawing.cards import Drawn, draw_message

_MOST = 20
"""People and channels that are looked up for one message; the others are not mentioned, and shown by their ids."""


class Readers:
    """No message waits for a name: whoever cannot be looked up is not mentioned."""

    def __init__(self, book: ConversationBook, directory: ChatDirectory, clock: Clock) -> None:
        self._book = book
        self._directory = directory
        self._clock = clock

    async def drawn(self, message: Message, reader: ChatUser | None) -> Drawn:
        """A message as one person reads it, or as many do."""
        zone = await self._book.zone_of(reader) if reader is not None else None
        people = [ref.user for ref in references(message) if isinstance(ref, PersonRef) and ref.user.platform == TEAMS]
        known = {user: await self._name(user) for user in [*dict.fromkeys(people)][:_MOST]}
        return draw_message(message, replace(await self.of(message, zone), people=known))

    async def of(self, shown: Message | Screen | Home, zone: tzinfo | None) -> Reader:
        """The reader in that zone; None: many read it. Nobody is mentioned, because somebody waits for it."""
        channels = dict.fromkeys(ref.id for ref in references(shown) if isinstance(ref, ChannelRef))
        return Reader(
            zone,
            self._clock.now(),
            channels={channel: await self._channel(channel) for channel in [*channels][:_MOST]},
        )

    async def _name(self, user: ChatUser) -> str:
        try:
            return (await self._directory.profile(user)).display_name
        except Upstream:
            return ""

    async def _channel(self, channel: ConversationId) -> str:
        known = await self._book.get(own_id(channel))
        return named(known)[1] if known is not None else ""
