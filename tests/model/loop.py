"""Simulated time: a loop whose clock stands still while there is anything to do, and then jumps to the next timer.

A history of hours takes milliseconds, every run of it is the same, and what waits for a time-out waits in this time
too: ``asyncio.sleep``, ``asyncio.timeout`` and everything built on them.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

BEGIN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
A_MOMENT = 0.01
"""Seconds of real time for which a database is waited for before it is looked at again."""
LONGEST_WAIT = 30.0
"""Seconds of real time after which a database that does not answer is given up."""


class Stuck(Exception):
    """Nothing will ever happen any more: everybody waits for somebody else."""


class _Timeless(selectors.DefaultSelector):
    """Waits for no real time, unless something real is being waited for."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        super().__init__()
        self.now = 0.0
        self._is_busy = is_busy
        self._waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._is_busy():
            return self._look(timeout)
        if timeout is None:
            raise Stuck
        if timeout > 0:
            self.now += timeout
        return []

    def _look(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """A moment of real time, while simulated time stands still."""
        wait = A_MOMENT if timeout is None else min(timeout, A_MOMENT)
        found = super().select(wait)
        self._waited = 0.0 if found else self._waited + wait
        if self._waited > LONGEST_WAIT:
            raise Stuck
        return found


class SimulatedLoop(asyncio.SelectorEventLoop):
    """``is_busy``: whether something real, a database server, owes an answer; time stands still until it has come."""

    def __init__(self, is_busy: Callable[[], bool] = lambda: False) -> None:
        self._timeless = _Timeless(is_busy)
        super().__init__(self._timeless)

    def time(self) -> float:
        return self._timeless.now


class SimulatedClock:
    """The time of the running loop, as one computer has it: ``ahead`` of the true time by so much."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        passed = timedelta(seconds=asyncio.get_running_loop().time())
        return BEGIN + passed + self.ahead


def simulate(work: Coroutine[Any, Any, T], is_busy: Callable[[], bool] = lambda: False) -> T:
    """Run to the end in a time of its own."""
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(is_busy)) as runner:
        runner.get_loop().set_exception_handler(_tell)
        return runner.run(work)


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tasks of a process that was killed end as it does, and nobody asks them why."""
    if isinstance(context.get("exception"), Exception):
        loop.default_exception_handler(context)
