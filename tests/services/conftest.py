"""A world for each test: on SQLite, which is quick, and on both databases where rows are fought for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import aiosqlite.core
import pytest
from sqlalchemy.engine import make_url

from core.adapters.storage import engine
from core.adapters.storage.engine import Database
from tests.databases import (  # noqa: F401
    SqliteDatabases,
    database,
    database_url,
    databases,
    engines,
    postgresql_databases,
    postgresql_server,
    postgresql_url,
    sqlite_databases,
    sqlite_url,
)
from tests.services import backup
from tests.services.backup import Restore
from tests.services.quick import AtOnce, NoThread, QuickSqlite
from tests.services.world import Memory, World, opened


@pytest.fixture(autouse=True)
def patient_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine seconds pass between two statements, and nothing is wrong."""
    for limit in ("CONNECT_WITHIN", "ANSWER_WITHIN", "LOCK_WITHIN"):
        monkeypatch.setattr(engine, limit, timedelta(minutes=2))
    monkeypatch.setattr(engine, "LIMITS", "SET lock_timeout = '120s'")


@pytest.fixture(scope="session")
def one_quick_sqlite(sqlite_databases: SqliteDatabases, quick_folder: Path) -> QuickSqlite:  # noqa: F811
    with sqlite_databases.migrated() as url:
        template = Path(str(make_url(url).database)).read_bytes()
    return QuickSqlite(quick_folder / "quick.db", template)


@pytest.fixture
def quick_sqlite(one_quick_sqlite: QuickSqlite, monkeypatch: pytest.MonkeyPatch) -> QuickSqlite:
    monkeypatch.setattr(aiosqlite.core, "Thread", NoThread)
    monkeypatch.setattr(aiosqlite.core, "SimpleQueue", AtOnce)
    return one_quick_sqlite


@pytest.fixture(scope="session")
def beginnings() -> list[tuple[bytes, Memory]]:
    """The database and the memory of a world that has just been built, once there was one."""
    return []


@pytest.fixture
async def world(quick_sqlite: QuickSqlite, beginnings: list[tuple[bytes, Memory]]) -> AsyncIterator[World]:
    if not beginnings:
        async with opened(quick_sqlite.fresh()) as first:
            memory = first.remembered()
        beginnings.append((quick_sqlite.content(), memory))
    content, memory = beginnings[0]
    async with opened(quick_sqlite.fresh(content), memory) as world:
        yield world


@pytest.fixture
def lists_behind(world: World) -> None:
    """AWS's lists show what happened a moment later, as they do; where another's hand is in it, say they don't."""
    world.cloud.lists_behind = timedelta(seconds=3)


@pytest.fixture
async def world_on_both(database: Database) -> AsyncIterator[World]:  # noqa: F811
    """The same on SQLite and on PostgreSQL, with their own threads and connections."""
    async with opened(database) as world:
        yield world


@pytest.fixture
async def restored() -> AsyncIterator[Restore]:
    """Begins anew with the database as it was saved, and closes what it has begun."""
    async with AsyncExitStack() as stack:

        async def restore(world: World, saved: Path) -> World:
            again = await backup.restore(world, saved)
            stack.push_async_callback(again.database.close)
            stack.push_async_callback(again.background.drained)
            return again

        yield restore
