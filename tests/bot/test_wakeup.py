"""Hearing of work that others left, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bot.lifecycle import BackgroundTasks
from bot.wakeup import Wakeup, listening
from tests.bot.waiting import turns, until
from tests.databases import END_OTHERS

END_LISTENERS = f"{END_OTHERS} AND query LIKE 'LISTEN%'"


class Bell:
    """Counts how often it rang, and keeps for what."""

    def __init__(self) -> None:
        self.heard: list[Collection[str] | None] = []

    def __call__(self, kinds: Collection[str] | None) -> None:
        self.heard.append(kinds)

    @property
    def rings(self) -> int:
        return len(self.heard)


@pytest.fixture
async def postgresql(postgresql_url: str) -> AsyncIterator[Any]:
    """A connection of somebody else's."""
    address = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    yield connection
    await connection.close()


async def test_a_notification_is_heard(postgresql_url: str, postgresql: Any) -> None:
    bell, background = Bell(), BackgroundTasks()
    async with listening(lambda: postgresql_url, bell, background):
        await until(lambda: bell.rings == 1)  # for what was said before anybody listened
        await postgresql.execute("NOTIFY teambot")
        await until(lambda: bell.rings == 2)
        await postgresql.execute("NOTIFY teambot, 'assignments,outbox'")
        await until(lambda: bell.rings == 3)

    assert bell.heard == [None, None, ["assignments", "outbox"]]
    assert len(background) == 0


async def test_other_channels_are_not_heard(postgresql_url: str, postgresql: Any) -> None:
    bell = Bell()
    async with listening(lambda: postgresql_url, bell, BackgroundTasks()):
        await until(lambda: bell.rings == 1)
        await postgresql.execute("NOTIFY other")
        await postgresql.execute("NOTIFY teambot")
        await until(lambda: bell.rings == 2)
        await turns()

    assert bell.rings == 2


async def test_a_lost_connection_is_made_anew_and_what_was_missed_is_looked_for(
    postgresql_url: str, postgresql: Any
) -> None:
    bell = Bell()
    async with listening(lambda: postgresql_url, bell, BackgroundTasks()):
        await until(lambda: bell.rings == 1)
        await postgresql.execute(END_LISTENERS)
        await until(lambda: bell.rings == 2)
        await postgresql.execute("NOTIFY teambot")
        await until(lambda: bell.rings == 3)


@pytest.mark.parametrize("error", [asyncpg.InternalClientError("tangled"), asyncpg.InterfaceError("closed"), OSError()])
async def test_whatever_a_connection_is_lost_by_the_next_one_is_made(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    connect, refusals = asyncpg.connect, [error, error]

    async def refused(*args: Any, **named: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return await connect(*args, **named)

    monkeypatch.setattr(asyncpg, "connect", refused)
    bell, background = Bell(), BackgroundTasks()
    listening = background.start(Wakeup(lambda: postgresql_url, bell, retry_after=0.01).listen(), "wakeup")
    await until(lambda: bell.rings == 1)
    listening.cancel()
    await asyncio.wait({listening})


async def test_a_connection_that_stays_silent_is_probed_and_kept(postgresql_url: str, postgresql: Any) -> None:
    probed = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT 1' AND datname = current_database()"
    bell = Bell()
    async with listening(lambda: postgresql_url, bell, BackgroundTasks(), probe_every=0.02):
        async with asyncio.timeout(60):
            while not await postgresql.fetchval(probed):
                pass
        await postgresql.execute("NOTIFY teambot")
        await until(lambda: bell.rings == 2)


async def test_a_server_that_answers_only_later_is_waited_for(postgresql_url: str) -> None:
    bell = Bell()
    addresses = ["postgresql+asyncpg://nobody@127.0.0.1:1/x"]
    wakeup = Wakeup(lambda: addresses[-1], bell, retry_after=0.01)
    listens = asyncio.ensure_future(wakeup.listen())
    await turns()
    assert bell.rings == 0

    addresses.append(postgresql_url)
    await until(lambda: bell.rings == 1)
    listens.cancel()
    await asyncio.wait({listens})


async def test_on_sqlite_there_is_nothing_to_hear() -> None:
    bell, background = Bell(), BackgroundTasks()
    async with listening(lambda: "sqlite+aiosqlite:///teambot.db", bell, background):
        await turns()

        assert (bell.rings, len(background)) == (0, 0)
