"""Messages in Teams: posted, changed, and said to one person alone, wherever a conversation is by now."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.domain.errors import UpstreamRefused
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import MessageRef
from handlers.bot_connector.connector import Connector, ConversationAddress
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.messages import Json
from handlers.bot_connector.turns import ConversationTurns

_T = TypeVar("_T")

_MOVED = frozenset({"ConversationNotFound", "http_404"})
"""A conversation that is not there: it is begun anew, once."""
_GONE = frozenset({"ActivityNotFoundInConversation", "MessageNotFound", *_MOVED})
"""Answers to an update after which a message has to be posted anew."""
_NO_TARGETS = frozenset({"BadSyntax", "BadArgument", "NotImplemented", "http_400", "http_403", "http_404"})
"""Answers to a message for one reader of a channel where Teams takes none."""


class Posts:
    """Each conversation is written to by one at a time. Raises what the connector does."""

    def __init__(self, connector: Connector, book: ConversationBook, turns: ConversationTurns) -> None:
        self._connector = connector
        self._book = book
        self._turns = turns

    async def post(self, conversation: str, activity: Json, *, under: str = "") -> MessageRef:
        """In a channel, or ``under`` a message of it."""
        return await self._send(await self._book.place(conversation), activity, under=under)

    async def post_to(self, user: ChatUser, activity: Json) -> MessageRef:
        """In the conversation with one person. One that is gone, or was never there, is begun anew."""
        known = await self._book.of_user(user)
        activity = {**activity, "channelData": {"notification": {"alert": True}}}
        if known is not None:
            try:
                return await self._send(ConversationAddress(known.service_url, known.id), activity)
            except UpstreamRefused as refused:
                if refused.code not in _MOVED:
                    raise
        at = await self._book.service_url()
        begun = await self._connector.create(at, user.team, user.user)
        await self._book.begun(user, begun)
        return await self._send(begun, activity)

    async def update(self, at: MessageRef, activity: Json) -> bool:
        """True if the message was there to be changed."""
        place = await self._book.place(at.conversation)
        try:
            await self._in_turn(place, lambda there: self._connector.update(there, at.message, activity))
        except UpstreamRefused as refused:
            if refused.code in _GONE:
                return False
            raise
        return True

    async def delete(self, at: MessageRef) -> None:
        """Take a message back; one that is gone already is gone."""
        place = await self._book.place(at.conversation)
        try:
            await self._in_turn(place, lambda there: self._connector.delete(there, at.message))
        except UpstreamRefused as refused:
            if refused.code not in _GONE:
                raise

    async def whisper(self, conversation: str, mri: str, activity: Json) -> bool:
        """To one reader of a channel, for a day; False where Teams takes no such message."""
        place = await self._book.place(conversation)
        activity = {**activity, "recipient": {"id": mri}}
        try:
            await self._in_turn(place, lambda there: self._connector.send(there, activity, targeted=True))
        except UpstreamRefused as refused:
            if refused.code in _NO_TARGETS:
                return False
            raise
        return True

    async def _send(self, place: ConversationAddress, activity: Json, *, under: str = "") -> MessageRef:
        def send(there: ConversationAddress) -> Awaitable[str]:
            return self._connector.send(there.thread(under) if under else there, activity)

        return MessageRef(TEAMS, place.conversation, await self._in_turn(place, send))

    async def _in_turn(self, place: ConversationAddress, call: Callable[[ConversationAddress], Awaitable[_T]]) -> _T:
        """One at a time. A conversation that is not where it was is looked for at the newest address of all."""
        async with self._turns.of(place.conversation):
            try:
                return await call(place)
            except UpstreamRefused as refused:
                newest = await self._book.service_url()
                if refused.code not in _MOVED or newest == place.service_url:
                    raise
            moved = ConversationAddress(newest, place.conversation)
            done = await call(moved)
            await self._book.note_moved(moved)
            return done
