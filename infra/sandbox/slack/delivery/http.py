"""Deliveries to the app's request URL."""

import asyncio
import json
from typing import Any

import aiohttp

from infra.sandbox.slack.delivery.app_call import Ack, AppCall
from infra.sandbox.slack.delivery.signing import signed
from infra.sandbox.slack.model import App

USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


class HttpRoad:
    """Posts signed bodies; owns one client session."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            # A connection of its own for each delivery: the app may have been restarted in between.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            headers={"User-Agent": USER_AGENT},
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, app: App, app_call: AppCall, deadline: float) -> Ack:
        """The app's answer within the deadline, after which Slack hangs up."""
        if self._session is None or not app.request_url:
            return Ack("dispatch_failed")
        headers = signed(app.signing_secret, app_call.body, content_type=app_call.content_type)
        if app_call.retry:
            headers |= {"X-Slack-Retry-Num": str(app_call.retry), "X-Slack-Retry-Reason": app_call.retry_reason}
        try:
            async with asyncio.timeout(deadline):
                return await self._post(self._session, app.request_url, app_call.body, headers)
        except TimeoutError:
            return Ack("operation_timeout")
        except aiohttp.ClientError:
            return Ack("connection_failed")

    @staticmethod
    async def _post(session: aiohttp.ClientSession, url: str, body: str, headers: dict[str, str]) -> Ack:
        async with session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
            text = await answer.text()
            no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
            if not 200 <= answer.status < 300:
                return Ack("dispatch_failed", text, answer.status, no_retry)
            return Ack("", _parsed(text), answer.status, no_retry)


def _parsed(text: str) -> Any:
    """An object if it is one; any other text is a text, numbers too."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return parsed if isinstance(parsed, dict) else text
