"""Tells whoever listens that something in the local AWS has changed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    #: Counts up from 1.
    revision: int
    #: `subject.verb`: call.answered, operation.started, assignment.made, fault.added …
    kind: str
    facts: Mapping[str, Any]


class Changes:
    """A counter of changes, with subscribers and waiters. Everything runs in the event loop of the server."""

    def __init__(self) -> None:
        self.revision = 0
        self._subscribers: list[Callable[[Change], None]] = []
        self._waiters: set[asyncio.Future[None]] = set()

    def publish(self, kind: str, /, **facts: Any) -> None:
        self.revision += 1
        change = Change(self.revision, kind, facts)
        for subscriber in list(self._subscribers):
            subscriber(change)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def subscribe(self, subscriber: Callable[[Change], None]) -> Callable[[], None]:
        """Calls `subscriber` at each change from now on, until the function returned is called."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def after(self, revision: int, within: float) -> int:
        """The revision once it is beyond the given one, or as it is after `within` seconds."""
        if self.revision <= revision:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await asyncio.wait({waiter}, timeout=within)
            finally:
                self._waiters.discard(waiter)
                waiter.cancel()
        return self.revision

    async def until(self, condition: Callable[[], bool], within: float = 60) -> None:
        """Returns once the condition holds, looking again at each change; `TimeoutError` after that many seconds."""
        async with asyncio.timeout(within):
            while not condition():
                await self.after(self.revision, within)
