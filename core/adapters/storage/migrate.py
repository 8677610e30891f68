"""Brings a database to the schema of this release, and tells how the two compare."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from core.adapters.storage import text_index
from core.adapters.storage.address import read_url
from core.adapters.storage.columns import col
from core.adapters.storage.engine import build_engine
from core.adapters.storage.errors import translated
from core.adapters.storage.session import AdvisoryLock
from core.adapters.storage.tables import CompatibilityRow

T = TypeVar("T")

SCRIPTS = "core.adapters.storage:migrations"
DDL_LOCK_WITHIN = "4s"
TRY_AGAIN_AFTER = 0.1
"""Seconds."""


class SchemaState(StrEnum):
    """The state of a database's schema for this release."""

    CURRENT = "current"
    BEHIND = "behind"
    EMPTY = "empty"
    COMPATIBLE = "compatible"
    """Of a newer release, and made so that this one runs on it (docs/adr/0021)."""
    AHEAD = "ahead"
    """Of a newer release, and this one cannot run on it any more."""

    @property
    def is_usable(self) -> bool:
        """True if this release may work on it."""
        return self in {SchemaState.CURRENT, SchemaState.COMPATIBLE}


_NEWER = frozenset({SchemaState.COMPATIBLE, SchemaState.AHEAD})


async def upgrade(url: str, revision: str = "head") -> SchemaState:
    """Bring the schema up to a revision; one of a newer release is left as it is. Returns how it stands then.

    Any number of processes may do so at once.
    """

    def run(connection: Connection) -> SchemaState:
        state = _state(connection)
        connection.rollback()  # each migration begins a transaction of its own
        if state in _NEWER:
            return state
        command.upgrade(alembic_config(connection), revision)
        state = _state(connection)
        connection.rollback()
        if state is SchemaState.CURRENT:
            text_index.ensure(connection)
        return state

    return await _migrate(url, run)


async def downgrade(url: str, revision: str) -> None:
    """Take the schema back; what later revisions added is lost."""

    def run(connection: Connection) -> None:
        text_index.remove(connection)
        command.downgrade(alembic_config(connection), revision)

    await _migrate(url, run)


async def schema_state(engine: AsyncEngine) -> SchemaState:
    with translated():
        async with engine.connect() as connection:
            return await connection.run_sync(_state)


async def has_text_index(engine: AsyncEngine) -> bool:
    """True if a search for words is answered from an index (``text_index``)."""
    with translated():
        async with engine.connect() as connection:
            return await connection.run_sync(text_index.is_kept)


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config


async def _migrate(url: str, run: Callable[[Connection], T]) -> T:
    engine = build_engine(read_url(url), "teambot migrate", for_migration=True)
    try:
        with translated():
            async with engine.connect() as connection:
                return await connection.run_sync(_run_alone, run)
    finally:
        await engine.dispose()


def _run_alone(connection: Connection, run: Callable[[Connection], T]) -> T:
    with _lock_held(connection):
        return run(connection)


@contextmanager
def _lock_held(connection: Connection) -> Iterator[None]:
    """Keep other migrations out for the whole run, not for one transaction of it.

    The lock is the session's: one of a transaction would end with the first migration. Others try again and again: a
    statement that waits for the lock is a transaction that ``CREATE INDEX CONCURRENTLY`` would wait for.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    key = int(AdvisoryLock.MIGRATION)
    while not connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one():
        connection.rollback()
        await_only(asyncio.sleep(TRY_AGAIN_AFTER))
    connection.execute(text(f"SET lock_timeout = '{DDL_LOCK_WITHIN}'"))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(select(func.pg_advisory_unlock(key)))
        connection.commit()


def _state(connection: Connection) -> SchemaState:
    found = set(MigrationContext.configure(connection).get_current_heads())
    scripts = ScriptDirectory.from_config(alembic_config())
    if not found:
        return SchemaState.EMPTY
    if found == set(scripts.get_heads()):
        return SchemaState.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    if found <= known:
        return SchemaState.BEHIND
    return SchemaState.COMPATIBLE if _minimum(connection) in known else SchemaState.AHEAD


def _minimum(connection: Connection) -> str | None:
    """The migration that a program must know to run here; None where no row says so."""
    if not inspect(connection).has_table(CompatibilityRow.__tablename__):
        return None
    return connection.execute(select(col(CompatibilityRow.minimum_revision))).scalar_one_or_none()
