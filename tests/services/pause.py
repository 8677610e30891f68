"""Holds one call to the outside up, so that something else can happen meanwhile."""

import asyncio

from tests.fakes.chat import FakeMessenger
from tests.fakes.cloud import FakeCloud


class Pause:
    """The next call of that name, or the very next one, waits until it is let go."""

    def __init__(self, outside: FakeCloud | FakeMessenger, call: str = "") -> None:
        self._outside = outside
        self._call = call
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()
        outside.before = self

    async def __call__(self, call: str) -> None:
        if self._call in ("", call):
            self._outside.before = None
            self.reached.set()
            await self.go_on.wait()
