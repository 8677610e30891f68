"""The whole process for tests: one play a worker that scenes share, and plays of one's own."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.databases import (  # noqa: F401 - fixtures
    Databases,
    SqliteDatabases,
    postgresql_databases,
    postgresql_server,
    sqlite_databases,
    sqlite_url,
)
from tests.e2e.play import MakePlay, Play
from tests.e2e.policied import PoliciedDatabases
from tests.longest_first import shares_a_process

IS_LAST = pytest.StashKey[bool]()
"""Of a test: the worker's next one does without the shared play."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    item.stash[IS_LAST] = nextitem is None or not shares_a_process(nextitem)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def policied(
    sqlite_databases: SqliteDatabases,  # noqa: F811
    quick_folder: Path,
) -> PoliciedDatabases:
    folder = quick_folder / "policied"
    folder.mkdir()
    with sqlite_databases.migrated() as url:
        async with Play(folder, url):
            pass
        template = folder / "template.db"
        shutil.copyfile(url.removeprefix("sqlite+aiosqlite:///"), template)
    return PoliciedDatabases(folder, template)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_play(policied: PoliciedDatabases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    async with Play(tmp_path_factory.mktemp("play"), policied.new(), policies=None) as play:
        yield play


@pytest_asyncio.fixture(loop_scope="session")
async def play(shared_play: Play, request: pytest.FixtureRequest) -> AsyncIterator[Play]:
    """HTTP, SQLite, the example policies; shared with other scenes, which leave it as they found it.

    Its bot stops when the last of them is over: its rounds would go on beside all tests that follow.
    """
    if not shared_play.bot.is_running:
        await shared_play.start()
    shared_play.log()
    yield shared_play
    print(shared_play.log())  # noqa: T201 - pytest shows it with the failure
    await shared_play.clear_the_stage()
    if request.node.stash[IS_LAST]:
        await shared_play.bot.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def make_play(
    tmp_path: Path, policied: PoliciedDatabases, url_on: Callable[[str], str]
) -> AsyncIterator[MakePlay]:
    """Plays of one's own, ended with the test. Without a database: SQLite with the example policies.

    They end before the databases of ``url_on`` are emptied: what still ran would write into those of the next test.
    """
    del url_on
    async with AsyncExitStack() as stack:

        async def make(database_url: str = "", **options: Any) -> Play:
            if not database_url:
                database_url = policied.new()
                options.setdefault("policies", None)
            return await stack.enter_async_context(Play(tmp_path, database_url, **options))

        yield make


@pytest.fixture
def url_on(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Addresses of migrated databases, by the name of the dialect; empty for SQLite, where a play has its own."""
    with ExitStack() as stack:

        def url(dialect: str) -> str:
            if dialect == "sqlite":
                return ""
            databases: Databases = request.getfixturevalue(f"{dialect}_databases")
            return stack.enter_context(databases.migrated())

        yield url
