"""Notices in the sandbox that somebody has moved the clock: much is due all at once, and who moved it wants to see it.

Without it everything comes as well, each at the interval of its round.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.lifecycle import BackgroundTasks
from core.adapters.clock import ProcessClock, ShiftedClock

LOOKS_EVERY = 0.05
"""Seconds; a look is one question to the file system."""


async def _watch(clock: ShiftedClock, known: timedelta, on_move: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(LOOKS_EVERY)
        if clock.shift != known:
            known = clock.shift
            on_move()


@asynccontextmanager
async def watching(
    clock: ProcessClock, on_move: Callable[[], None], background: BackgroundTasks
) -> AsyncIterator[None]:
    """Call ``on_move`` whenever the clock was moved, for the length of an ``async with``; never where none can be."""
    if not isinstance(clock, ShiftedClock):
        yield
        return
    task = background.start(_watch(clock, clock.shift, on_move), "moved clock")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
