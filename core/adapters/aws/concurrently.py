"""Several awaitables at once, with one plain error when one of them fails."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

R = TypeVar("R")


async def concurrently(coroutines: Iterable[Coroutine[Any, Any, R]]) -> list[R]:
    """Return what all of them return, in order.

    The first failure cancels the rest, is waited for, and is raised itself rather than in a group: callers
    catch ``UpstreamBusy``, wherever it came from. ``asyncio.gather`` would leave the rest running.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in coroutines]
    except BaseExceptionGroup as failed:
        first = failed.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]
