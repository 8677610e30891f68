"""The life of the process: background work, signals, and the order in which things are taken down."""

import asyncio
import math
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import Any, TypeVar

import structlog

from bot.logs import new_incident
from core.domain.errors import NotFound, Refused, Upstream, WrongClock

T = TypeVar("T")

SIGNALS = (signal.SIGTERM, signal.SIGINT)
AFTER_WORK = 5.0
"""Seconds for taking everything down, once what was begun has finished or was cut off."""
_TIME_TO_CANCEL = 1.0
"""Seconds that cancelled work has for cleaning up."""

log = structlog.get_logger()


class BackgroundTasks:
    """The only creator of tasks: none is lost to the garbage collector, fails unseen, or is forgotten at shutdown."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    def start(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        """Run the work on its own. A failure is logged with an incident id.

        Raises RuntimeError after ``drain``: the process is going, and the work would never be done.
        """
        if self._is_closed:
            work.close()
            raise RuntimeError(f"the process is stopping: {name} was not started")
        task = asyncio.create_task(work, name=name)  # noqa: TID251 - the place that the ban points to
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def __len__(self) -> int:
        return len(self._tasks)

    async def drain(self, within: float) -> tuple[str, ...]:
        """Let the work finish, work that it starts meanwhile included; cancel what takes longer.

        ``within`` is in seconds. Returns the names of what was cancelled, sorted.
        """
        deadline = asyncio.get_running_loop().time() + within
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
        self._is_closed = True
        return await self._cancel(set(self._tasks))

    async def _cancel(self, tasks: "set[asyncio.Task[Any]]") -> tuple[str, ...]:
        names = tuple(sorted(task.get_name() for task in tasks))
        if tasks:
            log.warning("background work was cut off", work=names)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_TIME_TO_CANCEL)
        return names

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if task.cancelled() or isinstance(error := task.exception(), Refused | NotFound):
            return  # a no by the rules is no fault: whoever waits for the task tells the person
        if isinstance(error, WrongClock):
            log.warning("background work was stopped", work=task.get_name(), because=str(error))
        elif isinstance(error, Upstream):  # AWS, Slack or the database was away: no fault of this program
            log.warning("background work was not done", work=task.get_name(), because=str(error))
        elif error is not None:
            log.error("background work failed", work=task.get_name(), incident=new_incident(), exc_info=error)


class Stopping:
    """The time left after the signal in which begun work may finish."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._until: float | None = None

    def begin(self) -> None:
        self._until = time.monotonic() + self._within

    def left(self, at_most: float = math.inf) -> float:
        """In seconds; all of it while no signal came, as when the start fails."""
        left = self._within if self._until is None else max(0.0, self._until - time.monotonic())
        return min(left, at_most)


@asynccontextmanager
async def draining(within: Callable[[], float]) -> AsyncIterator[BackgroundTasks]:
    """Background work for the length of an ``async with``, drained at its end within that many seconds."""
    background = BackgroundTasks()
    try:
        yield background
    finally:
        await background.drain(within())


def _exit_now(number: int) -> None:
    """Leave without cleaning up. Everything due stands in the database, so this loses nothing but time."""
    os._exit(128 + number)


def leave_now() -> None:
    """Leave with everything cleaned up but threads that wait for somebody else."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def stop_on_signals(force: Callable[[int], None] = _exit_now) -> Iterator[asyncio.Event]:
    """SIGTERM and SIGINT set the event; when one comes while it is set already, ``force`` is called with its number."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def receive(number: signal.Signals) -> None:
        if stop.is_set():
            log.warning("stopping at once", signal=number.name)
            force(number)
        else:
            log.info("stopping", signal=number.name)
            stop.set()

    for number in SIGNALS:
        loop.add_signal_handler(number, receive, number)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


async def run_until_stopped(
    start: Callable[[AsyncExitStack], Awaitable[None]],
    force: Callable[[int], None] = _exit_now,
    *,
    stopped_within: float = 30,
) -> None:
    """Start everything, wait for a signal, and take everything down in reverse order.

    ``start`` enters each part into the stack as soon as it runs, so that a failure halfway takes down what came
    before it. A signal that comes while it is still starting is heard at once, whatever it waits for. A part that
    fails to end does not keep the others from ending, and one that does not end at all keeps the process for
    ``stopped_within`` seconds, no longer.
    """
    with stop_on_signals(force) as stop, ExitStack() as watch:
        async with AsyncExitStack() as parts:
            if await _before(stop, start(parts)):
                log.info("started")
            await stop.wait()
            watch.callback(asyncio.get_running_loop().call_later(stopped_within, _stop_anyway, force).cancel)
        log.info("stopped")


async def _before(stop: asyncio.Event, work: Awaitable[None]) -> bool:
    """Do the work unless the signal comes first: then it is cancelled. Returns whether it was done."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return True
        log.info("stopped while starting")
        working.cancel()
        await asyncio.wait({working}, timeout=_TIME_TO_CANCEL)
        return False
    finally:
        stopping.cancel()
        working.cancel()


def _stop_anyway(force: Callable[[int], None]) -> None:
    left = sorted(f"{task.get_name()}: {task.get_coro()}" for task in asyncio.all_tasks())
    log.error("did not stop in time: leaving at once", left=left)
    force(signal.SIGTERM)
