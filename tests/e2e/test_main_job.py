"""The main job over Socket Mode: asked for, approved, in AWS, ended by the clock, gone."""

from datetime import timedelta

import pytest

from tests.e2e.play import PAYMENTS, PROD_POWER, MakePlay

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_access_is_asked_for_approved_given_and_taken_away_over_a_socket(
    make_play: MakePlay,
) -> None:
    play = await make_play(socket_mode=True, forked=False)
    number = await play.ask("ada", PROD_POWER, "1 h 30 min", why="fix the *stuck* <!channel> pipeline")
    card = await play.card("bob", number, words="Waiting for approval")
    assert "Payments Prod (111122223333)" in card.text()
    assert "fix the *stuck* <!channel> pipeline" in card.text()
    assert "Bob Kahn, Carol Shaw or Dan Bricklin (Payments Leads)" in card.text()
    assert card.buttons() == ["Approve", "Reject", "Approve for a shorter time", "Details"]
    assert play.aws.assignments() == set()

    await card.press("Approve")
    await play.answered("bob", f"Approved: {number}", PAYMENTS)
    active = await card.becomes("Active until")
    assert play.aws.assignments() == {PROD_POWER.held_by("ada@example.com")}
    assert "Approved by Bob Kahn" in active.text()
    assert active.buttons() == ["Revoke", "Details"]
    said = await play.told("ada", number, "is active until")
    assert "role PowerUserAccess" in said.text()
    await card.replied("Active")  # what is said after the clock was moved is said of the past

    await play.pass_time(timedelta(minutes=89))
    await play.told("ada", number, "left: your access to")
    assert play.aws.assignments() == {PROD_POWER.held_by("ada@example.com")}
    await play.pass_time(timedelta(minutes=1, seconds=30))
    ended = await card.becomes("Ended")
    assert play.aws.assignments() == set()
    assert ended.buttons() == ["Details"]
    assert "may go on until" in ended.text()
    await play.told("ada", number, "has ended")
    await card.replied("The assignment is gone")
    assert [reply.text().partition(" ")[2].partition(" ")[0] for reply in card.replies()] == [
        "Approved",
        "Active",
        "Time's",
        "Ended.",
    ]
    lines = [m.text() for m in play.person("erin").reads("team-audit") if number in m.text()]  # revisions are told too
    assert [next(word for word in WORDS if word in line) for line in lines] == WORDS

    for channel in ("general", "data-approvals", "security-approvals", "partners", "random"):
        assert not play.stage.slack.workspace.messages.in_channel(play.stage.slack.workspace.channel(channel).id)
    assert len(play.cards("bob", number)) == 1
    assert play.stage.slack.complaints == []
    assert [(call.method, call.error) for call in play.stage.slack.calls.refused()] == []
    await play.verified()


WORDS = ["waits for approval", "Approved by Bob", "AWS has been asked", "Active until", "Time's up", "Ended."]
