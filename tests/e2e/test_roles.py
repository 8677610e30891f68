"""The whole process with a role for each part of its work, while one of them is broken."""

from datetime import timedelta

import pytest

from tests.e2e.play import PROD_POWER, PROD_READ, MakePlay

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADA = "ada@example.com"


async def test_access_ends_while_the_roles_that_read_and_grant_cannot_be_assumed(make_play: MakePlay) -> None:
    play = await make_play()
    number = await play.grant("ada", PROD_POWER, "1 h")
    play.aws.forget()
    for part in ("Read", "Grant"):
        play.aws.break_role(f"TeamBot{part}")
    await play.pass_time(timedelta(hours=1, minutes=1))

    await play.until_held()
    await play.card("carol", number, words="Ended")
    assert {call.role for call in play.aws.calls("DeleteAccountAssignment")} == {"TeamBotRevoke"}
    await play.verified()


async def test_access_is_granted_and_admins_are_alarmed_while_it_cannot_be_taken_away(make_play: MakePlay) -> None:
    play = await make_play()
    play.aws.break_role("TeamBotRevoke")
    number = await play.grant("ada", PROD_READ, "1 h")
    await play.pass_time(timedelta(hours=1))
    await play.card("carol", number, words="Being ended")
    await play.pass_time(timedelta(minutes=6))
    alarm = await play.told("frank", number, "sts:AssumeRole")
    assert "TeamBotRevoke" in alarm.text()
    assert play.aws.assignments() == {PROD_READ.held_by(ADA)}

    play.aws.mend_role("TeamBotRevoke")
    await play.pass_time(timedelta(minutes=10))
    await play.until_held()
    await play.card("carol", number, words="Ended")
