"""Modals and the Home tab: opened, exchanged, published. Slack's own errors end here."""

from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Side, UpstreamBusy
from handlers.screens.screen import Home, Screen
from handlers.slack.drawing.render import render_view

_UNANSWERED = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError)
"""A connection that Slack closed in the middle is no OSError."""

log = structlog.get_logger()


class SlackViews:
    """Every view passes through ``render_view``, which refuses what Slack would refuse."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def open(self, trigger_id: str, view: Screen | Home) -> str:
        """Open a modal; returns its id. UpstreamBusy when Slack did not: its trigger lives three seconds."""
        return await self._show(self._client.views_open, trigger_id=trigger_id, view=render_view(view))

    async def push(self, trigger_id: str, view: Screen | Home) -> str:
        """Put a modal over the one that the press came from; closing it leads back."""
        return await self._show(self._client.views_push, trigger_id=trigger_id, view=render_view(view))

    async def exchange(
        self, view_id: str, view: Screen | Home, *, seen_hash: str | None = None, insist: bool = False
    ) -> None:
        """Put another view in the place of one. With ``seen_hash`` only when nobody has changed it since.

        ``insist``: this is the newest there can be, so it wins over whatever came in between.
        """
        try:
            await self._client.views_update(view_id=view_id, view=render_view(view), hash=seen_hash)
        except SlackApiError as error:
            code = str(error.response.get("error"))
            if code == "hash_conflict" and insist:
                await self.exchange(view_id, view)
                return
            if code not in {"hash_conflict", "not_found"}:
                raise UpstreamBusy(f"Slack refused the form ({code}).", side=Side.SLACK) from error
            log.info("form has moved on", because=code)
        except _UNANSWERED as error:
            raise UpstreamBusy("Slack is not answering.", side=Side.SLACK) from error

    async def publish(self, user: str, view: Screen | Home) -> None:
        """Show the Home tab of somebody."""
        await self._show(self._client.views_publish, user_id=user, view=render_view(view))

    async def _show(self, method: Any, **arguments: Any) -> str:
        try:
            answer = await method(**arguments)
        except SlackApiError as error:
            code = str(error.response.get("error"))
            raise UpstreamBusy(f"Slack refused the form ({code}).", side=Side.SLACK) from error
        except _UNANSWERED as error:
            raise UpstreamBusy("Slack is not answering.", side=Side.SLACK) from error
        return str(answer["view"]["id"])
