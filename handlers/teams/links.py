"""Addresses that messages and cards link to (learn.microsoft.com, "Deep links" in Teams)."""

from datetime import timedelta
from urllib.parse import quote, urlencode

from core.domain.errors import Upstream, UpstreamRefused
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import Clock, LearntConversation, MessageRef
from handlers.bot_connector.clouds import Cloud
from handlers.bot_connector.connector import Connector, ConversationAddress
from handlers.bot_connector.conversations import ConversationBook
from handlers.chat.remembered import Remembered
from handlers.screens.links import Links

_REMEMBERED = 5000
_KNOWN_FOR = timedelta(minutes=10)
"""The time for which it is remembered whether somebody can open a channel."""


class TeamsLinks:
    """No message waits for a link: what Teams does not tell is left out."""

    def __init__(
        self,
        cloud: Cloud,
        book: ConversationBook,
        connector: Connector,
        clock: Clock,
        *,
        tenant: str,
        app_id: str,
        portal: str = "",
        region: str = "",
    ) -> None:
        self._cloud = cloud
        self._book = book
        self._connector = connector
        self._tenant = tenant
        self._app_id = app_id
        self._portal = portal
        self._region = region
        self._members: Remembered[tuple[str, str], bool] = Remembered(clock, _KNOWN_FOR, _REMEMBERED)

    async def to(self, card: MessageRef | None = None, reader: ChatUser | None = None) -> Links:
        """Links for one reader. A card that this reader cannot open is not linked to."""
        channel = await self._channel_of(card)
        can_open = channel is not None and reader is not None and await self._is_member(channel, reader)
        return self._links(card if can_open else None, channel)

    async def among(self, card: MessageRef | None, channel: str) -> Links:
        """Links for whoever reads a channel: to what is in the same team."""
        of, here = await self._channel_of(card), await self._known(channel)
        is_same = of is not None and here is not None and bool(of.team) and of.team == here.team
        return self._links(card if is_same else None, of)

    def _links(self, card: MessageRef | None, channel: LearntConversation | None) -> Links:
        address = self.address(card, channel) if card is not None and channel is not None else ""
        home = f"https://{self._cloud.web}/l/chat/0/0?users={quote(f'28:{self._app_id}', safe='')}"
        return Links(card=address, home=home, portal=self._portal, region=self._region)

    def address(self, card: MessageRef, channel: LearntConversation) -> str:
        """Opens one message of a channel."""
        where = {"tenantId": self._tenant, "groupId": channel.team_group, "parentMessageId": card.message}
        known = urlencode({name: value for name, value in where.items() if value})
        path = f"{quote(channel.id, safe='')}/{quote(card.message, safe='')}"
        return f"https://{self._cloud.web}/l/message/{path}?{known}"

    async def _channel_of(self, card: MessageRef | None) -> LearntConversation | None:
        """The channel of a card of this platform; None for any other card."""
        if card is None or card.platform != TEAMS or not card.conversation.startswith("19:"):
            return None
        return await self._known(card.conversation)

    async def _known(self, conversation: str) -> LearntConversation | None:
        try:
            return await self._book.get(conversation)
        except Upstream:
            return None

    async def _is_member(self, channel: LearntConversation, reader: ChatUser) -> bool:
        """A channel is its members' alone, its address included. In doubt nobody can open it."""

        async def ask() -> bool:
            try:
                await self._connector.member(ConversationAddress(channel.service_url, channel.id), reader.user)
            except UpstreamRefused:
                return False
            return True

        try:
            return await self._members.get((channel.id, reader.user), ask)
        except Upstream:
            return False
