"""A connection is lost in the middle: whoever used it reads that the database is away, and nothing else is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InternalError

from core.adapters.storage.engine import Database
from core.adapters.storage.errors import translate, translated
from core.domain.errors import Side, UpstreamBusy
from core.domain.ids import RequestId
from tests.databases import END_OTHERS

NOBODYS = RequestId(1)
TANGLED = asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")


@pytest.fixture
async def beside(postgresql_url: str) -> AsyncIterator[Any]:
    address = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    yield connection
    await connection.close()


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[Database]:
    opened = Database(postgresql_url)
    yield opened
    await opened.close()


@pytest.mark.parametrize("notices", [True, False], ids=["noticed", "unnoticed"])
async def test_leaving_a_unit_of_work_whose_connection_was_lost_says_nothing_of_its_own(
    database: Database, beside: Any, *, notices: bool
) -> None:
    async with database.open() as unit:
        await unit.requests.get(NOBODYS)
        await beside.execute(END_OTHERS)
        if notices:
            await asyncio.sleep(0.1)
    async with database.open() as unit:
        await unit.requests.get(NOBODYS)
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_units_of_work_whose_connections_are_lost_again_and_again_keep_none(
    database: Database, beside: Any
) -> None:
    async def use() -> None:
        for _ in range(15):
            try:
                async with database.open() as unit:
                    await unit.requests.get(NOBODYS)
                    await unit.commit()
            except UpstreamBusy as busy:
                assert busy.side is Side.STORAGE  # noqa: PT017 - whether it is raised is luck

    async def end() -> None:
        while True:
            await beside.execute(END_OTHERS)
            await asyncio.sleep(0.01)

    ending = asyncio.ensure_future(end())
    await asyncio.gather(*(use() for _ in range(10)))
    ending.cancel()
    await asyncio.wait({ending})
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [TANGLED, InternalError("SELECT 1", {}, TANGLED)], ids=["raw", "wrapped"])
def test_a_driver_that_got_tangled_means_that_the_database_is_away(
    error: InternalError | asyncpg.InternalClientError,
) -> None:
    if isinstance(error, DBAPIError):
        error.orig.__cause__ = TANGLED  # type: ignore[union-attr]
    assert isinstance(translate(error), UpstreamBusy)
    with pytest.raises(UpstreamBusy) as raised, translated():
        raise error
    assert raised.value.side is Side.STORAGE
