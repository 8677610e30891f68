"""Two releases side by side on one schema: a migration leaves the older one running, or says that it cannot run.

What a migration takes away from a program that runs already is found by comparing the schema before and after it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import alembic_config, upgrade
from core.adapters.storage.schema_state import SchemaState, schema_state

FIRST = "20261129_compatibility"
"""Programs older than this one look for no minimum."""
FENCES = (
    "CREATE TABLE field (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, note VARCHAR)",
    "CREATE TABLE gate (id INTEGER PRIMARY KEY)",
)


@dataclass(frozen=True, slots=True)
class Column:
    type: str
    nullable: bool
    has_default: bool


@dataclass(frozen=True, slots=True)
class Table:
    columns: dict[str, Column]
    rules: frozenset[str]
    """The rules that a row must keep to: unique, check and foreign keys."""


Schema = dict[str, Table]


def schema_of(connection: Connection) -> Schema:
    found = inspect(connection)
    return {name: _table(connection, name) for name in found.get_table_names() if name != "alembic_version"}


def _table(connection: Connection, name: str) -> Table:
    found = inspect(connection)
    key = set(found.get_pk_constraint(name)["constrained_columns"])
    columns = {
        column["name"]: Column(
            str(column["type"]),
            bool(column["nullable"]),
            column.get("default") is not None or "identity" in column or column["name"] in key,
        )
        for column in found.get_columns(name)
    }
    unique = {f"unique {tuple(sorted(each['column_names']))}" for each in found.get_unique_constraints(name)}
    unique |= {f"unique {each['column_names']}" for each in found.get_indexes(name) if each["unique"]}
    checks = {f"check {each['sqltext']}" for each in found.get_check_constraints(name)}
    keys = {f"key {each['constrained_columns']} of {each['referred_table']}" for each in found.get_foreign_keys(name)}
    return Table(columns, frozenset(unique | checks | keys))


def taken_away(before: Schema, after: Schema) -> Iterator[str]:
    """The reads and writes that a program written for the schema before can do no more: both must go on."""
    for name, table in before.items():
        if name not in after:
            yield f"{name} is gone"
            continue
        now = after[name]
        yield from (f"{name} is held to {rule}" for rule in sorted(now.rules - table.rules))
        for column, was in table.columns.items():
            found = now.columns.get(column)
            if found is None:
                yield f"{name}.{column} is gone"
            elif found.type != was.type:
                yield f"{name}.{column} is {found.type} and no longer {was.type}"
            elif was.nullable and not found.nullable:
                yield f"{name}.{column} must be there"
        for column in now.columns.keys() - table.columns.keys():
            if not (now.columns[column].nullable or now.columns[column].has_default):
                yield f"{name}.{column} must be written, and the program does not know it"


@pytest.fixture
async def engine(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    database = Database(empty_database_url)
    yield database.engine
    await database.close()


async def look(engine: AsyncEngine) -> Schema:
    async with engine.connect() as connection:
        return await connection.run_sync(schema_of)


async def minimum(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        return str((await connection.execute(text("SELECT minimum_revision FROM schema_compatibility"))).scalar_one())


def since_first() -> list[str]:
    scripts = ScriptDirectory.from_config(alembic_config())
    return [script.revision for script in scripts.iterate_revisions("head", FIRST)][::-1]


async def test_a_migration_that_takes_something_away_names_the_oldest_program_that_may_run(
    engine: AsyncEngine, empty_database_url: str
) -> None:
    await upgrade(empty_database_url, FIRST)
    known = [FIRST]
    before, oldest = await look(engine), await minimum(engine)
    for revision in since_first():
        await upgrade(empty_database_url, revision)
        after, now = await look(engine), await minimum(engine)
        known.append(revision)
        lost = list(taken_away(before, after))
        assert not lost or now != oldest, (
            f"{revision} takes away what the release before it needs ({'; '.join(lost)}): spread it over two releases, "
            "and let the second one set schema_compatibility.minimum_revision (CONTRIBUTING, Add a column)."
        )
        assert now in known
        assert known.index(now) >= known.index(oldest)
        before, oldest = after, now


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ("ALTER TABLE field ADD COLUMN size INTEGER", []),
        ("ALTER TABLE field ADD COLUMN size INTEGER NOT NULL DEFAULT 0", []),
        ("CREATE TABLE path (id INTEGER NOT NULL)", []),
        ("CREATE INDEX of_name ON field (name)", []),
        ("DROP TABLE gate", ["gate is gone"]),
        ("ALTER TABLE gate RENAME TO door", ["gate is gone"]),
        ("ALTER TABLE field DROP COLUMN note", ["field.note is gone"]),
        ("ALTER TABLE field RENAME COLUMN note TO remark", ["field.note is gone"]),
        ("CREATE UNIQUE INDEX one_name ON field (name)", ["field is held to unique ['name']"]),
    ],
)
async def test_what_a_migration_takes_away_is_found(engine: AsyncEngine, change: str, lost: list[str]) -> None:
    async with engine.begin() as connection:
        for statement in FENCES:
            await connection.execute(text(statement))
    before = await look(engine)
    async with engine.begin() as connection:
        await connection.execute(text(change))
    assert list(taken_away(before, await look(engine))) == lost


def test_a_column_that_must_be_written_and_one_that_may_not_be_empty_any_more_are_found() -> None:
    before = {"field": Table({"note": Column("VARCHAR", nullable=True, has_default=False)}, frozenset())}
    after = {
        "field": Table(
            {
                "note": Column("VARCHAR", nullable=False, has_default=False),
                "size": Column("INTEGER", nullable=False, has_default=False),
            },
            frozenset({"check size > 0"}),
        )
    }
    assert list(taken_away(before, after)) == [
        "field is held to check size > 0",
        "field.note must be there",
        "field.size must be written, and the program does not know it",
    ]


@pytest.mark.parametrize(("oldest", "state"), [(FIRST, SchemaState.COMPATIBLE), ("20990101_later", SchemaState.AHEAD)])
async def test_a_newer_schema_is_used_as_long_as_it_names_a_migration_that_is_known(
    engine: AsyncEngine, empty_database_url: str, oldest: str, state: SchemaState
) -> None:
    await upgrade(empty_database_url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '20990101_later'"))
        await connection.execute(text("UPDATE schema_compatibility SET minimum_revision = :it"), {"it": oldest})
    assert await schema_state(engine) is state
    assert state.is_usable == (state is SchemaState.COMPATIBLE)
    before = await look(engine)
    assert await upgrade(empty_database_url) is state
    assert await look(engine) == before


async def test_a_newer_schema_without_a_minimum_is_left_alone(engine: AsyncEngine, empty_database_url: str) -> None:
    await upgrade(empty_database_url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '20990101_later'"))
        await connection.execute(text("DELETE FROM schema_compatibility"))
    assert await schema_state(engine) is SchemaState.AHEAD
