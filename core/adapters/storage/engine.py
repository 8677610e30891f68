"""The database as a whole: connections as each dialect needs them, and units of work on top of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, func, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.adapters.storage.address import is_sqlite, read_url, sqlite_file
from core.adapters.storage.claims import QUEUES, Leases, given_back
from core.adapters.storage.columns import col
from core.adapters.storage.errors import translated
from core.adapters.storage.private_files import keep_private
from core.adapters.storage.session import CHANNEL, StorageSession, Work
from core.adapters.storage.sqlite_driver import OneTurnSqlite
from core.adapters.storage.tables import ArchiveRow, AssignmentRow, CommandRow, ExportRow, OutgoingRow, SharedRoundRow
from core.adapters.storage.unit_of_work import SqlUnitOfWork
from core.domain.errors import Side, UpstreamBusy
from core.domain.request import Request
from core.ports import UnitOfWork, waiting_for

APPLICATION = "teambot"
CONNECT_WITHIN = timedelta(seconds=5)
STATEMENT_WITHIN = timedelta(seconds=15)
ANSWER_WITHIN = STATEMENT_WITHIN + timedelta(seconds=5)
"""For the server itself: a connection may die without a word, and what waits on it would wait for ever."""
LOCK_WITHIN = timedelta(seconds=5)
"""For a lock, and on SQLite for the one turn to write."""
IDLE_WITHIN = timedelta(seconds=10)
"""For a transaction in which nothing is asked: its process stands still, and what it has locked others wait for."""
CONNECTIONS, MORE_CONNECTIONS = 10, 10
FAR_AHEAD = timedelta(minutes=5)
"""Anything nearer may have been put off for a reason: retries are, and what lets something else come first."""
_PUT_OFF = (
    *((table, "next_try_at") for table in (AssignmentRow, OutgoingRow, CommandRow, ExportRow, ArchiveRow)),
    (SharedRoundRow, "due_at"),
)


def _milliseconds(length: timedelta) -> str:
    return str(round(length.total_seconds() * 1000))


LIMITS = "; ".join(
    f"SET {name} = {_milliseconds(length)}"
    for name, length in (
        ("lock_timeout", LOCK_WITHIN),
        ("statement_timeout", STATEMENT_WITHIN),
        ("idle_in_transaction_session_timeout", IDLE_WITHIN),
    )
)
"""The statements that every connection to PostgreSQL begins with."""


class Database:
    """Owns the connections. ``open`` is what services are given."""

    def __init__(self, url: str, *, application: str = APPLICATION) -> None:
        self.address = read_url(url)
        self.engine = build_engine(self.address, application)
        self._turn = asyncio.Lock() if is_sqlite(self.address) else None
        self.on_work: Callable[[Collection[str]], None] = _nobody_waits
        """Told, in this process, what kinds of work a commit has left."""
        self.on_change: Callable[[Request, Request], None] = _nobody_looks
        """Told, in this process, of every request that a commit has changed: as it was, and as it is."""
        self.admit: Callable[[], None] = _everybody_is_admitted
        """Asked before each commit: raises what this process must not write for."""
        self.leases = Leases()
        self.is_closed = False

    def connect_with(self, address: Callable[[], str], *, refused: Callable[[], None]) -> None:
        """From now on connect to the address as it is then: its password may change while connections are open.

        ``refused`` is told when the server does not take it. On SQLite there is no password, and nothing changes.
        """
        if self.is_for_one_process:
            return

        @event.listens_for(self.engine.sync_engine, "do_connect")
        def connect(dialect: Any, _record: object, given: Any, arguments: dict[str, Any]) -> Any:
            _, now = dialect.create_connect_args(read_url(address()))
            try:
                return dialect.connect(*given, **{**arguments, **now})
            except Exception as error:
                if _is_refused(error):
                    refused()
                raise

    @property
    def is_for_one_process(self) -> bool:
        """True if a process that serves this database has it to itself."""
        return is_sqlite(self.address)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[UnitOfWork]:
        """Open a unit of work of one's own; nothing happens in the database until it is first used."""
        async with self._in_turn(), self._session() as session:
            yield SqlUnitOfWork(session, self.admit)

    @asynccontextmanager
    async def open_always(self) -> AsyncGenerator[UnitOfWork]:
        """Open a unit of work that may be committed even while this process is not admitted."""
        async with self._in_turn(), self._session() as session:
            yield SqlUnitOfWork(session, _everybody_is_admitted)

    @asynccontextmanager
    async def look(self) -> AsyncGenerator[UnitOfWork]:
        """Open a unit of work that only reads, and sees one moment for as long as it takes; nobody waits for it."""
        async with self._session(looks=True) as session:
            yield SqlUnitOfWork(session, self.admit)

    @asynccontextmanager
    async def _session(self, *, looks: bool = False) -> AsyncIterator[StorageSession]:
        session = StorageSession(self.engine, self.leases, self, looks=looks)
        try:
            yield session
        finally:
            await session.close()

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """On SQLite units of work queue here, in order: its own waiting is a lottery that some lose for seconds."""
        if self._turn is None:
            yield
            return
        try:
            with waiting_for(Side.STORAGE):
                async with asyncio.timeout(LOCK_WITHIN.total_seconds()):
                    await self._turn.acquire()
        except TimeoutError:
            raise UpstreamBusy("The database is busy: another unit of work is held open.").at(Side.STORAGE) from None
        try:
            yield
        finally:
            self._turn.release()

    async def ping(self) -> None:
        """UpstreamBusy when the database does not answer."""
        async with self._in_turn():
            with translated():
                async with self.engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))

    async def release_leases(self) -> None:
        """Give back every lease. Only for a process that has the database to itself, at its start:

        what a crash interrupted is then taken up at once.
        """
        with translated():
            async with self.engine.begin() as connection:
                for table in QUEUES:
                    await connection.execute(update(table).values(held_until=None))

    async def draw_near(self, now: datetime) -> None:
        """Let nothing in a queue wait for a moment that lies far ahead, after the clock was set back.

        Only a process that has the database to itself may do this: replicas go by the database's clock.
        """
        with translated():
            async with self.engine.begin() as connection:
                for table, due_at in _PUT_OFF:
                    ahead = col(getattr(table, due_at)) > now + FAR_AHEAD
                    await connection.execute(update(table).where(ahead).values({due_at: now}))

    async def give_back(self) -> int:
        """Give back what this process still holds, so that another takes it up at once; returns how much that was.

        For the end of the process, when nothing is worked on any more.
        """
        given = 0
        with translated():
            async with self.engine.begin() as connection:
                for key, until in self.leases.held().items():
                    given += (await connection.execute(given_back(key, until))).rowcount
                if given and not self.is_for_one_process:
                    await connection.execute(select(func.pg_notify(CHANNEL, ",".join(sorted(Work)))))
        return given

    async def close(self) -> None:
        self.is_closed = True
        await self.engine.dispose()


def _is_refused(error: BaseException) -> bool:
    """Class 28 of SQLSTATE: invalid authorization (PostgreSQL manual, error codes)."""
    states = (getattr(each, "sqlstate", None) for each in (error, error.__cause__, getattr(error, "orig", None)))
    return any(str(state or "").startswith("28") for state in states)


def _everybody_is_admitted() -> None:
    """In commands that end, and on a database that one process has to itself."""


def _nobody_waits(work: Collection[str]) -> None:
    """Before the ticks run, and in commands that end."""


def _nobody_looks(before: Request, after: Request) -> None:
    """In commands that end."""


def build_engine(address: URL, application: str, *, for_migration: bool = False) -> AsyncEngine:
    """Make connections that neither wait for ever nor forget what SQLite leaves to be asked for.

    Errors name no parameters: they are what people typed, and errors are logged.
    """
    if is_sqlite(address):
        return _sqlite_engine(address, for_migration=for_migration)
    engine = create_async_engine(
        address,
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=MORE_CONNECTIONS,
        pool_timeout=LOCK_WITHIN.total_seconds(),
        pool_pre_ping=True,
        connect_args={
            "timeout": CONNECT_WITHIN.total_seconds(),
            "command_timeout": None if for_migration else ANSWER_WITHIN.total_seconds(),
            "server_settings": {"application_name": application},
        },
    )
    if not for_migration:
        event.listen(engine.sync_engine, "connect", _limit)
    return engine


def _limit(connection: Any, _record: object) -> None:
    """Set after connecting: a pooler takes no such thing at the start of a connection."""
    connection.run_async(lambda driver: driver.execute(LIMITS))


def _sqlite_engine(address: URL, *, for_migration: bool) -> AsyncEngine:
    """A file is made by a migration alone: a look, or a file that is deleted meanwhile, must not leave an empty one."""
    engine = create_async_engine(
        address,
        hide_parameters=True,
        module=OneTurnSqlite(),
        pool_use_lifo=True,
        pool_size=CONNECTIONS,  # each is kept: to open one costs as much as three looks
        max_overflow=0,
    )
    file = sqlite_file(address)
    pragmas = (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",  # less would lose the last commits with the power, and AWS is called after them
        "PRAGMA busy_timeout = 0",  # the driver waits for locks where nobody else has to wait for it
        f"PRAGMA foreign_keys = {'OFF' if for_migration else 'ON'}",
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def open_privately(*_: object) -> None:
        if file is None:
            return
        if not for_migration and not file.exists():
            raise FileNotFoundError(f"there is no database at {file.absolute()}")
        keep_private(file)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.wait_for_locks(LOCK_WITHIN.total_seconds())
        connection.isolation_level = None  # the driver would begin transactions by itself, and too late
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()
        connection.begin_with("BEGIN IMMEDIATE", always=True)

    return engine
