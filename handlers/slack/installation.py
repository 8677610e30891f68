"""The workspace that the bot is installed in, and its user there: asked once, when it is first needed."""

import asyncio
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Upstream
from handlers.slack_api.failures import call


@dataclass(frozen=True, slots=True)
class Installed:
    """``enterprise`` is empty outside an Enterprise Grid; ``app_id`` when Slack would not tell it."""

    team: str
    enterprise: str = ""
    app_id: str = ""
    url: str = ""
    """The workspace's own address, with a slash at its end."""


class Installation:
    """Slack may be away when the process starts; access must be ended all the same, so nothing waits for this."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._installed: Installed | None = None
        self._asking = asyncio.Lock()

    async def read(self) -> Installed:
        """Raises Upstream while Slack does not tell."""
        async with self._asking:
            if self._installed is None:
                self._installed = await self._ask()
            return self._installed

    async def _ask(self) -> Installed:
        me = await call(self._client.auth_test())
        return Installed(
            team=str(me["team_id"]),
            url=str(me.get("url") or ""),
            enterprise=str(me.get("enterprise_id") or ""),
            app_id=str(me.get("app_id") or "") or await self._app_of(str(me.get("bot_id") or "")),
        )

    async def _app_of(self, bot: str) -> str:
        try:
            answer = await call(self._client.bots_info(bot=bot))
        except Upstream:
            return ""
        found: Any = answer.get("bot") or {}
        return str(found.get("app_id") or "")
