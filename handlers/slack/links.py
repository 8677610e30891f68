"""Addresses that messages and screens link to."""

from datetime import timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Upstream
from core.domain.people import ChatUser
from core.ports import Clock, MessageRef
from handlers.chat.remembered import Remembered
from handlers.screens.links import Links
from handlers.slack.installation import Installation
from handlers.slack_api.failures import call

_DIRECT = "D"
"""The first letter of the id of a direct conversation: a card in it is only ever shown to its owner."""
_KNOWN_FOR = timedelta(minutes=10)
"""The time for which the readers of a channel are remembered."""
_MOST_MEMBERS = 1000
"""Members of a private channel that are looked at; whoever comes behind them gets no link to it."""


class LinkMaker:
    """No message waits for a link: what Slack does not tell is left out."""

    def __init__(
        self, client: AsyncWebClient, installation: Installation, clock: Clock, *, portal: str = "", region: str = ""
    ) -> None:
        self._client = client
        self._installation = installation
        self._portal = portal
        self._region = region
        self._permalinks: Remembered[MessageRef, str] = Remembered(clock)
        self._readers: Remembered[str, frozenset[str] | None] = Remembered(clock, _KNOWN_FOR)

    async def to(self, card: MessageRef | None = None, reader: ChatUser | None = None) -> Links:
        """Links for a reader, or for anybody of the workspace. What this reader cannot open is not linked to."""
        can_open = card is not None and await self._can_open(card.conversation, reader)
        permalink = await self._permalink(card) if card is not None and can_open else ""
        return Links(card=permalink, home=await self._home(), portal=self._portal, region=self._region)

    async def among(self, card: MessageRef | None, channel: str) -> Links:  # noqa: ARG002 - whoever reads it, a card in a public channel is everybody's
        return await self.to(card)

    async def to_message(self, place: MessageRef) -> str:
        """The address of anybody's message, also where the bot is not: whoever can read it can open it."""
        try:
            site = (await self._installation.read()).url
        except Upstream:
            return ""
        return f"{site}archives/{place.conversation}/p{place.message.replace('.', '')}" if site else ""

    async def is_of(self, enterprise: str) -> bool:
        """True if this enterprise is the one that the bot is installed in. Without one, the workspace alone counts."""
        try:
            own = (await self._installation.read()).enterprise
        except Upstream:
            return True  # nobody is identified without the installation either
        return not own or own == enterprise

    async def _can_open(self, conversation: str, reader: ChatUser | None) -> bool:
        """A private channel is its members' alone, its address included. In doubt nobody can."""
        if conversation.startswith(_DIRECT):
            return True
        try:
            readers = await self._readers.get(conversation, lambda: self._readers_of(conversation))
        except Upstream:
            return False
        return readers is None or (reader is not None and reader.user in readers)

    async def _readers_of(self, conversation: str) -> frozenset[str] | None:
        """The people who can open a channel; None: everybody."""
        answer = await call(self._client.conversations_info(channel=conversation))
        channel: Any = answer.get("channel") or {}
        if not channel.get("is_private"):
            return None
        members = await call(self._client.conversations_members(channel=conversation, limit=_MOST_MEMBERS))
        return frozenset(map(str, members.get("members") or ()))

    async def _home(self) -> str:
        """Opens the bot in Slack (docs.slack.dev, deep linking)."""
        try:
            installed = await self._installation.read()
        except Upstream:
            return ""
        if not installed.app_id:
            return ""
        return f"https://slack.com/app_redirect?app={installed.app_id}&team={installed.team}"

    async def _permalink(self, ref: MessageRef) -> str:
        async def ask() -> str:
            asked = self._client.chat_getPermalink(channel=ref.conversation, message_ts=ref.message)
            return str((await call(asked)).get("permalink") or "")

        try:
            return await self._permalinks.get(ref, ask)
        except Upstream:
            return ""
