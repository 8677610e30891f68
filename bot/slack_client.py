"""The client of Slack's Web API whose token may change while it is used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.secret_values import SecretValues

STALE = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
"""Slack's answers to a token that it no longer accepts (docs.slack.dev, errors of every method)."""


KEPT = 10.0
"""Seconds for which a connection that is not used is kept: shorter than Slack keeps it, so that none is used which has
just been closed there."""


class SlackClient(AsyncWebClient):
    """Asks with the token as it is now. When Slack does not take it, and there is another by then, it asks once more.

    Nothing was done by a call whose token was refused, so asking again does no harm.
    """

    def __init__(self, secrets: SecretValues, *, base_url: str, timeout: int) -> None:
        super().__init__(token=secrets.bot_token() or None, base_url=base_url, timeout=timeout)
        self._secrets = secrets

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        used = self._secrets.bot_token()
        self.token = used or None
        try:
            return await super().api_call(api_method, **given)
        except SlackApiError as error:
            if error.response.get("error") not in STALE:
                raise
            await self._secrets.renew()
            if self._secrets.bot_token() == used:
                raise
        self.token = self._secrets.bot_token()
        return await super().api_call(api_method, **given)


@asynccontextmanager
async def keeping_connections(*clients: AsyncWebClient) -> AsyncIterator[None]:
    """Let calls of these clients share connections, for the length of an ``async with``.

    By itself slack_sdk makes a connection for each call, which goes to Slack and back twice before anything is said.
    """
    timeout = aiohttp.ClientTimeout(total=min(client.timeout for client in clients))
    connector, cookies = aiohttp.TCPConnector(keepalive_timeout=KEPT), aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(timeout=timeout, connector=connector, cookie_jar=cookies) as session:
        for client in clients:
            client.session = session
        try:
            yield
        finally:
            for client in clients:
                client.session = None
