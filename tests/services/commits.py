"""Looks at a world after each of its commits: a process that dies there leaves what is so then."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from core.ports import UnitOfWork
from tests.services.world import World

Seen = TypeVar("Seen")


def seen_after_commits(world: World, look: Callable[[], Awaitable[Seen]]) -> list[Seen]:
    """Start the world anew; everything that ``look`` sees from now on, after each unit of work."""
    seen, opened = list[Seen](), world.open_unit

    @asynccontextmanager
    async def watched() -> AsyncGenerator[UnitOfWork]:
        async with opened() as unit:
            yield unit
        seen.append(await look())

    world.open_unit = watched
    world.start()
    return seen
