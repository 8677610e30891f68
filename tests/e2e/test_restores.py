"""The whole process on a database that was restored: its own access goes on or is taken away, and admins are told."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests import backups
from tests.e2e.play import PROD_POWER, PROD_READ, STAGING_READ, MakePlay

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)])
async def test_a_restored_database_finds_its_own_assignments_and_ends_what_has_ended(
    make_play: MakePlay, url_on: Callable[[str], str], tmp_path: Path, dialect: str
) -> None:
    play = await make_play(url_on(dialect))
    play.aws.conduct.trail_delay_seconds = 0
    ended = await play.grant("ada", STAGING_READ, "4 h")
    waiting = await play.ask("ada", PROD_POWER, "1 h")
    await play.told("ada", waiting, "waiting for approval")  # its card is posted, and known to be
    saved = await backups.take(play.database_url, tmp_path)
    await play.approve("carol", waiting)
    await play.card("carol", waiting, words="Active until")
    await play.command("ada", f"/team revoke {ended}", "being ended")
    await play.card("bob", ended, words="⚪ Ended early")
    lost = await play.grant("ada", PROD_READ, "4 h")
    assert lost not in (ended, waiting)
    await play.bot.kill()
    await backups.put_back(play.database_url, saved)
    await play.pass_time(timedelta(minutes=2))
    await play.start()
    await play.until_held()
    told = await play.person("frank").sees("The database has lost recent data")
    for words in ("Ada Lovelace: ReadOnlyAccess in Payments Prod (granted", "(ended "):
        assert words in told.text()
    await play.approve("carol", waiting)
    await play.until_held(PROD_POWER.held_by("ada@example.com"))
    await play.verified()
