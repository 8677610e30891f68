"""Works off what is claimed from a queue, so many rows at once. A place that becomes free is filled at once.

One row that takes long keeps its own place and no other one.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

RUNS_FOR = 60.0
"""Seconds after which a run ends, as soon as nothing that it began is under way any more."""
LAST_ONES_WITHIN = 1.0
"""Seconds for that. What takes longer is left to go on, and so does the run: it goes on filling the other places."""
LOOKS_AROUND_AFTER = timedelta(seconds=0.1)
"""The pause before it looks for more due work, when nothing has ended meanwhile."""

Row = TypeVar("Row")


class WorkerPool(Generic[Row]):
    def __init__(
        self,
        claim: Callable[[int], Awaitable[Sequence[Row]]],
        work: Callable[[Row], Awaitable[bool]],
        size: int,
        *,
        due_in: Callable[[], timedelta] = lambda: LOOKS_AROUND_AFTER,
    ) -> None:
        """``claim`` leases up to so many rows that are due. ``work`` says whether others may be due because of it.

        ``due_in``: how long until something is due, as far as that is known.
        """
        self._claim = claim
        self._work = work
        self._size = size
        self._due_in = due_in
        self._handed: set[asyncio.Future[bool]] = set()

    def take_up(self, rows: Sequence[Row]) -> None:
        """Work at once on these as well, which were claimed in the course of other work."""
        self._handed |= {asyncio.ensure_future(self._work(row)) for row in rows}

    async def run(self) -> int:
        """Work until nothing is due, or for a while; returns how many rows were taken up.

        What cannot be claimed ends the run, and is raised, but not before what is under way has come to its end.
        """
        running: set[asyncio.Future[bool]] = set()
        try:
            return await self._keep_on(running)
        except Exception:
            while self._take_over(running):
                done, _ = await asyncio.wait(running)
                running -= done
                _errors(done)
            raise
        finally:
            self._take_over(running)
            for task in running:
                task.cancel()

    async def _keep_on(self, running: set[asyncio.Future[bool]]) -> int:
        loop = asyncio.get_running_loop()
        taken, until = 0, loop.time() + RUNS_FOR
        while True:
            free = self._size - len(running)
            due = await self._claim(free) if free > 0 else ()
            running |= {asyncio.ensure_future(self._work(row)) for row in due}
            taken += len(due)
            ended_one = await self._one_ends(running)
            if not (running or ended_one):
                return taken
            if loop.time() > until:
                if await self._all_end(running):
                    return taken
                until = loop.time() + RUNS_FOR

    async def _one_ends(self, running: set[asyncio.Future[bool]]) -> bool:
        """Wait until something ends that may make others due, or until something is due, and not for long."""
        loop, look_at = asyncio.get_running_loop(), math.inf
        while self._take_over(running):
            look_at = min(look_at, loop.time() + self._due_in().total_seconds())
            if look_at <= loop.time():
                break
            done, _ = await asyncio.wait(running, timeout=look_at - loop.time(), return_when=asyncio.FIRST_COMPLETED)
            running -= done
            if _freed(done):
                return True
        return False

    async def _all_end(self, running: set[asyncio.Future[bool]]) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + LAST_ONES_WITHIN
        while self._take_over(running) and loop.time() < until:
            done, _ = await asyncio.wait(running, timeout=until - loop.time())
            running -= done
            _freed(done)
        return not running

    def _take_over(self, running: set[asyncio.Future[bool]]) -> bool:
        """Take over what was handed on; True if anything is under way."""
        running |= self._handed
        self._handed.clear()
        return bool(running)


def _freed(done: Collection[asyncio.Future[bool]]) -> bool:
    """True if others may be due because of any of them. What the first has failed with is raised."""
    for error in _errors(done):
        raise error
    return any(task.result() for task in done)


def _errors(done: Collection[asyncio.Future[bool]]) -> list[BaseException]:
    """The errors of these tasks: each is asked, or asyncio would log that nobody did, with a traceback."""
    return [error for task in done if not task.cancelled() and (error := task.exception()) is not None]
