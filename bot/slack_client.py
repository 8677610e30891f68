"""The client of Slack's Web API whose token may change while it is used."""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.secret_values import SecretValues

STALE = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
"""Slack's answers to a token that it no longer accepts (docs.slack.dev, errors of every method)."""


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
