"""SQLite in memory for thousands of histories: the program's statements, without a file, a thread or migrations each.

What each history begins with is the image of a migrated database. A unit of work is alone from its first statement on,
as it is in the program.
"""

import asyncio
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import StaticPool
from sqlalchemy.util import await_

from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import upgrade

_WAL_MARKS = slice(18, 20)
"""Bytes of the file's header that say "write-ahead log", which none in memory has (SQLite file format, 1.3.3)."""


class ThreadlessDialect(SQLiteDialect_pysqlite):
    """Says that it is asynchronous, because all that it waits for is there at once."""

    is_async = True
    supports_statement_cache = True
    driver = "threadless"

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:  # noqa: ARG002
        cursor.execute(statement, parameters)
        await_(_at_once())  # SQLAlchemy insists on something to wait for

    def do_executemany(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:  # noqa: ARG002
        cursor.executemany(statement, parameters)
        await_(_at_once())


async def _at_once() -> None:
    pass


registry.register("sqlite.threadless", __name__, "ThreadlessDialect")


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """The method that SQLAlchemy asks of asynchronous cursors; there is nothing to close."""


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class MemorySqlite:
    """One engine for all histories of a process, because each engine compiles every statement anew."""

    def __init__(self, image: bytes) -> None:
        self._image = image
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, factory=_Connection
        )
        self.database = Database("sqlite+aiosqlite:///never-opened.db")
        self.database.engine = AsyncEngine(self._engine())
        self.database.look = self.database.open  # type: ignore[method-assign]  # one connection is for one at a time

    @classmethod
    def migrated(cls) -> "MemorySqlite":
        """Migrate once, in a file, and take that for an image."""
        with tempfile.TemporaryDirectory(prefix="teambot-") as folder:
            file = Path(folder) / "template.db"
            asyncio.run(upgrade(f"sqlite+aiosqlite:///{file}"))
            with sqlite3.connect(file) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            image = bytearray(file.read_bytes())
        image[_WAL_MARKS] = b"\x01\x01"
        return cls(bytes(image))

    async def fresh(self) -> Database:
        """The database as the migrations left it. Whoever had it before must be done with it."""
        if self._connection.in_transaction:
            self._connection.rollback()
        self._connection.deserialize(self._image)
        self._connection.execute("PRAGMA foreign_keys = ON")
        self.database._turn = asyncio.Lock()
        return self.database

    def keep(self) -> None:
        """Let every history from now on begin with what is there now."""
        self._image = self._connection.serialize()

    def is_busy(self) -> bool:
        """Never: all that it is asked is there at once."""
        return False

    async def close(self) -> None:
        """It goes on to the next history."""

    async def rows(self, statement: str) -> list[Any]:
        """The rows that are there, read beside the program."""
        return self._connection.execute(statement).fetchall()

    def _engine(self) -> Any:
        engine = create_engine(
            "sqlite+threadless://", creator=lambda: self._connection, poolclass=StaticPool, hide_parameters=True
        )

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine
