"""A real PostgreSQL for a few histories: slower, and true to how rows are fought for."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from core.adapters.storage.engine import Database
from core.ports import UnitOfWork
from tests.databases import emptying
from tests.model.prepared import prepare


class CountingDatabase(Database):
    """Knows how many units of work are open: while one is, time does not jump."""

    at_work = 0

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[UnitOfWork]:
        async with self._counted(super().open()) as unit:
            yield unit

    @asynccontextmanager
    async def look(self) -> AsyncGenerator[UnitOfWork]:
        async with self._counted(super().look()) as unit:
            yield unit

    @asynccontextmanager
    async def _counted(self, opening: AbstractAsyncContextManager[UnitOfWork]) -> AsyncGenerator[UnitOfWork]:
        self.at_work += 1
        try:
            async with opening as unit:
                yield unit
        finally:
            self.at_work -= 1


class PostgresqlStorage:
    """Emptied, and prepared anew, for each history."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._database: CountingDatabase | None = None
        self._beside: Any = None
        self._asking = 0
        self._turn = asyncio.Lock()

    @property
    def database(self) -> CountingDatabase:
        assert self._database is not None
        return self._database

    def is_busy(self) -> bool:
        """True if the server owes an answer."""
        return self._asking > 0 or (self._database is not None and self._database.at_work > 0)

    async def fresh(self) -> Database:
        address = make_url(self._url).set(drivername="postgresql")
        with self._asked():
            self._beside = await asyncpg.connect(address.render_as_string(hide_password=False))
            await self._beside.execute(emptying())
        self._turn = asyncio.Lock()
        self._database = CountingDatabase(self._url)
        await prepare(self, self._database)
        return self._database

    async def rows(self, statement: str) -> list[Any]:
        with self._asked():
            async with self._turn:
                return [tuple(row) for row in await self._beside.fetch(statement)]

    async def close(self) -> None:
        with self._asked():
            await self.database.close()
            await self._beside.close()

    @contextmanager
    def _asked(self) -> Iterator[None]:
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1
