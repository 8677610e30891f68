"""Session activity with the whole process: asked for while and after, told in the thread once it is over."""

from datetime import timedelta

import pytest

from tests.e2e.play import PROD_POWER, MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")
TAIL = timedelta(hours=4)
"""The session duration of the permission set."""
OTHERS = "DeleteBucket"
"""The action of everybody who is not meant."""


async def test_what_was_done_is_told_in_the_thread_and_shown_to_those_who_may_see_it(make_play: MakePlay) -> None:
    play = await make_play(activity="athena")
    number = await play.grant("ada", PROD_POWER, "1 h")
    await play.pass_time(timedelta(minutes=10))
    early = await play.command("ada", f"/team logs {number}", "in 2 sessions")
    assert "events may follow" in early.text()
    assert OTHERS not in early.text()
    await play.command("grace", f"/team logs {number}", "No such request.")
    await play.command("grace", "/team logs R-4711", "No such request.")
    await play.command("erin", f"/team logs {number} yesterday", "That is not a day.")

    await play.pass_time(timedelta(minutes=51))
    card = await play.card("bob", number, words="Ended")
    await play.pass_time(TAIL)
    assert not [reply for reply in card.replies() if "Session activity" in reply.text()]
    await play.pass_time(timedelta(minutes=16))
    told = await card.replied("Session activity")
    assert "15 events in 2 sessions, 5 writes, 1 error. Attributed 13 by the Identity Center user id" in told.text()

    await told.press("Session activity")
    modal = await play.person("bob").modal(f"Activity of {number}")
    await modal.shows("Page 1 of 2")
    await modal.shows("StopDeployment")
    assert "⛔ AccessDenied" in modal.text()
    await modal.press("Next")
    await modal.shows("Page 2 of 2")
    assert OTHERS not in modal.text()
    await modal.press("Export as CSV")
    await play.told("bob", number, "15 events as CSV")
    assert len([reply for reply in card.replies() if "Session activity" in reply.text()]) == 1


async def test_a_source_that_refuses_says_which_right_is_missing_and_then_tells_late(make_play: MakePlay) -> None:
    play = await make_play(activity="cloudwatch")
    number = await play.grant("ada", PROD_POWER, "1 h")
    play.aws.faults.add("access_denied", service="logs", operation="StartQuery")
    await play.command("ada", f"/team logs {number}", "it lacks logs:StartQuery")
    code, out, _ = await play.run("doctor")
    assert "Session activity: CloudWatch Logs: organization-trail" in out, (code, out)

    await play.pass_time(timedelta(hours=1, minutes=1))
    card = await play.card("bob", number, words="Ended")
    await play.pass_time(TAIL + timedelta(minutes=20))
    await asked_again(play, then=2)
    play.aws.up()
    await play.pass_time(timedelta(minutes=10))
    await asked_again(play, then=3)
    assert "CloudWatch Logs" in (await card.replied("Session activity")).text()


async def asked_again(play: Play, then: int) -> None:
    """Wait until the source has been asked that often; the clock may have been moved before a retry was noted."""
    for _ in range(10):
        try:
            await play.aws.changes.until(lambda: len(play.aws.calls("StartQuery")) >= then, within=6)
        except TimeoutError:
            await play.pass_time(timedelta(minutes=10))
        else:
            return
    raise AssertionError(f"the source was not asked {then} times")
