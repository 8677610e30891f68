"""A world whose database is replaced by a backup of it, while AWS, the archive and the chat go on as they are."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from core.adapters.storage.engine import Database
from tests import backups
from tests.services.world import World

Restore = Callable[[World, Path], Awaitable[World]]


async def take(database: Database, folder: Path) -> Path:
    """While the database is used."""
    return await backups.take(_url(database), folder)


async def restore(world: World, backup: Path) -> World:
    """The process ends, the backup takes the database's place, and a process begins anew on it."""
    memory, database = world.remembered(), world.database
    await world.background.drained()
    await database.close()
    await backups.put_back(_url(database), backup)
    again = World(Database(_url(database)))
    again.archive, again.messenger = world.archive, world.messenger
    again.remember(memory)
    return again


def _url(database: Database) -> str:
    return database.address.render_as_string(hide_password=False)
