"""Work of minutes under a lease of seconds: it is held anew while the work goes on.

So what a process leaves when it dies is taken up soon, however long the work itself takes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import structlog

from core.domain.errors import Upstream

LEASE = timedelta(seconds=30)
HELD_ANEW_EVERY = timedelta(seconds=10)

T = TypeVar("T")

log = structlog.get_logger()


async def renewing(work: Coroutine[Any, Any, T], hold: Callable[[], Awaitable[object]]) -> T:
    """Do the work, and call ``hold`` now and then; Conflict, with the work cut off, when another has taken it over.

    While the database is away nothing is held anew: the lease may run out, and whoever takes over is fenced apart.
    """
    working = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({working}, timeout=HELD_ANEW_EVERY.total_seconds()))[0]:
            try:
                await hold()
            except Upstream as error:
                log.warning("lease cannot be held", because=str(error))
        return working.result()
    finally:
        working.cancel()
        await asyncio.wait({working})
