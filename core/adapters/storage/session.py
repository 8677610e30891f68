"""The narrow way to the database: every statement of every repository goes through one ``Session``.

That keeps three promises in one place: no foreign error comes out, no value is older than the
transaction that reads it, and listeners hear of new work exactly when it is committed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Executable,
    Insert,
    Select,
    Update,
    column,
    func,
    select,
    update,
)
from sqlalchemy import table as sql_table
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.selectable import TypedReturnsRows

from core.adapters.storage.claims import LONGEST_LEASE, C, Leases, is_free, moments
from core.adapters.storage.errors import failures, translated
from core.adapters.storage.sqlite_driver import sqlite_connection
from core.adapters.storage.tables import TableRow
from core.domain.request import Request

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

R = TypeVar("R")
_NONE: Mapping[str, Any] = {}

CHANNEL = "teambot"
"""PostgreSQL's channel for new work. The payload names its kinds, with commas between."""


class Work(StrEnum):
    """Work to do after a commit."""

    ASSIGNMENTS = "assignments"
    OUTBOX = "outbox"
    EXPORTS = "exports"
    POLICIES = "policies"
    REQUESTS = "requests"
    ACTS = "acts"
    REPLICAS = "replicas"


class AdvisoryLock(IntEnum):
    """Locks that one transaction of all replicas holds at a time. The numbers are PostgreSQL's advisory lock keys."""

    SLOTS = 0x7EA_0001
    AUDIT = 0x7EA_0002
    MIGRATION = 0x7EA_0003
    PERSON = 0x7EA_0004
    """One a person: see ``take_turn_of``."""
    PINS = 0x7EA_0005
    REPLICAS = 0x7EA_0006


class Listener(Protocol):
    """Listeners in this process, told of each commit."""

    on_work: Callable[[Collection[str]], None]
    """Told what kinds of work a commit has left."""
    on_change: Callable[[Request, Request], None]
    """Told of every request that a commit has changed: as it was, and as it is."""
    is_closed: bool


class StorageSession:
    """One transaction of one unit of work."""

    def __init__(
        self,
        engine: AsyncEngine,
        leases: Leases,
        listener: "Listener",
        *,
        looks: bool = False,
    ) -> None:
        """``looks``: it only reads. Nothing is asked of the database before the first statement."""
        self._engine = engine
        self._looks = looks
        self.leases = leases
        self._listener = listener
        self._connection: AsyncConnection | None = None
        self.is_postgresql = engine.dialect.name == "postgresql"
        self._work: set[Work] = set()
        self._changes: list[tuple[Request, Request]] = []

    async def all(self, statement: TypedReturnsRows[R], given: Mapping[str, Any] = _NONE) -> Sequence[R]:
        """Rows of a table have its columns as attributes; of one column alone its values are returned."""
        with translated():
            result = await self._execute(statement, given)
            return result.scalars().all() if len(result.keys()) == 1 else cast("Sequence[R]", result.all())

    async def first(self, statement: TypedReturnsRows[R], given: Mapping[str, Any] = _NONE) -> R | None:
        with translated():
            result = await self._execute(statement, given)
            return result.scalars().first() if len(result.keys()) == 1 else cast("R | None", result.first())

    async def tuples(self, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any] = _NONE) -> Sequence[Any]:
        with translated():
            return (await self._execute(statement, given)).all()

    async def run(self, statement: Insert | Update | Delete, given: Mapping[str, Any] = _NONE) -> int:
        """Returns how many rows were touched. What is given beside its parameters are columns that it writes."""
        with translated():
            return (await self._execute(statement, given)).rowcount

    async def run_each(self, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert these rows, in this order, in one go."""
        with translated():
            await self._execute(statement, rows)

    def is_free(self, held_until: Mapped[datetime | None], now: datetime) -> ColumnElement[bool]:
        """Nobody holds a lease that is still good."""
        dated = self.leases.dated(now)
        return is_free(held_until, dated, dated + LONGEST_LEASE)

    async def claim(
        self, table: type[C], claim: ReturningUpdate[C], now: datetime, lease: timedelta, limit: int, **given: Any
    ) -> Sequence[C]:
        """Lease so many rows at most by this statement; in no particular order."""
        if self.leases.is_closed:
            return ()
        rows = await self.all(claim, {**moments(now, self.leases.dated(now), lease, limit), **given})
        for row in rows:
            self.leases.note(table, row)
        return rows

    async def time(self) -> datetime | None:
        """The time by the database's clock; SQLite has none of its own."""
        if not self.is_postgresql:
            return None
        with translated():
            said = (await self._execute(select(func.clock_timestamp()))).scalar_one()
        return cast("datetime", said).astimezone(UTC)

    def insert(self, table: type[TableRow]) -> "postgresql.Insert | sqlite.Insert":
        """An INSERT in the dialect at hand, for its ON CONFLICT."""
        if not self.is_postgresql:
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 6 MB that a bot on SQLite has no use for

        return postgresql.insert(table)

    async def acquire(self, turn: AdvisoryLock) -> None:
        """Wait until no other transaction is at this; held until the end of this one.

        On SQLite there is nothing to wait for: a unit of work is alone from its first statement on.
        """
        if self.is_postgresql:
            await self.all(select(func.pg_advisory_xact_lock(int(turn))))

    async def take_turn_of(self, person: str) -> None:
        """The same for what only one transaction at a time may do for one person."""
        if self.is_postgresql:
            await self.all(select(func.pg_advisory_xact_lock(func.hashtextextended(person, int(AdvisoryLock.PERSON)))))

    async def skip_numbers(self, table: type[TableRow], count: int) -> None:
        """Let the database number the next row of a table so many later; numbers are skipped also without a commit."""
        name = str(table.__tablename__)
        if self.is_postgresql:
            sequence = func.nextval(func.pg_get_serial_sequence(name, "id"))
            await self.all(select(sequence).select_from(func.generate_series(1, count)))
            return
        numbers = sql_table("sqlite_sequence", column("name"), column("seq"))
        later = update(numbers).where(numbers.c.name == name).values(seq=numbers.c.seq + count)
        await self.run(later)

    async def repeatable_read(self) -> None:
        """Let every later read see the same moment, when nothing was read yet."""
        if self.is_postgresql and self._connection is None:
            with translated():
                await only_looking(await self._connect())

    def leaves(self, work: Work) -> None:
        """Note what the commit will leave to be done."""
        self._work.add(work)

    def changes(self, before: Request, after: Request) -> None:
        """Note what the commit will have changed."""
        self._changes.append((before, after))

    async def announce(self) -> None:
        """Wake whoever listens, when and only when this transaction commits."""
        if self._work and self.is_postgresql:
            await self.all(select(func.pg_notify(CHANNEL, ",".join(sorted(self._work)))))

    async def commit(self) -> None:
        with translated():
            if self._connection is not None:
                await self._connection.commit()
                connection, self._connection = self._connection, None
                await self._leave(connection)
        work, self._work = self._work, set()
        changes, self._changes = self._changes, []
        if work:
            self._listener.on_work(work)
        for before, after in changes:
            self._listener.on_change(before, after)

    async def close(self) -> None:
        """Undo what was not committed, whatever interrupts it, and give the connection back.

        One that is lost is thrown away: the server has undone it by itself, and whoever used it knows.
        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await self._leave(connection)
        except failures():
            with suppress(*failures()):
                await connection.invalidate()
            with suppress(*failures()):
                await connection.close()

    async def _leave(self, connection: AsyncConnection) -> None:
        """Give a connection back; once the database is closed there is no pool that would close it."""
        if self._listener.is_closed:
            own: Any = (await connection.get_raw_connection()).driver_connection
            await own.close()
            await connection.invalidate()
        if is_at_rest(connection):
            await connection.close()  # nothing in it waits, so nothing can cut it short
        else:
            await connection.__aexit__(None, None, None)

    async def _execute(
        self, statement: Executable, given: Mapping[str, Any] | Sequence[Mapping[str, Any]] = _NONE
    ) -> CursorResult[Any]:
        connection = self._connection or await self._connect()
        return await connection.execute(statement, given)

    async def _connect(self) -> AsyncConnection:
        connection = self._connection = await self._engine.connect()
        if self._looks:
            await only_looking(connection)
        return connection


async def only_looking(connection: AsyncConnection) -> None:
    """Let a connection that is fresh from the pool see one moment, and on SQLite wait for nobody who writes."""
    if (sqlite := sqlite_connection(connection)) is not None:
        sqlite.begin_with("BEGIN")
    else:
        await connection.execution_options(isolation_level="REPEATABLE READ")


def is_at_rest(connection: AsyncConnection) -> bool:
    """True if giving it back waits for nothing."""
    if connection.closed or connection.invalidated:
        return False
    sqlite = sqlite_connection(connection)
    return sqlite is not None and sqlite.is_at_rest
