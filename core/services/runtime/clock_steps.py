"""The clock of a process that has its database to itself: set back, it leaves what waits dated ahead.

Replicas compare theirs with the database's instead (``heartbeat``).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from core.ports import MachineClock

LEAST_STEP = timedelta(seconds=2)
"""Less is waited for."""

log = structlog.get_logger()


class ClockSteps:
    """``draw_near`` lets nothing that waits wait for a moment that lies far ahead."""

    def __init__(self, clock: MachineClock, draw_near: Callable[[], Awaitable[None]]) -> None:
        self._clock = clock
        self._draw_near = draw_near
        self._began: timedelta | None = None
        """The time of day at which the steady clock began; None: it may have been set back before this process was."""

    async def look(self) -> None:
        read = self._clock.read()
        began = timedelta(seconds=read.at.timestamp()) - read.steady
        back = timedelta() if self._began is None else self._began - began
        if self._began is None or back > LEAST_STEP:
            await self._draw_near()
        if back > LEAST_STEP:
            log.warning("the clock was set back", by=str(back))
        self._began = began
