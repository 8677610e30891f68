"""A clock that stands still until it is moved, and the clocks of a machine that may be wrong."""

import asyncio
from datetime import UTC, datetime, timedelta

from core.ports import ClockReading

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self, start: datetime = NOON) -> None:
        self._now = start
        self._flows_since: float | None = None

    def now(self) -> datetime:
        if self._flows_since is None:
            return self._now
        return self._now + timedelta(seconds=asyncio.get_running_loop().time() - self._flows_since)

    def flow(self) -> None:
        """Go with the time of the event loop from now on."""
        self._flows_since = asyncio.get_running_loop().time()

    def move(self, by: timedelta) -> None:
        self._now += by


class FakeMachineClock:
    """``ahead`` is by how much the machine's time of day is wrong."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._began = clock.now()
        self.ahead = timedelta()

    def read(self) -> ClockReading:
        now = self._clock.now()
        return ClockReading(now + self.ahead, now - self._began)
