"""The cost of Teams in memory: no more than 45 MB over Slack alone, after a whole life in both chats."""

import re
from pathlib import Path

import pytest

from infra.sandbox.bot_process import BotProcess
from tests.e2e.both_chats import APPROVALS, in_teams, settle_in_both
from tests.e2e.in_teams import approve
from tests.e2e.play import PROD_POWER, MakePlay, Play

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.nightly]
MOST = 45


def megabytes(play: Play) -> float:
    """The resident memory of the process (proc(5), VmRSS)."""
    assert isinstance(play.bot, BotProcess)
    assert play.bot._process is not None
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{play.bot._process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


async def test_teams_costs_no_more_memory_than_it_may(make_play: MakePlay, tmp_path: Path) -> None:
    alone = await make_play(forked=False)
    number = await alone.ask("ada", PROD_POWER)
    await alone.approve("carol", number)
    await alone.until_held(PROD_POWER.held_by("ada@example.com"))
    without = megabytes(alone)
    both = await make_play(forked=False, with_teams=True)
    await settle_in_both(both, tmp_path)
    await both.stage.teams.tell_people()
    number = await both.ask("ada", PROD_POWER)
    await approve(await in_teams(both, "bob").sees(number, APPROVALS))
    await both.until_held(PROD_POWER.held_by("ada@example.com"))
    assert megabytes(both) - without < MOST
