"""Brings a database to the schema of this release."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select, text
from sqlalchemy.util import await_only

from core.adapters.storage import text_index
from core.adapters.storage.address import read_url
from core.adapters.storage.engine import build_engine
from core.adapters.storage.errors import translated
from core.adapters.storage.schema_state import SchemaState, state_of
from core.adapters.storage.session import AdvisoryLock

T = TypeVar("T")

SCRIPTS = "core.adapters.storage:migrations"
DDL_LOCK_WITHIN = "4s"
TRY_AGAIN_AFTER = 0.1
"""Seconds."""


_NEWER = frozenset({SchemaState.COMPATIBLE, SchemaState.AHEAD})


async def upgrade(url: str, revision: str = "head") -> SchemaState:
    """Bring the schema up to a revision; one of a newer release is left as it is. Returns how it stands then.

    Any number of processes may do so at once.
    """

    def run(connection: Connection) -> SchemaState:
        state = state_of(connection)
        connection.rollback()  # each migration begins a transaction of its own
        if state in _NEWER:
            return state
        command.upgrade(alembic_config(connection), revision)
        state = state_of(connection)
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
