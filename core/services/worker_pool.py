"""Works off what is claimed from a queue, so many rows at once. A place that becomes free is filled at once.

One row that takes long keeps its own place and no other one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

RUNS_FOR = 5.0
"""Seconds after which a run ends, as soon as nothing that it began is under way any more."""
LAST_ONES_WITHIN = 1.0
"""Seconds for that. What takes longer is left to go on, and so does the run: it goes on filling the other places."""
LOOKS_AROUND_AFTER = 0.1
"""Seconds after which it looks what else has become due, when nothing has ended meanwhile."""

Row = TypeVar("Row")


class WorkerPool(Generic[Row]):
    def __init__(
        self,
        claim: Callable[[int], Awaitable[Sequence[Row]]],
        work: Callable[[Row], Awaitable[bool]],
        size: int,
    ) -> None:
        """``claim`` leases up to so many rows that are due. ``work`` says whether others may be due because of it."""
        self._claim = claim
        self._work = work
        self._size = size

    async def run(self) -> int:
        """Work until nothing is due, or for a while; returns how many rows were taken up.

        What cannot be claimed ends the run, and is raised, but not before what is under way has come to its end.
        """
        running: set[asyncio.Future[bool]] = set()
        try:
            return await self._keep_on(running)
        except Exception:
            if running:
                await asyncio.wait(running)
            raise
        finally:
            for task in running:
                task.cancel()

    async def _keep_on(self, running: set[asyncio.Future[bool]]) -> int:
        taken, until = 0, time.monotonic() + RUNS_FOR
        while True:
            free = self._size - len(running)
            due = await self._claim(free) if free else ()
            running |= {asyncio.ensure_future(self._work(row)) for row in due}
            taken += len(due)
            ended_one = await self._one_ends(running)
            if not (running or ended_one):
                return taken
            if time.monotonic() > until:
                if await self._all_end(running):
                    return taken
                until = time.monotonic() + RUNS_FOR

    async def _one_ends(self, running: set[asyncio.Future[bool]]) -> bool:
        """Wait, not for long, until something ends that may make others due."""
        until = time.monotonic() + LOOKS_AROUND_AFTER
        while running and (wait := until - time.monotonic()) > 0:
            done, _ = await asyncio.wait(running, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            running -= done
            if sum(task.result() for task in done):  # each is asked, so that none fails unheard
                return True
        return False

    async def _all_end(self, running: set[asyncio.Future[bool]]) -> bool:
        if running:
            done, _ = await asyncio.wait(running, timeout=LAST_ONES_WITHIN)
            running -= done
            for task in done:
                task.result()
        return not running
