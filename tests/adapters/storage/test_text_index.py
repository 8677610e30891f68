"""The index of words that a search asks first: kept by the database, made where it can be, done without elsewhere."""

import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from core.adapters.storage import search_narrowing, text_index
from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import downgrade, upgrade
from core.adapters.storage.schema_state import has_text_index
from core.adapters.storage.search_narrowing import few
from core.adapters.storage.session import StorageSession
from core.domain.ids import RequestId
from core.domain.search import Search, read_search
from tests.adapters.storage.samples import PENDING, commit, execute, read, stored
from tests.adapters.storage.test_search import SEARCHES, TODAY, filled, fits, in_pages
from tests.databases import PostgresqlDatabases

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Of Debian: its package has the extension, which the server of the other tests has not."""


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    database = Database(sqlite_url)
    yield database
    await database.close()


@pytest.fixture(scope="module")
def server_with_extension() -> Iterator[PostgresqlDatabases]:
    """A PostgreSQL of Debian's, where it is installed (apt-get install postgresql)."""
    if (
        not INSTALLED
        or not (Path("/usr/share/postgresql") / INSTALLED[-1].parent.name / "extension/pg_trgm.control").exists()
    ):
        pytest.skip("no PostgreSQL with pg_trgm is installed")
    folder = Path(tempfile.mkdtemp(prefix="teambot-pg-trgm-"))
    as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        subprocess.run([*as_owner, INSTALLED[-1] / program, *arguments], check=True, stdout=subprocess.DEVNULL)

    run("initdb", "-D", f"{folder}/data", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    run(
        "pg_ctl",
        "-D",
        f"{folder}/data",
        "-w",
        "-o",
        f"-c listen_addresses='' -k {folder}",
        "-l",
        f"{folder}/log",
        "start",
    )
    try:
        yield PostgresqlDatabases(f"postgresql+asyncpg://postgres@/postgres?host={folder}")
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
async def with_extension(server_with_extension: PostgresqlDatabases) -> AsyncIterator[Database]:
    with server_with_extension.migrated() as url:
        database = Database(url)
        yield database
        await database.close()


async def narrowed(database: Database, typed: str) -> set[int] | None:
    session = StorageSession(database.engine, database.leases, database)
    try:
        found = await few(session, read_search(typed, TODAY).search)
    finally:
        await session.close()
    return None if found is None else set(found)


@pytest.mark.parametrize(("most", "candidates"), [(1, 2), (3, 12), (9, 9), (900, 5000)])
async def test_a_search_finds_the_same_whether_few_or_many_can_be_meant(
    database: Database, monkeypatch: pytest.MonkeyPatch, most: int, candidates: int
) -> None:
    monkeypatch.setattr(search_narrowing, "FEW", most)
    monkeypatch.setattr(search_narrowing, "CANDIDATES", candidates)
    await finds_everything(database)


async def finds_everything(database: Database) -> None:
    requests, votes = await filled(database)
    for typed in SEARCHES:
        search = read_search(typed, TODAY).search
        expected = [request.id for request in requests if fits(search, request, votes)]
        assert await in_pages(database, search, 7) == expected, typed


async def test_what_nobody_wrote_is_known_from_the_index(sqlite: Database) -> None:
    await filled(sqlite)
    assert await has_text_index(sqlite.engine)
    for typed in ("nothing-of-that-kind", "ticket:pay-99999", "approver:nobody", "pipeline xyzzy"):
        assert await narrowed(sqlite, typed) == set(), typed
    for typed in ("", "ab", "status:active", "from:2026-03-05", "person:ab ticket:a"):
        assert await narrowed(sqlite, typed) is None, typed


async def test_a_name_among_many_votes_is_found_by_its_index(database: Database) -> None:
    _, votes = await filled(database)
    assert await narrowed(database, "approver:carol") == {int(vote.request_id) for vote in votes}
    assert await narrowed(database, "approver:nobody") == set()


async def test_words_that_a_request_lost_lead_to_it_no_longer(sqlite: Database) -> None:
    (request,) = await stored(sqlite, replace(PENDING, ticket="PAY-77"))
    await commit(sqlite, lambda unit: unit.requests.save(request, replace(request, ticket='"OPS"-88')))
    assert await narrowed(sqlite, "ticket:pay-77") == set()
    assert await narrowed(sqlite, "ticket:ops") == {int(request.id)}


async def test_an_older_sqlite_does_without_and_a_newer_one_makes_it_of_what_is_there_by_then(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite.address.render_as_string()
    with monkeypatch.context() as old:
        old.setattr(text_index, "_has_trigrams", lambda _: False)
        await upgrade(url)
        assert not await has_text_index(sqlite.engine)
        (request,) = await stored(sqlite, replace(PENDING, justification="written without trigrams"))
        assert await narrowed(sqlite, "trigrams") is None
        async with sqlite.look() as unit:
            found = await unit.requests.search(Search(words=("trigrams",)), limit=10)
        assert [each.id for each in found] == [request.id]
    await upgrade(url)
    assert await narrowed(sqlite, "trigrams") == {int(request.id)}


async def test_a_database_whose_server_lacks_the_extension_is_migrated_all_the_same(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    assert not await has_text_index(database.engine)
    assert await narrowed(database, "anything") is None
    await database.close()


async def test_postgresql_answers_from_trigrams_where_it_has_them(with_extension: Database) -> None:
    assert await has_text_index(with_extension.engine)
    await finds_everything(with_extension)
    assert await narrowed(with_extension, "nothing-of-that-kind") == set()
    async with with_extension.engine.connect() as connection:
        await connection.execute(text("SET enable_seqscan = off"))
        plan = await connection.execute(text("EXPLAIN SELECT id FROM request WHERE sought LIKE '%kingfisher%'"))
        assert text_index.POSTGRESQL_INDEX in "\n".join(row[0] for row in plan)


async def test_an_index_whose_making_was_interrupted_is_made_anew(with_extension: Database) -> None:
    """PostgreSQL leaves it behind, and keeps it up to date, but answers nothing from it."""
    url = with_extension.address.render_as_string(hide_password=False)
    broken = f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{text_index.POSTGRESQL_INDEX}'::regclass"  # noqa: S608 - a name of ours
    await execute(with_extension, broken)
    assert not await has_text_index(with_extension.engine)
    await upgrade(url)
    assert await has_text_index(with_extension.engine)


async def test_it_goes_with_the_schema_and_comes_back_with_it(sqlite: Database) -> None:
    url = sqlite.address.render_as_string()
    (request,) = await stored(sqlite, PENDING)
    await downgrade(url, "-1")
    assert not await has_text_index(sqlite.engine)
    await upgrade(url)
    assert await narrowed(sqlite, "logs") == {int(request.id)}
    assert (await read(sqlite, RequestId(request.id))).justification == PENDING.justification
