"""An event loop whose time is simulated: it stands still while anything can be done, then jumps to the next timer.

What takes minutes of waiting takes seconds, and every run takes the same steps. For code that waits by the loop alone:
threads and other processes live in real time. ``FakeClock.flow`` makes a clock go with it.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class SimulatedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._seconds = 0.0
        super().__init__(_Jumps(self))

    def time(self) -> float:
        return self._seconds

    def jump(self, seconds: float) -> None:
        self._seconds += seconds


class _Jumps(selectors.DefaultSelector):
    """Instead of waiting, lets the time pass."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if timeout is None and not ready:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        if timeout and not ready:
            self._loop.jump(timeout)
        return ready


def in_simulated_time(work: Coroutine[Any, Any, R]) -> R:
    """Do it to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(work)


def simulated(test: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """The same test in simulated time: how busy the machine is makes no difference to what it measures."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return in_simulated_time(test(*args, **kwargs))

    return run
