"""Background work as plain tasks, waited for at the end of a test."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class FakeBackground:
    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self.tasks.add(task)
        return task

    async def drained(self) -> None:
        """Wait for everything; the first failure is raised."""
        while pending := [task for task in self.tasks if not task.done()]:
            await asyncio.wait(pending)
        for task in self.tasks:
            task.result()

    async def killed(self) -> None:
        """Nothing is left of it when the process ends."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()
