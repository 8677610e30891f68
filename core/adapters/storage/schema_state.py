"""The state of a database's schema for this release.

Told without Alembic, which only migrates: loading it and running all migrations to learn their order took 9 MB and a
fifth of a second of every start.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from core.adapters.storage import text_index
from core.adapters.storage.columns import col
from core.adapters.storage.errors import translated
from core.adapters.storage.tables import CompatibilityRow

_REVISION = re.compile(r'^revision: str = "(.+)"$', re.MULTILINE)
_FOLLOWS = re.compile(r'^down_revision: str \| None = "(.+)"$', re.MULTILINE)
_VERSION = table("alembic_version", column("version_num"))


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


async def schema_state(engine: AsyncEngine) -> SchemaState:
    with translated():
        async with engine.connect() as connection:
            return await connection.run_sync(state_of)


async def has_text_index(engine: AsyncEngine) -> bool:
    """True if a search for words is answered from an index (``text_index``)."""
    with translated():
        async with engine.connect() as connection:
            return await connection.run_sync(text_index.is_kept)


@cache
def migrations() -> Mapping[str, str]:
    """Every migration of this release, and the one that it follows, as their files say; empty for the first."""
    found = {}
    for file in files("core.adapters.storage.migrations").joinpath("versions").iterdir():
        if file.name.endswith(".py"):
            text = file.read_text(encoding="utf-8")
            follows = _FOLLOWS.search(text)
            found.update(dict.fromkeys(_REVISION.findall(text), follows.group(1) if follows else ""))
    return found


def heads() -> set[str]:
    """The migrations that no other follows."""
    known = migrations()
    return set(known) - set(known.values())


def state_of(connection: Connection) -> SchemaState:
    has_any = inspect(connection).has_table(_VERSION.name)
    found = set(connection.execute(select(_VERSION.c.version_num)).scalars()) if has_any else set()
    if not found:
        return SchemaState.EMPTY
    if found == heads():
        return SchemaState.CURRENT
    known = set(migrations())
    if found <= known:
        return SchemaState.BEHIND
    return SchemaState.COMPATIBLE if _minimum(connection) in known else SchemaState.AHEAD


def _minimum(connection: Connection) -> str | None:
    """The migration that a program must know to run here; None where no row says so."""
    if not inspect(connection).has_table(CompatibilityRow.__tablename__):
        return None
    return connection.execute(select(col(CompatibilityRow.minimum_revision))).scalar_one_or_none()
