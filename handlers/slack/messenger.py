"""Messages in Slack: posted, changed, in a thread, and to one person."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import UpstreamRefused
from core.domain.people import ChatUser
from core.domain.platforms import SLACK
from core.ports import Clock, MessageRef
from handlers.chat.messenger import ScreenMessenger
from handlers.chat.remembered import Remembered
from handlers.screens.screen import Message
from handlers.slack.drawing.render import render_message
from handlers.slack.links import LinkMaker
from handlers.slack_api.failures import call

_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"})
"""Answers to chat.update after which the card has to be posted anew."""
_DEAD = frozenset({"channel_not_found", "is_archived", "not_in_channel", "user_disabled", "user_not_found"})
"""Answers to a message that may be about the conversation alone: it is opened anew, and Slack says more then."""
_QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}


class SlackMessenger(ScreenMessenger):
    """The Messenger port. ``client`` brings no retries of its own: the outbox tries again, and knows what it sent."""

    def __init__(self, client: AsyncWebClient, clock: Clock, links: LinkMaker, *, command: str = "/team") -> None:
        super().__init__(clock, links, command)
        self._client = client
        self._conversations: Remembered[str, str] = Remembered(clock)

    async def update(self, at: MessageRef, message: Message, reader: ChatUser | None = None) -> bool:  # noqa: ARG002 - Slack draws for everybody alike
        try:
            await call(
                self._client.chat_update(
                    channel=at.conversation,
                    ts=at.message,
                    link_names=False,
                    parse="none",
                    **render_message(message),
                )
            )
        except UpstreamRefused as refused:
            if refused.code in _GONE:
                return False
            raise
        return True

    async def post(self, conversation: str, message: Message, **thread: Any) -> MessageRef:
        posting = self._client.chat_postMessage(channel=conversation, **_QUIET, **render_message(message), **thread)
        answer = await call(posting, repeatable=False)
        return MessageRef(SLACK, str(answer.get("channel") or conversation), str(answer.get("ts") or ""))

    async def post_under(self, card: MessageRef, message: Message, *, is_reminder: bool) -> None:
        """In the thread of the card; a reminder is seen in the channel too."""
        await self.post(card.conversation, message, thread_ts=card.message, reply_broadcast=is_reminder)

    async def post_to(self, user: ChatUser, message: Message) -> MessageRef:
        """A conversation that is remembered and gone is opened anew, once."""
        is_remembered = user.user in self._conversations
        try:
            return await self.post(await self._conversation(user.user), message)
        except UpstreamRefused as refused:
            self._conversations.forget(lambda known: known == user.user)
            if not is_remembered or refused.code not in _DEAD:
                raise
        return await self.post(await self._conversation(user.user), message)

    async def _conversation(self, user: str) -> str:
        return await self._conversations.get(user, lambda: self._open(user))

    async def _open(self, user: str) -> str:
        """The direct conversation with somebody."""
        channel: Any = (await call(self._client.conversations_open(users=user))).get("channel") or {}
        return str(channel.get("id") or user)
