"""A short part of ``make faults`` and ``make kills``: the real process, struck from more than one side at once."""

from pathlib import Path

import pytest

from tests.databases import SqliteDatabases, sqlite_databases  # noqa: F401 - a fixture
from tests.faults.kills import Batch
from tests.faults.rounds import Round
from tests.faults.site import site

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]


async def test_after_misfortunes_that_come_together_everything_is_as_it_should_be(
    tmp_path: Path,
    sqlite_databases: SqliteDatabases,  # noqa: F811
) -> None:
    async with site(tmp_path, sqlite_databases, count=1) as here:
        for seed in (7, 8):
            assert await Round(here, seed, "sqlite").play() == []


async def test_after_a_dozen_kills_nothing_is_lost_or_left_and_nobody_is_told_twice(
    tmp_path: Path,
    sqlite_databases: SqliteDatabases,  # noqa: F811
) -> None:
    async with site(tmp_path, sqlite_databases, count=1, with_teams=True) as here:
        assert await Batch(here, 200).play() == []
