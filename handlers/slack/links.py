"""Addresses that messages and screens link to."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Upstream
from core.domain.people import ChatUser
from core.ports import Clock, MessageRef
from handlers.screens.links import Links
from handlers.slack.failures import call
from handlers.slack.installation import Installation

_REMEMBERED = 2000
_DIRECT = "D"
"""How the id of a direct conversation begins: a card in it is only ever shown to whose it is."""
_KNOWN_FOR = timedelta(minutes=10)
"""How long it is taken as known who can open a channel."""
_MOST_MEMBERS = 1000
"""Members of a private channel that are looked at; whoever comes behind them gets no link to it."""


class LinkMaker:
    """No message waits for a link: what Slack does not tell is left out."""

    def __init__(
        self, client: AsyncWebClient, installation: Installation, clock: Clock, *, portal: str = "", region: str = ""
    ) -> None:
        self._client = client
        self._clock = clock
        self._installation = installation
        self._portal = portal
        self._region = region
        self._permalinks: OrderedDict[MessageRef, str] = OrderedDict()
        self._readers: OrderedDict[str, tuple[datetime, frozenset[str] | None]] = OrderedDict()

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
        now = self._clock.now()
        known = self._readers.get(conversation)
        if known is None or now - known[0] > _KNOWN_FOR:
            try:
                known = (now, await self._readers_of(conversation))
            except Upstream:
                return False
            self._readers[conversation] = known
            _bound(self._readers)
        readers = known[1]
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
        if ref not in self._permalinks:
            try:
                answer = await call(
                    self._client.chat_getPermalink(channel=ref.conversation, message_ts=ref.message), repeatable=True
                )
            except Upstream:
                return ""
            self._permalinks[ref] = str(answer.get("permalink") or "")
            _bound(self._permalinks)
        return self._permalinks[ref]


def _bound(remembered: OrderedDict[Any, Any]) -> None:
    while len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)
