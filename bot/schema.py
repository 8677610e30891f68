"""The state of the database's schema for this release, in words that say what to do."""

import sqlite3

from sqlalchemy.engine import URL

from bot.settings import ConfigError
from core.adapters.storage.address import sqlite_file
from core.adapters.storage.engine import Database
from core.adapters.storage.pooler import shares_connections
from core.adapters.storage.schema_state import SchemaState, has_text_index, schema_state

SHARED = (
    "a pooler gives each transaction another connection, and the bot needs connections of its own; use the address of "
    "PostgreSQL itself, or pool_mode = session (PgBouncer)"
)
SAID = {
    SchemaState.CURRENT: "the schema is the newest",
    SchemaState.COMPATIBLE: "the schema is of a newer release, and this one runs on it",
    SchemaState.BEHIND: "the schema is old; run `teambot migrate`",
    SchemaState.EMPTY: "the schema is missing; run `teambot migrate`",
    SchemaState.AHEAD: "the schema is of a newer release that this one cannot run on; use that release",
}

NO_TEXT_INDEX = {
    True: f"search reads every request: SQLite {sqlite3.sqlite_version} has no trigrams, 3.34 with FTS5 or newer has",
    False: "search reads every request: whoever owns the database may `CREATE EXTENSION pg_trgm`; then run "
    "`teambot migrate`",
}
"""By whether it is SQLite."""


def missing_file(address: URL) -> str | None:
    """A sentence about a SQLite file that is not there, for looking must not create it; None when it is there."""
    file = sqlite_file(address)
    if file is None or file.exists():
        return None
    return f"there is none at {file.absolute()}: set TEAMBOT_DATABASE_URL, or run `teambot migrate` to create it"


async def need_schema(database: Database) -> SchemaState:
    """The state of the schema; ConfigError when this release cannot work on it, or not by this address."""
    if (missing := missing_file(database.address)) is not None:
        raise ConfigError((f"TEAMBOT_DATABASE_URL: {missing}.",))
    await refuse_pooler(database.address)
    return usable(await schema_state(database.engine))


async def without_text_index(database: Database) -> str:
    """A sentence about what a search for words costs, and what helps; empty where there is an index."""
    return "" if await has_text_index(database.engine) else NO_TEXT_INDEX[database.is_for_one_process]


async def refuse_pooler(address: URL) -> None:
    """ConfigError when a pooler answers there that shares connections."""
    if await shares_connections(address):
        raise ConfigError((f"TEAMBOT_DATABASE_URL: {SHARED}.",))


def usable(state: SchemaState) -> SchemaState:
    """The same; ConfigError when this release cannot work on it."""
    if not state.is_usable:
        raise ConfigError((f"TEAMBOT_DATABASE_URL: {SAID[state]}.",))
    return state
