"""A place outside that gets events: what it took, and what it answers instead."""

import asyncio
from collections import deque

from core.domain.outgoing_events import OutgoingEvent


class FakeReceiver:
    def __init__(self) -> None:
        self.taken: list[OutgoingEvent] = []
        self.fails: deque[Exception] = deque()
        """Raised by the next calls instead of taking anything."""
        self.down: Exception | None = None
        self.silent: asyncio.Event | None = None
        """Waited for before anything is answered."""

    async def send(self, event: OutgoingEvent) -> None:
        await asyncio.sleep(0)
        if self.silent is not None:
            await self.silent.wait()
        if self.fails:
            raise self.fails.popleft()
        if self.down is not None:
            raise self.down
        self.taken.append(event)

    @property
    def actions(self) -> list[str]:
        return [event.action for event in self.taken]
