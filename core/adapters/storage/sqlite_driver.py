"""SQLite as SQLAlchemy drives it: a statement that waits for nothing runs at once, and the others in a thread.

aiosqlite does each step in a thread of the connection: make a cursor, execute, fetch, close. Each of the four wakes
that thread and the event loop once, which takes far more time and CPU than the statement itself, and on a busy machine
several milliseconds. So a statement runs in the event loop's thread where nothing keeps it waiting:

- Locks are tried there, and waited for in the thread: SQLite's own waiting is switched off outside of it.
- A SELECT, or a claim that begins a transaction, which has not ended after ``AT_ONCE`` is broken off, and done again in
  the thread. Any other statement that writes is never broken off: SQLite would undo the whole transaction.
- A commit of anything waits for the disk, in the thread. A rollback, and a commit of nothing, wait for nothing.

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
from typing import Any, TypeAlias, TypeVar, cast

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_

T = TypeVar("T")

AT_ONCE = 0.002
"""Seconds that a SELECT may take in the event loop's thread, the reading of its rows not counted."""
LOOKED_EVERY = 1000
"""Instructions of SQLite's between two looks at the time; a statement by an index takes some dozen."""
_SHORT, _CLAIM = ("SELECT", "INSERT", "UPDATE", "DELETE"), "WITH"
"""The beginnings of statements that run at once; such as PRAGMA and CREATE run in the thread."""
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


Work: TypeAlias = Callable[[sqlite3.Cursor], object]
Result: TypeAlias = tuple[_Done, list[Any]]


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:  # noqa: ARG002 - one is made with the statement
        return _Done()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._do(lambda cursor: cursor.execute(operation, parameters or ()), operation)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._do(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def _do(self, work: Work, operation: str = "") -> None:
        connection = cast("OneTurnConnection", self._adapt_connection)
        try:
            done, rows = connection.at_once(work, operation) or await_(connection.in_turn(work))
        except Exception as error:  # noqa: BLE001 - as the class above
            connection._handle_exception(error)  # noqa: SLF001 - as the class above
        self._cursor, self._rows = cast("Any", done), deque(rows)


class OneTurnConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_begin", "_changed_before", "_has_begun", "_is_away", "_patience", "_usual_begin", "_was_away")
    _cursor_cls = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin, self._usual_begin, self._has_begun = "", "", False
        self._changed_before = 0
        """The number of rows that this connection had changed when the transaction began."""
        self._patience = 0.0
        self._is_away = self._was_away = False
        """True while the thread is at something, and after nobody waited for its end: then all is done after that.

        The other is True when anything of this transaction was done in the thread.
        """

    def wait_for_locks(self, seconds: float) -> None:
        """From now on, in the thread; where nothing must wait, not at all."""
        self._patience = seconds

    def begin_with(self, statement: str, *, always: bool = False) -> None:
        """Begin the next transaction like this, with its first statement; ``always``: each one from now on."""
        self._begin = statement
        if always:
            self._usual_begin = statement

    def at_once(self, work: Work, operation: str) -> Result | None:
        """Do a statement, and fetch all that it returns; None: it is to be done in the thread."""
        is_claim = operation.startswith(_CLAIM) and bool(self._begin)
        is_short = operation.startswith(_SHORT) and bool(self._begin or self._has_begun)
        if self._is_away or not (is_short or is_claim):
            return None
        own, begin = self._own, self._begin
        try:
            self._begin_on(own)
            done = _fetched_soon(own, work) if is_claim or operation.startswith("SELECT") else _fetched(own, work)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _IN_THE_WAY:
                raise
            if is_claim and self._has_begun and not own.in_transaction:  # SQLite has undone it: it begins anew
                self._begin, self._has_begun = begin, False
            return None
        await_(cast("OneTurnSqlite", self.dbapi).let_others_on())
        return done

    async def in_turn(self, work: Work) -> Result:
        """Do a statement in the thread, after what is under way there."""

        def do(own: sqlite3.Connection) -> Result:
            self._begin_on(own)
            return _fetched(own, work)

        async with self._execute_mutex:
            return await self._in_thread(do)

    @property
    def _own(self) -> sqlite3.Connection:
        own: sqlite3.Connection = self._connection._conn  # noqa: SLF001 - what its thread works on
        return own

    def _begin_on(self, own: sqlite3.Connection) -> None:
        if self._begin:
            own.execute(self._begin)
            self._begin, self._has_begun = "", True
            self._changed_before = own.total_changes

    async def _in_thread(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """There it may wait for locks and for the disk."""
        connection, patience = self._connection, round(self._patience * 1000)

        def work() -> T:
            own = self._own
            own.execute(f"PRAGMA busy_timeout = {patience}")
            try:
                return do(own)
            finally:
                own.execute("PRAGMA busy_timeout = 0")

        self._is_away = self._was_away = True
        try:
            found: T = await connection._execute(work)  # noqa: SLF001 - the way into its thread
        except sqlite3.Error:
            self._is_away = False
            raise
        self._is_away = False
        return found

    def commit(self) -> None:
        if self._is_open and self._has_changed:
            self._await_in_thread(sqlite3.Connection.commit)
        elif self._is_open and self._has_begun:
            self._own.commit()
        self._end()

    def rollback(self) -> None:
        if self._is_open and self._is_away:
            self._await_in_thread(sqlite3.Connection.rollback)
        elif self._is_open and self._has_begun:
            self._own.rollback()
        self._end()

    def _end(self) -> None:
        self._begin, self._has_begun, self._was_away = self._usual_begin, False, self._is_away

    @property
    def _has_changed(self) -> bool:
        """As far as the event loop's thread knows: there may be something to write to the disk."""
        return self._was_away or (self._has_begun and self._own.total_changes != self._changed_before)

    @property
    def is_at_rest(self) -> bool:
        """True while its thread has nothing to do."""
        return not self._is_away

    @property
    def _is_open(self) -> bool:
        return self._connection._connection is not None  # noqa: SLF001 - as the class above

    def _await_in_thread(self, do: Callable[[sqlite3.Connection], None]) -> None:
        try:
            await_(self._in_thread(do))
        except Exception as error:  # noqa: BLE001 - as the class above
            self._handle_exception(error)


def sqlite_connection(connection: AsyncConnection) -> OneTurnConnection | None:
    """The connection of this driver that is inside; None where it is another driver's."""
    pooled: Any = connection.sync_connection.connection  # type: ignore[union-attr]
    own = pooled.dbapi_connection
    return own if isinstance(own, OneTurnConnection) else None


def _fetched(own: sqlite3.Connection, work: Work) -> Result:
    with closing(own.cursor()) as cursor:
        work(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid), rows


def _fetched_soon(own: sqlite3.Connection, work: Work) -> Result:
    until = time.monotonic() + AT_ONCE
    own.set_progress_handler(lambda: time.monotonic() > until, LOOKED_EVERY)
    try:
        return _fetched(own, work)
    finally:
        own.set_progress_handler(None, 0)


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
