"""Checks of a channel before posting: what access people ask for is not for one that another company shares.

Policies refuse such a channel when they are saved; it may be shared at any time after that.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

import structlog

from core.domain.conversations import platform_of
from core.domain.errors import PlatformAbsent, Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.freshness import is_younger
from core.domain.ids import ConversationId
from core.domain.notice_content import ChannelShared
from core.domain.notices import ADMINS, Form, Notice
from core.ports import ChatPlatforms, Clock, OpenUnit
from core.services.runtime.lease_renewal import LEASE

FRESH_FOR = timedelta(minutes=1)
GOOD_FOR = timedelta(hours=1)
"""The oldest answer that is used while the chat platform gives no newer one."""
WARNED_EVERY = timedelta(days=1)
REMEMBERED = 1000
SHARED = "shared_outside"

log = structlog.get_logger()


class ChannelChecks:
    """Asks before a card or a line is posted; an answer is good for a minute.

    While the platform cannot say, the last answer is good for an hour: to share a channel two companies have to
    agree, and a short outage of this one question should not stop what people wait for. Without such an answer
    nothing is posted, and the message is tried again like any that is not taken: a card goes to each approver within
    minutes, who can then decide; a line waits, for a day at most while the platform takes other messages. So no
    outage shows a request to another company, and none holds a message for ever.
    """

    def __init__(self, open_unit: OpenUnit, platforms: ChatPlatforms, clock: Clock) -> None:
        self._open_unit = open_unit
        self._platforms = platforms
        self._clock = clock
        self._known: OrderedDict[ConversationId, tuple[datetime, bool]] = OrderedDict()
        self._warned: dict[ConversationId, datetime] = {}

    async def refuse_shared(self, conversation: ConversationId) -> None:
        """Raise UpstreamRefused, and warn the admins, when people of another company would read it."""
        if not await self._is_shared(conversation):
            return
        await self._warn(conversation)
        raise UpstreamRefused(f"The channel {conversation} is shared outside.", code=SHARED, side=_side(conversation))

    async def _is_shared(self, conversation: ConversationId) -> bool:
        now = self._clock.now()
        at, was_shared = self._known.get(conversation, (None, False))
        if at is not None and is_younger(at, now, FRESH_FOR):
            return was_shared
        try:
            directory = self._platforms.at(conversation).directory
            is_shared = (await directory.conversation(conversation)).is_shared_outside
        except PlatformAbsent:
            raise
        except Upstream as error:
            if at is not None and is_younger(at, now, GOOD_FOR):
                return was_shared
            raise UpstreamBusy(f"Whether {conversation} is shared outside is not known: {error}").at(
                _side(conversation)
            ) from error
        self._known[conversation] = (now, is_shared)
        self._known.move_to_end(conversation)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return is_shared

    async def _warn(self, conversation: ConversationId) -> None:
        """Once a day, whichever replica meets it."""
        now = self._clock.now()
        if conversation in self._warned and now - self._warned[conversation] < WARNED_EVERY:
            return
        log.error("channel is shared outside: nothing is posted there", channel=conversation)
        warning = Notice(Form.DIRECT, ChannelShared(conversation), ADMINS)
        async with self._open_unit() as unit:
            turn = await unit.shared_rounds.claim(f"warning: {conversation} is shared", now, LEASE)
            if turn is not None:
                await unit.outbox.put([warning], now)
                await unit.shared_rounds.release(turn, now + WARNED_EVERY)
            await unit.commit()
        self._warned[conversation] = now


def _side(conversation: ConversationId) -> Side:
    return Side.of_platform(platform_of(conversation))
