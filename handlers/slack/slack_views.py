"""Modals and the Home tab: opened, exchanged, published. Slack's own errors end here."""

from collections import deque
from collections.abc import Awaitable
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from handlers.screens.screen import Home, Screen
from handlers.slack.drawing.render import render_view
from handlers.slack_api.failures import call

log = structlog.get_logger()


class SlackViews:
    """Every view passes through ``render_view``, which refuses what Slack would refuse."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._closed = deque[str](maxlen=500)  # more than are closed while something is made for them

    def closed(self, view_id: str) -> None:
        """A person has closed a modal that waited for another: there is nothing left to exchange."""
        self._closed.append(view_id)

    async def open(self, trigger_id: str, view: Screen | Home) -> str:
        """Open a modal; returns its id. UpstreamBusy when Slack did not: its trigger lives three seconds."""
        return await self._show(self._client.views_open(trigger_id=trigger_id, view=render_view(view)))

    async def push(self, trigger_id: str, view: Screen | Home) -> str:
        """Put a modal over the one that the press came from; closing it leads back."""
        return await self._show(self._client.views_push(trigger_id=trigger_id, view=render_view(view)))

    async def exchange(
        self, view_id: str, view: Screen | Home, *, seen_hash: str | None = None, insist: bool = False
    ) -> None:
        """Put another view in the place of one. With ``seen_hash`` only when nobody has changed it since.

        ``insist``: this is the newest there can be, so it wins over whatever came in between.
        """
        if view_id in self._closed:
            return
        try:
            await call(self._client.views_update(view_id=view_id, view=render_view(view), hash=seen_hash))
        except UpstreamRefused as refused:
            if refused.code == "hash_conflict" and insist:
                await self.exchange(view_id, view)
                return
            if refused.code not in {"hash_conflict", "not_found"}:
                raise _not_taken(refused) from refused
            log.info("form has moved on", because=refused.code)

    async def publish(self, user: str, view: Screen | Home) -> None:
        """Show the Home tab of somebody."""
        await self._show(self._client.views_publish(user_id=user, view=render_view(view)))

    async def _show(self, showing: Awaitable[AsyncSlackResponse]) -> str:
        try:
            answer = await call(showing)
        except UpstreamRefused as refused:
            raise _not_taken(refused) from refused
        view: Any = answer["view"]
        return str(view["id"])


def _not_taken(refused: UpstreamRefused) -> UpstreamBusy:
    """The same act may succeed: a trigger lives three seconds, and a view that is gone can be opened again."""
    return UpstreamBusy(f"Slack refused the form ({refused.code}).", side=Side.SLACK)
