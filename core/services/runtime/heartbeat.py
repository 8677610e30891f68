"""One replica's sign of life: its clock is compared with the database's, and its share of AWS's calls taken.

A replica whose clock is wrong does no work. That is known at every moment, not only at the comparison: from one to the
next the machine's steady clock tells whether the time of day was moved.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from core.domain.errors import WrongClock
from core.domain.replicas import ALIVE_WITHIN, ClockState, Replica, judge_clock, share
from core.ports import CallBudget, MachineClock, OpenUnit

SHARE_HOLDS = timedelta(seconds=15)
"""A share that was not renewed for so long is given up: before the others take it."""
LONGEST_COMPARISON = timedelta(seconds=1)
"""An answer that took longer says too little of when it was given; unless there was none before."""

ObserveDifference = Callable[[timedelta], None]
"""Told at each beat how far the clock is ahead."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Compared:
    """At this reading of the steady clock the database's clock showed this."""

    steady: timedelta
    at: datetime


class Heartbeat:
    """``open_unit`` opens units of work that this replica may commit whatever its clock is."""

    def __init__(
        self, open_unit: OpenUnit, clock: MachineClock, budget: CallBudget, name: str, observe: ObserveDifference
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._budget = budget
        self._name = name
        self._observe = observe
        self._compared: _Compared | None = None
        self._told = ClockState.RIGHT
        self.has_share = False
        """False while the other replicas have not made room for this one."""

    def ahead(self) -> timedelta:
        """The time by which this machine's clock is ahead of the database's; nothing before the first comparison."""
        if self._compared is None:
            return timedelta()
        now = self._clock.read()
        return now.at - (self._compared.at + (now.steady - self._compared.steady))

    def admit(self) -> None:
        """Raises WrongClock while this replica must do no work."""
        if not self.may_work():
            raise WrongClock(self.ahead())

    def may_work(self) -> bool:
        """True if ``admit`` lets it."""
        return judge_clock(self.ahead()) is not ClockState.WRONG

    async def beat(self) -> None:
        """Give a sign of life, look at the clock, and take the share of the calls that is free."""
        begun = self._clock.read()
        await self._compare()
        async with self._open_unit() as unit:
            now = await unit.replicas.time() or begun.at
            alive = {replica.name: replica for replica in await unit.replicas.alive(now - ALIVE_WITHIN)}
            is_new = self._name not in alive
            own = alive.pop(self._name, Replica(self._name))
            divides_by = share(own.divides_by, alive.values())
            beaten = replace(own, divides_by=divides_by, clock_ahead=self.ahead())
            await unit.replicas.put(beaten, now, is_news=is_new or divides_by != own.divides_by)
            await unit.commit()
        self.has_share = divides_by > 0
        self._budget.divide(divides_by, SHARE_HOLDS - (self._clock.read().steady - begun.steady))
        self._tell()

    async def leave(self) -> None:
        """Give the share to the others: this process makes no more calls."""
        async with self._open_unit() as unit:
            await unit.replicas.remove(self._name)
            await unit.commit()

    async def _compare(self) -> None:
        before = self._clock.read()
        async with self._open_unit() as unit:
            at = await unit.replicas.time()
        after = self._clock.read()
        took = after.steady - before.steady
        if at is not None and (took <= LONGEST_COMPARISON or self._compared is None):
            self._compared = _Compared(before.steady + took / 2, at)

    def _tell(self) -> None:
        """Say it when it changes; the metric says it always."""
        ahead = self.ahead()
        self._observe(ahead)
        state, told = judge_clock(ahead), self._told
        self._told = state
        if state is told:
            return
        seconds = round(ahead.total_seconds(), 1)
        match state:
            case ClockState.RIGHT:
                log.info("the clock is right again", ahead=seconds)
            case ClockState.OFF:
                log.warning("the clock is not the database's", ahead=seconds)
            case ClockState.WRONG:
                log.error("the clock is wrong: this replica does no work until it is right", ahead=seconds)
