"""SQLite in the event loop's thread: what runs there at once, and that nothing there waits."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text

from core.adapters.storage import sqlite_driver
from core.adapters.storage.engine import Database
from tests.adapters.storage.samples import ADA, NOW, PENDING, commit, stored

LONG = "SELECT (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n)"
LONG_CLAIM = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
    "UPDATE request SET ticket = 'claimed' WHERE (SELECT max(i) FROM n) RETURNING id"
)


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    database = Database(sqlite_url)
    await stored(database, PENDING)
    yield database
    await database.close()


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for everything that is done in a thread."""
    noted, execute = list[str](), aiosqlite.Connection._execute

    async def noting(self: Any, work: Any, *given: Any, **named: Any) -> Any:
        noted.append(str(work))
        return await execute(self, work, *given, **named)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noting)
    return noted


async def count(database: Database) -> int:
    async with database.look() as unit:
        return len(await unit.requests.of_requester(ADA, limit=100))


async def test_the_thread_is_needed_for_a_commit_alone(database: Database, turns: list[str]) -> None:
    assert await count(database) == 1
    assert len(turns) == 0
    await commit(database, lambda unit: unit.requests.add(PENDING))
    assert len(turns) == 1
    async with database.open() as unit:
        await unit.requests.add(PENDING)
    assert len(turns) == 1
    assert await count(database) == 2


async def test_a_round_that_finds_nothing_needs_no_thread(database: Database, turns: list[str]) -> None:
    async with database.open() as unit:
        assert not await unit.outbox.claim(NOW, timedelta(minutes=1), 10)
        await unit.commit()
    assert len(turns) == 0


@pytest.mark.parametrize("limit", [0.0, 600.0])
async def test_a_claim_that_takes_long_is_broken_off_and_begun_anew_in_the_thread(
    database: Database, monkeypatch: pytest.MonkeyPatch, turns: list[str], limit: float
) -> None:
    monkeypatch.setattr(sqlite_driver, "AT_ONCE", limit)
    async with database.engine.connect() as connection:
        assert len((await connection.execute(text(LONG_CLAIM))).all()) == 1
        await connection.execute(text("UPDATE request SET account_name = 'kept'"))
        await connection.commit()
    assert len(turns) == 1 + (limit == 0)
    async with database.engine.connect() as connection:
        stored = (await connection.execute(text("SELECT ticket, account_name FROM request"))).one()
    assert tuple(stored) == ("claimed", "kept")


@pytest.mark.parametrize("limit", [0.0, 600.0])
async def test_a_claim_after_something_was_written_is_never_broken_off(
    database: Database, monkeypatch: pytest.MonkeyPatch, turns: list[str], limit: float
) -> None:
    """SQLite would undo what was written before it."""
    monkeypatch.setattr(sqlite_driver, "AT_ONCE", limit)
    async with database.engine.connect() as connection:
        await connection.execute(text("UPDATE request SET account_name = 'kept'"))
        assert len((await connection.execute(text(LONG_CLAIM))).all()) == 1
        assert len(turns) == 1
        await connection.commit()
    async with database.engine.connect() as connection:
        stored = (await connection.execute(text("SELECT ticket, account_name FROM request"))).one()
    assert tuple(stored) == ("claimed", "kept")


async def test_a_lock_of_another_process_keeps_only_those_waiting_who_need_it(database: Database) -> None:
    with closing(sqlite3.connect(str(database.address.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(commit(database, lambda unit: unit.requests.add(PENDING)))
        assert await count(database) == 1
        await asyncio.sleep(0)
        assert not writing.done()
        other.execute("ROLLBACK")
    await writing
    assert await count(database) == 2


async def test_who_stops_waiting_for_a_lock_leaves_nothing_behind(database: Database, turns: list[str]) -> None:
    with closing(sqlite3.connect(str(database.address.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(commit(database, lambda unit: unit.requests.add(PENDING)))
        while not turns:  # noqa: ASYNC110 - until it waits in the thread
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await count(database) == 1
    await commit(database, lambda unit: unit.requests.add(PENDING))
    assert await count(database) == 2


@pytest.mark.parametrize("limit", [0.0, sqlite_driver.AT_ONCE, 600.0])
async def test_a_long_look_goes_on_in_the_thread_in_the_same_transaction(
    database: Database, monkeypatch: pytest.MonkeyPatch, turns: list[str], limit: float
) -> None:
    monkeypatch.setattr(sqlite_driver, "AT_ONCE", limit)
    async with database.engine.connect() as connection:
        await connection.execute(text("UPDATE request SET ticket = 'kept'"))
        assert (await connection.execute(text(LONG))).scalar_one() == 300000
        assert len(turns) == (limit < 600)
        await connection.commit()
    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT ticket FROM request"))).scalar_one() == "kept"


async def test_many_looks_in_a_row_let_others_on(database: Database) -> None:
    others = 0

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    async with database.engine.connect() as connection:
        beside = asyncio.ensure_future(other())
        while others < 3:
            await connection.execute(text("SELECT 1"))
        beside.cancel()
