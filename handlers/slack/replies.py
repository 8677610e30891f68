"""Private answers to whoever has just done something: seen by that person alone, kept nowhere."""

from collections.abc import Sequence
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.drawing.blocks import section
from handlers.slack.drawing.markup import prose
from handlers.slack.payloads import SlackSender
from handlers.slack_api.addresses import ANSWERS, may_call

Blocks = Sequence[dict[str, Any]]

_PATIENCE = aiohttp.ClientTimeout(total=10)
_FAILURES = (SlackApiError, SlackClientError, aiohttp.ClientError, OSError, TimeoutError)

log = structlog.get_logger()


class EphemeralReplies:
    """Through the response URL when it is really Slack's, else as an ephemeral message, else directly."""

    def __init__(self, client: AsyncWebClient, api_url: str) -> None:
        self._client = client
        self._api_url = api_url

    async def privately(self, sender: SlackSender, text: str, blocks: Blocks = (), *, replace: bool = False) -> None:
        """Answer; ``replace``: in the place of the private message that was clicked.

        Without blocks ``text`` is a plain sentence, with names in it that people chose: it is escaped here, for every
        caller. With blocks it is their fallback text, as a view made it. An answer that cannot be given is logged: what
        was done has been done.
        """
        sentence = text if blocks else prose(text)
        shown = list(blocks) or [section(sentence).to_dict()]
        try:
            await self._answer(sender, sentence, shown, replace=replace)
        except _FAILURES as error:
            log.warning("answer could not be given", user=sender.chat_user.user, because=type(error).__name__)

    async def _answer(self, sender: SlackSender, text: str, blocks: list[dict[str, Any]], *, replace: bool) -> None:
        url = sender.response_url
        if self.may_use(url) and await self._respond(url, text, blocks, replace=replace):
            return
        user = sender.chat_user.user
        if sender.channel:
            try:
                await self._client.chat_postEphemeral(channel=sender.channel, user=user, text=text, blocks=blocks)
            except _FAILURES as error:
                log.info("not answered in the channel", because=_because(error))
            else:
                return
        opened = await self._client.conversations_open(users=user)
        channel = opened["channel"]["id"]
        await self._client.chat_postMessage(channel=channel, text=text, blocks=blocks, unfurl_links=False)

    async def _respond(self, url: str, text: str, blocks: list[dict[str, Any]], *, replace: bool) -> bool:
        """True if it was answered there. Said twice is better than not at all.

        A redirect is no answer, and is not followed: the address that was allowed is the only one that is called.
        """
        body = {"text": text, "blocks": blocks, "response_type": "ephemeral", "replace_original": replace}
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as session,
                session.post(url, json=body, allow_redirects=False, proxy=load_http_proxy_from_env()) as response,
            ):
                status = response.status
        except _FAILURES as error:
            log.info("not answered through the response URL", because=_because(error))
            return False
        return status == 200

    def may_use(self, url: str) -> bool:
        """Only where response URLs of Slack lead."""
        return may_call(url, ANSWERS, self._api_url)


def _because(error: Exception) -> str:
    """Slack's own word where it said one; never an address, which lets whoever has it answer."""
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__
