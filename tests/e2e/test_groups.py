"""Membership of a group for a while, asked for, approved and ended in Slack and in Teams, also where AWS refuses it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from infra.sandbox.aws.directory import GroupRecord, new_id
from tests.e2e.chat_driver import ChatDriver
from tests.e2e.play import PATIENCE, MakePlay, Play
from tests.e2e.slack_driver import SlackDriver
from tests.e2e.teams_driver import TeamsDriver
from tests.e2e.whole_life import ASKS, Life

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = "request group Payments Operators 1h restart the stuck queue"


def with_group(path: Path, folder: Path) -> Path:
    """The policies of the example company, with the group as a target of the first policy of each kind."""
    text = path.read_text(encoding="utf-8")
    joined = "    target_groups: [Payments Operators]\n"
    text = text.replace("  max_open_requests: 20\n", "  max_open_requests: 20\n  group_targets: true\n", 1)
    text = text.replace("    max_duration: 4h\n", f"    max_duration: 4h\n{joined}", 1)
    text = text.replace(
        "    approver_groups: [Payments Leads]\n", f"{joined}    approver_groups: [Payments Leads]\n", 1
    )
    path = folder / "with-group.yaml"
    path.write_text(text, encoding="utf-8")
    return path


async def until_member(play: Play, group: GroupRecord, *, is_there: bool) -> None:
    ada = play.aws.user("ada@example.com").id
    directory = play.aws.world.directory
    await play.aws.changes.until(lambda: (directory.membership(group.id, ada) is not None) is is_there, within=60)


async def refused_by_aws_for_a_while(driver: ChatDriver, group: GroupRecord, number: str) -> None:
    """Another system keeps the group from now on: the admins read what AWS says, and it ends once AWS lets it."""
    play = driver.play
    group.external_id = "00g1"
    said_before = len(play.whole_log())
    await driver.word("ada", f"revoke {number} it runs again", "being ended")
    async with asyncio.timeout(PATIENCE):  # twice: the first is noted then
        while play.whole_log()[said_before:].count("ValidationException") < 2:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)
    await play.pass_time(timedelta(minutes=6))
    alarm = await driver.told("frank", number, "AWS says: “DeleteGroupMembership")
    assert "Payments Operators" in alarm.text()
    assert "managed by an external identity provider" in alarm.text()
    await until_member(play, group, is_there=True)
    group.external_id = ""
    await play.pass_time(timedelta(minutes=6))
    await until_member(play, group, is_there=False)


@pytest.mark.parametrize("kind", [pytest.param(SlackDriver, marks=pytest.mark.nightly), TeamsDriver])
async def test_a_group_is_joined_for_a_while_and_left_again_once_aws_lets_it(
    make_play: MakePlay, tmp_path: Path, kind: type[ChatDriver]
) -> None:
    is_teams = kind is TeamsDriver
    play = await make_play(with_slack=not is_teams, with_teams=is_teams)
    group = play.aws.world.directory.add_group(GroupRecord(new_id(), "Payments Operators"))
    life = Life(kind(play))
    driver = life.driver
    await driver.settle_in()
    code, _, err = await play.run(
        "policy", "check", str(with_group(kind.policies(play.stage.company, tmp_path), tmp_path))
    )
    assert code == 0, err
    await play.apply(with_group(kind.policies(play.stage.company, tmp_path), tmp_path))
    await play.pass_time(timedelta(minutes=2))  # until the running bot has read the groups again
    for who in ("ada", "bob", "frank"):
        await driver.greet(who)
    assert "Join a group" in await driver.home("ada", "Ask for access")

    form = await driver.form("ada", LINE, ASKS)
    assert "Group" in form.labels()
    assert "Permission set" not in form.labels()
    assert "up to an hour" in await form.shows("Up to")
    number = await life.sends(form)
    card = await life.approves(number)
    assert "Payments Operators" in card.text()
    await until_member(play, group, is_there=True)
    told = await driver.told("ada", number, "is active until")
    assert "the group Payments Operators" in told.text()
    assert "sign out there and in again" in told.text()

    code, out, err = await play.run("reconcile")
    assert code == 0, f"{out}{err}"
    await refused_by_aws_for_a_while(driver, group, number)
    ended = await driver.card("bob", number, "Ended early")
    assert "AWS may take up to an hour to notice" in ended.text()
    assert driver.refused() == []
    await play.verified()
