"""Turns for writing to a conversation: Teams refuses two messages at once (412, PreconditionFailed).

Over all replicas one process has it, and in that process one task.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from core.domain.errors import Side, Upstream, UpstreamBusy
from core.ports import Clock, OpenUnit

TURN = timedelta(seconds=30)
"""Longer than a call may take (``connector.LIMIT``): whoever dies holds a conversation up for no longer than this."""
PATIENCE = 5.0
"""Seconds that somebody waits for another process, before the message is tried again later."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5

log = structlog.get_logger()


class ConversationTurns:
    """``name`` tells this process from the others; ``tenant`` is whose conversations they are."""

    def __init__(self, open_unit: OpenUnit, clock: Clock, tenant: str, name: str = "") -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._tenant = tenant
        self._name = name or secrets.token_hex(8)
        self._here: dict[str, asyncio.Lock] = {}
        self._wanted: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, conversation: str) -> AsyncIterator[None]:
        """Write to it in here, and nobody else does. UpstreamBusy when another process is at it for long."""
        self._wanted[conversation] += 1
        try:
            async with self._here.setdefault(conversation, asyncio.Lock()):
                await self._take(conversation)
                try:
                    yield
                finally:
                    await self._give_back(conversation)
        finally:
            self._wanted[conversation] -= 1
            if not self._wanted[conversation]:
                del self._wanted[conversation], self._here[conversation]

    async def _take(self, conversation: str) -> None:
        pause, waited = FIRST_PAUSE, 0.0
        while not await self._hold(conversation):
            if waited >= PATIENCE:
                why = "Another replica is writing to this conversation."
                raise UpstreamBusy(why, retry_after=timedelta(seconds=1), side=Side.TEAMS)
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE)

    async def _hold(self, conversation: str) -> bool:
        async with self._open_unit() as unit:
            held = await unit.teams_conversations.hold(self._tenant, conversation, self._name, self._clock.now(), TURN)
            await unit.commit()
        return held

    async def _give_back(self, conversation: str) -> None:
        """Give the turn back. The message has been sent by now: if this fails, the turn expires."""
        try:
            async with self._open_unit() as unit:
                await unit.teams_conversations.release(self._tenant, conversation, self._name)
                await unit.commit()
        except Upstream as error:
            log.info("turn is not given back", conversation=conversation, because=str(error))
