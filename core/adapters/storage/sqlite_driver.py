"""SQLite as SQLAlchemy drives it: a statement that waits for nothing runs at once, and the others in a thread.

aiosqlite does each step in a thread of the connection: make a cursor, execute, fetch, close. Each of the four wakes
that thread and the event loop once, which takes far more time and CPU than the statement itself, and on a busy machine
several milliseconds. So a statement runs in the event loop's thread where nothing keeps it waiting:

- Locks are tried there, and waited for in the thread: SQLite's own waiting is switched off outside of it.
- A SELECT that has not ended after ``AT_ONCE`` is broken off, and done again in the thread.
- A commit waits for the disk, in the thread. A rollback waits for nothing.

A transaction begins with its first statement, and where none has begun there is nothing to roll back. Closing and
errors are left to SQLAlchemy. A release of either that works otherwise inside shows in the tests of storage.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import await_

T = TypeVar("T")

AT_ONCE = 0.002
"""Seconds that a SELECT may take in the event loop's thread, the reading of its rows not counted."""
LOOKED_EVERY = 1000
"""Instructions of SQLite's between two looks at the time; a statement by an index takes some dozen."""
_SHORT = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""The beginnings of statements that run at once; such as PRAGMA, WITH and CREATE run in the thread."""
_IN_THE_WAY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT})
"""Primary codes of what the thread tries again: a lock of another process, and a SELECT that took too long.

After none of them has the statement done anything, and a transaction that had begun goes on.
"""


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
        def execute(cursor: sqlite3.Cursor) -> None:
            cursor.execute(operation, parameters or ())

        await self._run(execute, str(operation))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _run(self, work: Callable[[sqlite3.Cursor], object], operation: str = "") -> None:
        connection = cast("OneTurnConnection", self._adapt_connection)
        async with connection._execute_mutex:  # noqa: SLF001 - as the class above
            done, rows = await connection.done(work, operation)
        self._cursor, self._rows = cast("Any", done), deque(rows)


class OneTurnConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_begin", "_has_begun", "_is_away", "_patience")
    _cursor_cls = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin, self._has_begun = "", False
        self._patience = 0.0
        self._is_away = False
        """True while the thread is at something, and after nobody waited for its end: then all is done after that."""

    def wait_for_locks(self, seconds: float) -> None:
        """From now on, in the thread; where nothing must wait, not at all."""
        self._patience = seconds

    def begin_with(self, statement: str) -> None:
        """Begin a transaction with the next statement."""
        self._begin = statement

    async def done(self, work: Callable[[sqlite3.Cursor], object], operation: str) -> tuple[_Done, list[Any]]:
        """Do a statement, and fetch all that it returns."""
        if operation.startswith(_SHORT) and (self._begin or self._has_begun) and not self._is_away:
            try:
                done = self._at_once(work, is_select=operation.startswith("SELECT"))
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _IN_THE_WAY:
                    raise
            else:
                await cast("OneTurnSqlite", self.dbapi).let_others_on()
                return done

        def do(own: sqlite3.Connection) -> tuple[_Done, list[Any]]:
            self._begin_on(own)
            return _fetched(own, work)

        return await self._in_thread(do)

    def _at_once(self, work: Callable[[sqlite3.Cursor], object], *, is_select: bool) -> tuple[_Done, list[Any]]:
        own: sqlite3.Connection = self._connection._conn  # noqa: SLF001 - what its thread works on, which is idle now
        self._begin_on(own)
        if not is_select:
            return _fetched(own, work)
        until = time.monotonic() + AT_ONCE
        own.set_progress_handler(lambda: time.monotonic() > until, LOOKED_EVERY)
        try:
            return _fetched(own, work)
        finally:
            own.set_progress_handler(None, 0)

    def _begin_on(self, own: sqlite3.Connection) -> None:
        if self._begin:
            own.execute(self._begin)
            self._begin, self._has_begun = "", True

    async def _in_thread(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """There it may wait for locks and for the disk."""
        connection, patience = self._connection, round(self._patience * 1000)

        def work() -> T:
            own: sqlite3.Connection = connection._conn  # noqa: SLF001 - what its own thread works on
            own.execute(f"PRAGMA busy_timeout = {patience}")
            try:
                return do(own)
            finally:
                own.execute("PRAGMA busy_timeout = 0")

        self._is_away = True
        try:
            found: T = await connection._execute(work)  # noqa: SLF001 - the way into its thread
        except sqlite3.Error:
            self._is_away = False
            raise
        self._is_away = False
        return found

    def commit(self) -> None:
        if self._is_open and (self._has_begun or self._is_away):
            self._await_in_thread(sqlite3.Connection.commit)
        self._begin, self._has_begun = "", False

    def rollback(self) -> None:
        if self._is_open and self._is_away:
            self._await_in_thread(sqlite3.Connection.rollback)
        elif self._is_open and self._has_begun:
            self._connection._conn.rollback()  # noqa: SLF001 - as above
        self._begin, self._has_begun = "", False

    @property
    def _is_open(self) -> bool:
        return self._connection._connection is not None  # noqa: SLF001 - as the class above

    def _await_in_thread(self, do: Callable[[sqlite3.Connection], None]) -> None:
        try:
            await_(self._in_thread(do))
        except Exception as error:  # noqa: BLE001 - as the class above
            self._handle_exception(error)


def _fetched(own: sqlite3.Connection, work: Callable[[sqlite3.Cursor], object]) -> tuple[_Done, list[Any]]:
    with closing(own.cursor()) as cursor:
        work(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid), rows


class OneTurnSqlite(AsyncAdapt_aiosqlite_dbapi):
    """The driver to give to ``create_async_engine`` as its ``module``."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)
        self._others_were_on = 0.0

    async def let_others_on(self) -> None:
        """Many statements in a row keep nobody waiting, and few of them wait for nobody."""
        now = time.monotonic()
        if now - self._others_were_on >= AT_ONCE:
            self._others_were_on = now
            await asyncio.sleep(0)

    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        return OneTurnConnection(self, super().connect(*arg, **kw)._connection)  # noqa: SLF001 - the same, adapted anew
