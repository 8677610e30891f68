"""An end that AWS does not carry out: the admins hear of it after five minutes, what to do, and when it is over."""

import asyncio
from datetime import timedelta

import pytest

from tests.e2e.play import PATIENCE, STAGING_READ, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def stuck(play: Play) -> str:
    """A request that was to end more than five minutes ago."""
    number = await play.grant("ada", STAGING_READ)
    play.aws.faults.add("access_denied", operation="DeleteAccountAssignment")
    said_before = len(play.whole_log())
    await play.pass_time(timedelta(hours=1))
    await play.card("bob", number, words="Being ended")
    async with asyncio.timeout(PATIENCE):  # twice, for the first is noted then: else the clock leaves it unanswered
        while play.whole_log()[said_before:].count("AccessDeniedException") < 2:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)
    await play.pass_time(timedelta(minutes=6))
    return number


async def test_the_admins_are_told_what_aws_says_and_what_to_do_and_when_it_is_over(play: Play) -> None:
    number = await stuck(play)
    alarm = await play.told("frank", number, "Ada Lovelace's access")
    assert "Ada Lovelace" in alarm.text()
    assert "AWS says: “DeleteAccountAssignment: AccessDeniedException" in alarm.text()
    assert f"/team close {number}" in alarm.text()
    assert alarm.buttons() == ["Close by hand", "Details"]
    assert play.aws.assignments() == {STAGING_READ.held_by("ada@example.com")}
    await play.pass_time(timedelta(minutes=6))
    play.lift()
    await play.pass_time(timedelta(minutes=2))
    await play.until_held()
    now = await alarm.becomes("after it was to end")
    assert now.buttons() == ["Details"]
    await play.until(lambda: _it_is_over(play, number) or None, play.person("frank").sight)


def _it_is_over(play: Play, number: str) -> bool:
    """Both direct messages that Frank has about it alone say so."""
    said = [message.text() for message in play.messages("frank", number) if message.buttons()]
    return len(said) == 2 and all("after it was to end" in text and "🚨" not in text for text in said)


async def test_an_admin_closes_it_by_hand_from_the_alarm(play: Play) -> None:
    number = await stuck(play)
    alarm = await play.told("frank", number, "Ada Lovelace's access")
    await alarm.press("Close by hand")
    modal = await play.person("frank").modal("Close by hand")
    await modal.fill("Reason", "AWS support says so")
    await modal.submit()
    now = await alarm.becomes("closed by hand by Frank Rosen")
    assert now.buttons() == ["Details"]
    await play.told("frank", number, "is over, and AWS may still list the assignment")
    await play.told("ada", number, "an admin closed it by hand")
