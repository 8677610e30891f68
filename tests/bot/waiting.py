"""Waiting for something to become true, without guessing how long it takes."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], within: float = 20) -> None:
    """Let everything else run until the condition holds; TimeoutError after that many seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - whatever makes it true need not know that somebody waits
            await asyncio.sleep(0)


async def turns(number: int = 20) -> None:
    """Let everything that can run now do so, where nothing is expected to happen."""
    for _ in range(number):
        await asyncio.sleep(0)
