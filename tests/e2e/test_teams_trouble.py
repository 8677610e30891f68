"""Teams away, hanging, moved or heard twice: nothing is lost, nothing is done twice, and Slack goes on."""

from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from infra.sandbox.local_teams import LocalTeams
from tests.e2e.both_chats import APPROVALS, both, in_teams
from tests.e2e.play import PROD_POWER, MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")
HELD = PROD_POWER.held_by("ada@example.com")


@pytest_asyncio.fixture(loop_scope="session")
async def play(make_play: MakePlay, tmp_path: Path) -> Play:
    return await both(make_play, tmp_path)


@pytest.fixture
def teams(play: Play) -> LocalTeams:
    return play.stage.teams


async def test_what_happened_while_teams_was_away_is_told_once_it_is_back(play: Play, teams: LocalTeams) -> None:
    away = teams.faults.add("connector", drop="before")
    number = await play.ask("ada", PROD_POWER, "4 h")
    await play.approve("carol", number)
    await play.until_held(HELD)
    await play.told("ada", number, "is active until")
    await play.pass_time(timedelta(hours=1))
    assert away.hits
    away.remove()
    await play.pass_time(timedelta(minutes=6))
    bob = in_teams(play, "bob")
    card = await bob.sees(number, APPROVALS)
    await card.becomes("Active until")
    there = [each for each in bob.reads(APPROVALS) if number in each.text() and each.message.root_id is None]
    assert len(there) == 1, bob.sight(APPROVALS)
    await play.verified()


@pytest.mark.parametrize(
    "operation", ["token", *(pytest.param(each, marks=pytest.mark.nightly) for each in ("metadata", "keys"))]
)
async def test_a_login_or_a_key_server_that_hangs_costs_slack_nothing(
    play: Play, teams: LocalTeams, operation: str
) -> None:
    await play.bot.stop()
    hanging = teams.faults.add(operation, hang=True)
    await play.start()
    number = await play.ask("ada", PROD_POWER)
    await play.approve("carol", number)
    await play.until_held(HELD)
    await play.told("ada", number, "is active until")
    assert hanging.hits
    hanging.remove()


@pytest.mark.parametrize("keeps_id", [pytest.param(True, marks=pytest.mark.nightly), False])
async def test_a_press_that_teams_sends_twice_decides_once(play: Play, teams: LocalTeams, *, keeps_id: bool) -> None:
    teams.activity_sender.keeps_id = keeps_id
    number = await play.ask("ada", PROD_POWER)
    card = await in_teams(play, "bob").sees(number, APPROVALS)
    answer = await card.press("Approve")
    assert answer.delivery is not None
    again = await teams.activity_sender.repeat(answer.delivery)
    assert again.ok
    decided = await card.becomes("Active until")
    assert decided.text().count("Approved by") == 1
    assert "faster" not in str(again.answer)
    await play.verified()


async def test_a_channel_at_a_new_address_is_written_to_there(play: Play, teams: LocalTeams) -> None:
    bob = in_teams(play, "bob")
    for each in teams.tenant.conversations.values():
        teams.team_changes.move(each, "amer")
    teams.tenant.region = "amer"
    assert not (await bob.types("help", APPROVALS)).trouble
    number = await play.ask("ada", PROD_POWER)
    assert "Approve" in (await bob.sees(number, APPROVALS)).buttons()


async def test_who_may_not_use_it_is_told_why(play: Play) -> None:
    for name, words in (("ivan", "Guests"), ("judy", "Identity Center"), ("heidi", "disabled")):
        told = in_teams(play, name)
        await told.types("request")
        await told.sees(words)
