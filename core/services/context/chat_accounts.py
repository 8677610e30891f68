"""The chat account that a principal's messages go to: the first, and another once that one is deactivated."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from core.domain.errors import Refused, Upstream
from core.domain.ids import PrincipalId
from core.domain.pairing import likenesses
from core.domain.people import ChatUser, Pin, PinState, Principal, by_use, speaks_for
from core.ports import ChatDirectory, ChatPlatforms, Clock, OpenUnit, PrincipalDirectory
from core.services.context.pairs import find

CHAT_PATIENCE = 3.0
"""Seconds that a message waits for the chat platform to say whether its reader is still there."""
MOST_LOOKS = 30
"""Such questions in a minute: a chat platform counts them, and people who act must be looked up first."""
MINUTE = timedelta(minutes=1)
GONE_FOR = timedelta(minutes=15)
MOST_GONE = 1000

log = structlog.get_logger()


class ChatAccounts:
    def __init__(
        self,
        open_unit: OpenUnit,
        directory: PrincipalDirectory,
        platforms: ChatPlatforms,
        clock: Clock,
        principal_of: Callable[[ChatUser], Awaitable[Principal]],
    ) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._platforms = platforms
        self._clock = clock
        self._principal_of = principal_of
        self._looks: deque[datetime] = deque(maxlen=MOST_LOOKS)
        self._gone: OrderedDict[ChatUser, datetime] = OrderedDict()
        """Accounts that were last seen deactivated, and when: newer than any profile that is remembered."""
        self._rests_until: datetime | None = None

    async def of_principal(self, principal_id: PrincipalId, platform: str = "") -> ChatUser | None:
        """The account of a principal that is to be written to, and is not known to be deactivated.

        That is one on this platform, else where the principal acted last, else by e-mail, checked both ways. Where all
        are of a platform that is not configured it is one of these: what is said to it waits.
        """
        async with self._open_unit() as unit:
            every = by_use(await unit.pins.of_principal(principal_id), platform)
        here = [pin for pin in every if pin.chat_user.platform in self._platforms.names]
        found = await self._of(principal_id, here)
        return found or next((pin.chat_user for pin in every if pin.state is PinState.ACTIVE and pin not in here), None)

    async def _of(self, principal_id: PrincipalId, pins: Sequence[Pin]) -> ChatUser | None:
        if found := await self._still_there(pins, PinState.ACTIVE):
            return found
        if await self._still_there(pins, PinState.SUSPENDED):
            return None  # a second account gets nothing while the first is only suspended
        if found := await self._still_there(pins, PinState.SECOND):
            return found
        principal = await self._directory.principal(principal_id)
        return await self._by_email(principal) if principal else None

    async def instead_of(self, chat_user: ChatUser) -> ChatUser:
        """The account to write to when this one is deactivated or of no platform that is configured; else itself."""
        if chat_user.platform in self._platforms.names and not await self._is_gone(chat_user):
            return chat_user
        async with self._open_unit() as unit:
            pin = await find(unit, chat_user)
        if pin is None or pin.state.is_suspended:
            return chat_user
        return await self.of_principal(pin.principal_id) or chat_user

    def is_known_gone(self, chat_user: ChatUser) -> bool:
        """True if the last that is known of this account is that it is deactivated."""
        return chat_user in self._gone

    def note_there(self, chat_user: ChatUser) -> None:
        """The platform shows it as active."""
        self._gone.pop(chat_user, None)

    def let_others_ask(self) -> None:
        """Ask nothing for a while: the platform does not answer those whose access waits for it."""
        self._rests_until = self._clock.now() + MINUTE

    def note_gone(self, chat_user: ChatUser) -> None:
        """Take it that this account is deactivated. For messages only for a while: it may be activated again."""
        self._gone[chat_user] = self._clock.now()
        while len(self._gone) > MOST_GONE:
            self._gone.popitem(last=False)

    async def of_suspended(self, principal_id: PrincipalId) -> ChatUser | None:
        """The account of a principal whose pair is suspended: for alarms, which must reach somebody.

        After a change of the identity source the account was pinned to a user that is gone. It counts when it was
        known by the name, an address or an id of this one.
        """
        async with self._open_unit() as unit:
            pins = [pin for pin in await unit.pins.of_principal(principal_id) if pin.state is PinState.SUSPENDED]
            claiming = await unit.pins.claiming(principal_id)
        if not pins and claiming:
            principal = await self._directory.principal(principal_id)
            pins = [
                pin for pin in claiming if principal and (pin.known_as is None or likenesses(pin.known_as, principal))
            ]
        return pins[-1].chat_user if pins else None

    async def _still_there(self, pins: Iterable[Pin], state: PinState) -> ChatUser | None:
        for pin in pins:
            if pin.state is state and not await self._is_gone(pin.chat_user):
                return pin.chat_user
        return None

    async def _is_gone(self, chat_user: ChatUser) -> bool:
        """True if the platform says that it is deactivated. Not asked too often; without an answer it is not."""
        now = self._clock.now()
        if chat_user in self._gone and now - self._gone[chat_user] < GONE_FOR:
            return True
        rests = self._rests_until is not None and now < self._rests_until
        if rests or (len(self._looks) == MOST_LOOKS and now - self._looks[0] < MINUTE):
            return False
        self._looks.append(now)
        try:
            async with asyncio.timeout(CHAT_PATIENCE):
                return (await self._platforms.at(chat_user).directory.profile(chat_user)).is_deactivated
        except (Upstream, TimeoutError) as error:
            log.info("whether a reader is still there is not known", user=chat_user.user, because=str(error))
            return False

    async def _by_email(self, principal: Principal) -> ChatUser | None:
        """On the first platform that has it. One that does not answer matters only when no other one has."""
        addresses = [one for one in dict.fromkeys((*principal.emails, principal.user_name)) if "@" in one]
        unanswered: Upstream | None = None
        for platform in self._platforms.by_name.values():
            try:
                if found := await self._on(platform.directory, addresses, principal):
                    return found
            except Upstream as error:
                unanswered = error
        if unanswered is not None:
            raise unanswered
        return None

    async def _on(self, chat: ChatDirectory, addresses: Iterable[str], principal: Principal) -> ChatUser | None:
        for address in addresses:
            found = await chat.user_of_email(address)
            if found is None or not await self._may_stand_for(found, principal):
                continue
            try:
                if (await self._principal_of(found)).id == principal.id:
                    return found
            except Refused:
                continue
        return None

    async def _may_stand_for(self, chat_user: ChatUser, principal: Principal) -> bool:
        """No message goes by address alone to an account that is suspended or pinned to somebody else (rule 1)."""
        async with self._open_unit() as unit:
            pin = await find(unit, chat_user)
        return speaks_for(pin, principal.id)
