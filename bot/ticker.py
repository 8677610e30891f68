"""Runs a few pieces of work again and again: every so many seconds, and sooner when somebody nudges.

What is due stands in the database; a tick only goes and looks. So a tick that is missed, late or doubled does no
harm, and APScheduler keeps nothing but its intervals, in memory (docs/adr/0006).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.lifecycle import BackgroundTasks
from bot.logs import new_incident
from core.domain.errors import Conflict, Upstream, WrongClock
from core.ports import Clock

ObserveTick = Callable[[str, float, datetime | None], None]
"""Told of every run: name, seconds it took, when it succeeded (None when it failed)."""

MayWork = Callable[[], bool]
"""Asked before every run."""

_MISSED_INTERVALS = 5
_LEAST_PATIENCE = 45.0
"""Longer than the longest round takes while every call to AWS is silent until its time is over."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tick:
    """``run`` is called every ``seconds``, never twice at once. It bounds its own work.

    One that returns a length of time is called again after that, when it is sooner.
    """

    name: str
    seconds: float
    run: Callable[[], Awaitable[object]]
    waits: bool = False
    """It waits for AWS or for the chat platform: that it takes long says nothing about this process."""
    always: bool = False
    """It only looks, and runs while the process may do no work as well."""

    @property
    def patience(self) -> float:
        """Seconds without success after which something must be wrong."""
        return max(_MISSED_INTERVALS * self.seconds, _LEAST_PATIENCE)


class _Runner:
    """One tick, running or not, wanted again or not."""

    def __init__(
        self, tick: Tick, background: BackgroundTasks, clock: Clock, observe: ObserveTick, may_work: MayWork
    ) -> None:
        self._tick = tick
        self._may_work = may_work
        self._background = background
        self._clock = clock
        self._observe = observe
        self._is_running = False
        self._is_wanted_again = False
        self._has_failed = False
        self._is_stopped = False
        self._again: asyncio.TimerHandle | None = None
        self.last_success: datetime | None = None
        self.lively_since = time.monotonic()

    def start(self) -> bool:
        """Begin a run unless one is going on; the flag is set here, so that two calls in a row begin one run.

        It works for everybody, so it knows nothing of the act that nudged it: its context is empty.
        """
        if self._is_running or self._is_stopped:
            return False
        self._is_running = True
        Context().run(self._background.start, self._run(), f"tick {self._tick.name}")
        return True

    def nudge(self) -> None:
        self._is_wanted_again = not self.start()

    def stop(self) -> None:
        """Let the run that is under way be the last."""
        self._is_stopped, self._is_wanted_again = True, False

    async def fire(self) -> None:
        """The function that APScheduler calls. It must not run the tick itself: it would cancel it at shutdown."""
        self.start()

    @property
    def is_stalled(self) -> bool:
        """Without success for too long; one that is still waiting for somebody else is not, unless it failed before."""
        if self._tick.waits and self._is_running and not self._has_failed:
            return False
        return time.monotonic() - self.lively_since > self._tick.patience

    async def _run(self) -> None:
        try:
            await self._once()
            while self._is_wanted_again:
                self._is_wanted_again = False
                await self._once()
        finally:
            self._is_running = False

    async def _once(self) -> None:
        if not (self._tick.always or self._may_work()):
            return
        begun = time.monotonic()
        try:
            self._come_back(await self._tick.run())
        except WrongClock as wrong:  # found in the middle of it; nothing was written
            log.warning("tick was stopped", tick=self._tick.name, because=str(wrong))
        except Conflict as taken:  # it stood still for longer than its lease, and another replica goes on with it
            log.warning("tick was taken over", tick=self._tick.name, because=str(taken))
        except Upstream as error:  # AWS, Slack or the database was away: no fault of this program
            log.warning("tick failed", tick=self._tick.name, because=str(error))
            self._fail(begun)
        except Exception:  # a failure must end neither the other ticks nor this one's next run
            log.exception("tick failed", tick=self._tick.name, incident=new_incident())
            self._fail(begun)
        else:
            self._has_failed = False
            self.last_success = self._clock.now()
            self.lively_since = time.monotonic()
            self._observe(self._tick.name, self.lively_since - begun, self.last_success)

    def _fail(self, begun: float) -> None:
        self._has_failed = True
        self._observe(self._tick.name, time.monotonic() - begun, None)

    def _come_back(self, after: object) -> None:
        """A run may say when it is wanted again."""
        if self._again is not None:
            self._again.cancel()
        self._again = None
        if isinstance(after, timedelta):
            self._again = asyncio.get_running_loop().call_later(after.total_seconds(), self.start)


class Ticker:
    """All ticks of the process. Made by ``ticking``."""

    def __init__(
        self, ticks: Sequence[Tick], clock: Clock, observe: ObserveTick, may_work: MayWork = lambda: True
    ) -> None:
        self._background = BackgroundTasks()
        self._runners = {tick.name: _Runner(tick, self._background, clock, observe, may_work) for tick in ticks}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        for tick in ticks:
            self._scheduler.add_job(
                self._runners[tick.name].fire,
                IntervalTrigger(seconds=tick.seconds, timezone=UTC),
                id=tick.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._is_stopped = False

    def start(self) -> None:
        """Begin with a run of every tick: much may have become due while no process was running."""
        self._scheduler.start()
        for runner in self._runners.values():
            runner.start()

    def nudge(self, name: str) -> None:
        """Run a tick as soon as possible; when it is running now, exactly once more after that."""
        if not self._is_stopped:
            self._runners[name].nudge()

    def last_success(self, name: str) -> datetime | None:
        return self._runners[name].last_success

    def stalled(self) -> tuple[str, ...]:
        """Ticks without success for much longer than their interval, sorted: the process is not ready then."""
        return tuple(sorted(name for name, runner in self._runners.items() if runner.is_stalled))

    def rest(self) -> None:
        """Begin nothing more."""
        if not self._is_stopped:
            self._is_stopped = True
            for runner in self._runners.values():
                runner.stop()
            self._scheduler.shutdown(wait=False)

    async def stop(self, within: float) -> None:
        """Begin nothing more, and let what is running finish within that many seconds."""
        self.rest()
        await asyncio.sleep(0)  # APScheduler shuts down in the next turn of the loop
        await self._background.drain(within)


@asynccontextmanager
async def ticking(
    ticks: Sequence[Tick],
    clock: Clock,
    observe: ObserveTick,
    stop_within: Callable[[], float],
    may_work: MayWork = lambda: True,
) -> AsyncIterator[Ticker]:
    """Run the ticks for the length of an ``async with``, beginning with each of them once."""
    ticker = Ticker(ticks, clock, observe, may_work)
    ticker.start()
    try:
        yield ticker
    finally:
        await ticker.stop(stop_within())
