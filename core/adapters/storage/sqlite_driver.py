"""SQLite as SQLAlchemy drives it, with one turn of the connection's thread for a statement instead of four.

aiosqlite does each step in a thread of the connection: make a cursor, execute, fetch, close. Each of the four wakes
that thread and the event loop once, which takes more time and CPU than the statement itself. A transaction begins in
the turn of its first statement, and where none has begun there is nothing to roll back. Closing and errors are left to
SQLAlchemy. A release of either that works otherwise inside shows in the tests of storage.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


@dataclass(slots=True)
class _Done:
    """A cursor whose rows have been fetched and which is closed."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """It is."""


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:  # noqa: ARG002 - the thread makes one with the statement
        return _Done()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        def execute(cursor: sqlite3.Cursor) -> sqlite3.Cursor:
            return cursor.execute(operation, parameters or ())

        await self._in_one_turn(execute)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._in_one_turn(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _in_one_turn(self, work: Callable[[sqlite3.Cursor], sqlite3.Cursor]) -> None:
        connection = self._connection
        begin = cast("OneTurnConnection", self._adapt_connection).take_begin()

        def do() -> tuple[_Done, list[Any]]:
            with closing(connection._conn.cursor()) as cursor:  # noqa: SLF001 - what its own thread works on
                if begin:
                    cursor.execute(begin)
                work(cursor)
                rows = cursor.fetchall() if cursor.description else []
                return _Done(cursor.description, cursor.rowcount, cursor.lastrowid), rows

        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 - as the class above
            self._cursor, rows = await connection._execute(do)  # noqa: SLF001 - the way into its thread
            self._rows = deque(rows)


class OneTurnConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_begin", "_has_begun")
    _cursor_cls = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin, self._has_begun = "", False

    def begin_with(self, statement: str) -> None:
        """Begin a transaction with the next statement."""
        self._begin = statement

    def take_begin(self) -> str:
        """The statement that is still to begin the transaction, or nothing.

        From now on there may be one: also when nobody waits for that statement any more.
        """
        begin, self._begin = self._begin, ""
        self._has_begun = self._has_begun or bool(begin)
        return begin

    def commit(self) -> None:
        if self._has_begun:
            super().commit()
        self._begin, self._has_begun = "", False

    def rollback(self) -> None:
        if self._has_begun:
            super().rollback()
        self._begin, self._has_begun = "", False


class OneTurnSqlite(AsyncAdapt_aiosqlite_dbapi):
    """The driver to give to ``create_async_engine`` as its ``module``."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        return OneTurnConnection(self, super().connect(*arg, **kw)._connection)  # noqa: SLF001 - the same, adapted anew
