import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.adapters.storage import migrations, text_index
from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import alembic_config, downgrade, upgrade
from core.adapters.storage.schema_state import SchemaState, heads, schema_state
from core.adapters.storage.schema_state import migrations as read_migrations
from core.adapters.storage.tables import FIRST_REQUEST_ID, TableRow
from core.domain.audit import Anchor

MIGRATE_IN_SIX_PROCESSES = """
import asyncio, os, sys
from core.adapters.storage.migrate import upgrade
for _ in range(6):
    if os.fork() == 0:
        asyncio.run(upgrade(sys.argv[1]))
        os._exit(0)
sys.exit(sum(os.wait()[1] != 0 for _ in range(6)))
"""
"""Forked, so that they begin together; the exit status is how many failed."""


@pytest.fixture
async def engine(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    database = Database(empty_database_url)
    yield database.engine
    await database.close()


async def drift(engine: AsyncEngine) -> list[object]:
    """The changes that a migration would still have to make."""

    def compare(connection: Connection) -> list[object]:
        options = {"include_object": lambda _, name, *__: not text_index.is_part_of_it(name)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), TableRow.metadata))

    async with engine.connect() as connection:
        return await connection.run_sync(compare)


CONDITIONS = {
    "sqlite": "SELECT name, substr(sql, instr(sql, ' WHERE ') + 7) FROM sqlite_master WHERE sql LIKE '%INDEX% WHERE %'",
    "postgresql": "SELECT relname, pg_get_expr(indpred, indrelid) FROM pg_index"
    " JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE indpred IS NOT NULL AND nspname = current_schema()",
}
"""The names and conditions of the indexes that are over some rows alone."""
TRUE_AND_FALSE = {"sqlite": ("IS 1", "IS 0"), "postgresql": ("IS TRUE", "IS FALSE")}


async def test_an_index_over_some_rows_is_over_those_that_the_program_says(
    engine: AsyncEngine, empty_database_url: str
) -> None:
    await upgrade(empty_database_url)
    async with engine.connect() as connection:
        made = (await connection.execute(text(CONDITIONS[engine.dialect.name]))).all()
    true, false = TRUE_AND_FALSE[engine.dialect.name]
    said = {
        str(index.name): index.info["where"].format(true=true, false=false)
        for table in TableRow.metadata.tables.values()
        for index in table.indexes
        if "where" in index.info
    }
    assert {name: re.sub("[()]", "", where) for name, where in made} == said


async def revision(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        return str((await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one())


def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


async def test_up_down_and_up_again_ends_in_exactly_the_tables_of_the_program(
    engine: AsyncEngine, empty_database_url: str
) -> None:
    await upgrade(empty_database_url)
    assert await drift(engine) == []
    await downgrade(empty_database_url, "base")
    assert await schema_state(engine) is SchemaState.EMPTY
    await upgrade(empty_database_url)
    assert await drift(engine) == []
    assert await schema_state(engine) is SchemaState.CURRENT


async def test_upgrading_what_is_current_changes_nothing(engine: AsyncEngine, empty_database_url: str) -> None:
    await upgrade(empty_database_url)
    await upgrade(empty_database_url)
    assert await drift(engine) == []


async def test_a_database_of_an_older_release_is_behind(
    engine: AsyncEngine, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await schema_state(engine) is SchemaState.EMPTY
    await upgrade(empty_database_url)
    monkeypatch.setattr("core.adapters.storage.schema_state.heads", lambda: {"20990101_later"})
    assert await schema_state(engine) is SchemaState.BEHIND


async def test_a_new_database_has_an_anchored_empty_trail_and_numbers_requests_from_1001(
    engine: AsyncEngine, empty_database_url: str
) -> None:
    await upgrade(empty_database_url)
    async with engine.connect() as connection:
        anchor = (await connection.execute(text("SELECT seq, hash FROM audit_anchor"))).one()
    assert tuple(anchor) == (Anchor().seq, Anchor().hash)
    assert FIRST_REQUEST_ID == 1001


async def test_six_processes_may_migrate_one_database_at_once(engine: AsyncEngine, empty_database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATE_IN_SIX_PROCESSES, empty_database_url, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert await drift(engine) == []
    assert await revision(engine) == scripts().get_current_head()


async def test_a_migration_that_fails_leaves_the_schema_as_it_was(engine: AsyncEngine, empty_database_url: str) -> None:
    """DDL is transactional on both databases."""
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE vote (id INTEGER)"))
    with pytest.raises(Exception, match="vote"):
        await upgrade(empty_database_url)
    assert await schema_state(engine) is SchemaState.EMPTY
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE vote"))
    await upgrade(empty_database_url)
    assert await drift(engine) == []


def test_there_is_one_head_and_what_is_read_of_the_files_is_what_alembic_runs() -> None:
    assert heads() == set(scripts().get_heads())
    assert len(heads()) == 1
    assert read_migrations() == {each.revision: each.down_revision or "" for each in scripts().walk_revisions()}


def test_migrations_are_named_by_day_and_subject_and_stand_alone() -> None:
    folder = Path(migrations.__file__).parent / "versions"
    files = sorted(folder.glob("*.py"))
    assert [file.stem for file in files] == sorted(script.revision for script in scripts().walk_revisions())
    for file in files:
        assert re.fullmatch(r"\d{8}_[a-z0-9_]+", file.stem)
        source = file.read_text()
        assert "sqlmodel" not in source
        assert "core." not in source, "a migration must not change when the program does"
