"""A source of session activity in memory: it tells what it was given, other people's events included."""

import asyncio
from collections import deque

from core.domain.activity import ActivityEvent, ActivityQuery, Limit
from core.domain.errors import Upstream
from core.ports import Findings


class FakeActivity:
    name = "Fake logs"

    def __init__(self) -> None:
        self.events: list[ActivityEvent] = []
        self.limits: frozenset[Limit] = frozenset()
        self.most_events = 10_000
        self.unread = 0
        """Records that were found and could not be read."""
        self.fails: deque[Upstream] = deque()
        """Raised by the next calls."""
        self.down: Upstream | None = None
        self.asked: list[ActivityQuery] = []
        self.held: asyncio.Event | None = None
        """Nothing is answered until it is set."""
        self.stopped = 0
        """Questions that were given up before they were answered."""

    async def read(self, query: ActivityQuery) -> Findings:
        self.asked.append(query)
        await self._answer()
        here = [event for event in self.events if event.recipient == query.account]
        limits = self.limits | ({Limit.CUT} if len(here) > self.most_events else frozenset())
        return Findings(here[: self.most_events], limits, self.unread)

    async def check(self) -> str:
        await self._answer()
        return f"{len(self.events)} events"

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.held is not None:
            try:
                await self.held.wait()
            except asyncio.CancelledError:
                self.stopped += 1
                raise
        if self.fails:
            raise self.fails.popleft()
        if self.down is not None:
            raise self.down
