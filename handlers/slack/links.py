"""Addresses that messages and screens link to."""

from collections import OrderedDict

from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Upstream
from core.ports import MessageRef
from handlers.slack.failures import call
from handlers.slack.installation import Installation
from handlers.slack.views.block import Links

_REMEMBERED = 2000


class LinkMaker:
    """No message waits for a link: what Slack does not tell is left out."""

    def __init__(
        self, client: AsyncWebClient, installation: Installation, *, portal: str = "", region: str = ""
    ) -> None:
        self._client = client
        self._installation = installation
        self._portal = portal
        self._region = region
        self._permalinks: OrderedDict[MessageRef, str] = OrderedDict()

    async def to(self, card: MessageRef | None = None) -> Links:
        """Links for one reader; ``card`` is a card that this reader can open."""
        permalink = await self._permalink(card) if card is not None else ""
        return Links(card=permalink, home=await self._home(), portal=self._portal, region=self._region)

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
            while len(self._permalinks) > _REMEMBERED:
                self._permalinks.popitem(last=False)
        return self._permalinks[ref]
