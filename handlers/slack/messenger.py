"""Slack as the place where core says things: cards, thread lines, direct messages, lines in the audit channel."""

from collections import OrderedDict
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from core.domain.conversations import Place
from core.domain.errors import UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.notices import Notice, Topic
from core.domain.people import ChatUser
from core.domain.platforms import SLACK
from core.domain.request import Request
from core.ports import Card, Clock, MessageRef
from handlers.screens import notices, request_card
from handlers.screens.screen import Message
from handlers.slack.drawing.render import render_message
from handlers.slack.failures import call, code_of
from handlers.slack.links import LinkMaker

_K = TypeVar("_K")

_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"})
"""Answers to chat.update after which the card has to be posted anew."""
_DEAD = frozenset({"channel_not_found", "is_archived", "not_in_channel", "user_disabled", "user_not_found"})
"""Answers to a message that may be about the conversation alone: it is opened anew, and Slack says more then."""
_REMEMBERED = 2000
_QUIET = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}


class SlackMessenger:
    """The Messenger port. ``client`` brings no retries of its own: the outbox tries again, and knows what it sent."""

    def __init__(self, client: AsyncWebClient, clock: Clock, links: LinkMaker, *, command: str = "/team") -> None:
        self._client = client
        self._clock = clock
        self._links = links
        self._command = command
        self._conversations: OrderedDict[str, str] = OrderedDict()

    async def show_card(self, card: Card, place: Place, known: MessageRef | None) -> MessageRef:
        """Update the card where it is known to be, else post it."""
        message = request_card.build(card, await self._links.to())
        if known is not None and await self._update(known, message):
            return known
        if isinstance(place, ChatUser):
            return await self._post_to(place.user, message)
        return await self._post(place, message)

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        """Update the card where it stands, and leave it at that when it is gone."""
        return await self._update(at, request_card.build(card, await self._links.to()))

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        """Say it in the thread of the card, so that the channel is not pushed down; a reminder is seen there too."""
        message = notices.build(notice, request, await self._links.to(), self._clock.now(), self._command)
        is_reminder = notice.topic is Topic.REMINDER
        await self._post(card.conversation, message, thread_ts=card.message, broadcast=is_reminder)

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        """Say it to one person alone."""
        message = notices.build(notice, request, await self._links.to(link, to), self._clock.now(), self._command)
        return await self._post_to(to.user, message)

    async def tell_instead(
        self, at: MessageRef, to: ChatUser, notice: Notice, request: Request, link: MessageRef | None
    ) -> bool:
        """Say it in the place of what said less."""
        message = notices.build(notice, request, await self._links.to(link, to), self._clock.now(), self._command)
        return await self._update(at, message)

    async def edit(self, at: MessageRef, notice: Notice, request: Request | None) -> bool:
        """Say what is so now in the place of what was said."""
        message = notices.edited(notice, request, await self._links.to(), self._clock.now(), self._command)
        return await self._update(at, message)

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        """Say it in one line in a channel."""
        line = notices.build(notice, request, await self._links.to(link), self._clock.now(), self._command)
        await self._post(to, line)

    async def _update(self, known: MessageRef, message: Message) -> bool:
        """True if the message was there to be updated."""
        try:
            await call(
                self._client.chat_update(
                    channel=known.conversation,
                    ts=known.message,
                    link_names=False,
                    parse="none",
                    **render_message(message),
                )
            )
        except UpstreamRefused as refused:
            if code_of(refused) in _GONE:
                return False
            raise
        return True

    async def _post(
        self, conversation: str, message: Message, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> MessageRef:
        content: dict[str, Any] = {**_QUIET, **render_message(message)}
        if thread_ts is not None:
            content |= {"thread_ts": thread_ts, "reply_broadcast": broadcast}
        answer = await call(self._client.chat_postMessage(channel=conversation, **content), repeatable=False)
        return MessageRef(SLACK, str(answer.get("channel") or conversation), str(answer.get("ts") or ""))

    async def _post_to(self, user: str, message: Message) -> MessageRef:
        """Post to one person. A conversation that is remembered and gone is opened anew, once."""
        is_remembered = user in self._conversations
        try:
            return await self._post(await self._open(user), message)
        except UpstreamRefused as refused:
            self._conversations.pop(user, None)
            if not is_remembered or code_of(refused) not in _DEAD:
                raise
        return await self._post(await self._open(user), message)

    async def _open(self, user: str) -> str:
        """The direct conversation with somebody."""
        if user not in self._conversations:
            answer = await call(self._client.conversations_open(users=user))
            channel: Any = answer.get("channel") or {}
            _remember(self._conversations, user, str(channel.get("id") or user))
        return self._conversations[user]


def _remember(cache: OrderedDict[_K, str], key: _K, value: str) -> None:
    cache[key] = value
    while len(cache) > _REMEMBERED:
        cache.popitem(last=False)
