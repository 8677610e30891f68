"""A pooler that gives each transaction another connection is found out; one that gives a session one is used."""

import asyncio
import socket

from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import upgrade
from core.adapters.storage.pooler import shares_connections
from core.adapters.storage.schema_state import SchemaState
from tests.adapters.storage.samples import PENDING, stored
from tests.poolers import pooled


async def listens(url: str) -> None:
    address = make_url(url)
    async with asyncio.timeout(60):
        while True:
            try:
                socket.create_connection((str(address.host), int(address.port or 0)), 1).close()
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_a_connection_to_postgresql_itself_is_ones_own(postgresql_url: str) -> None:
    assert not await shares_connections(make_url(postgresql_url))


async def test_on_sqlite_there_is_nothing_in_between(sqlite_url: str) -> None:
    assert not await shares_connections(make_url(sqlite_url))


async def test_pooling_by_transaction_is_found_out(postgresql_url: str) -> None:
    with pooled(postgresql_url, "transaction") as url:
        await listens(url)
        for _ in range(3):
            assert await shares_connections(make_url(url))


async def test_pooling_by_session_does(postgresql_url: str) -> None:
    with pooled(postgresql_url, "session") as url:
        await listens(url)
        assert not await shares_connections(make_url(url))
        assert await upgrade(url) is SchemaState.CURRENT
        database = Database(url)
        try:
            await stored(database, PENDING)
            async with database.engine.connect() as connection:
                limit = (await connection.execute(text("SHOW idle_in_transaction_session_timeout"))).scalar_one()
            assert limit == "10s"
        finally:
            await database.close()
