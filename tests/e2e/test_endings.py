"""Every other way in which a request can go, and who may make it go there."""

from datetime import timedelta

import pytest

from tests.e2e.play import (
    AUDIT_NETWORK,
    LEDGER_POWER,
    PAYMENTS,
    PROD_ADMIN,
    PROD_READ,
    SANDBOX_ADMIN,
    STAGING_POWER,
    STAGING_READ,
    Play,
    watching,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_requester_withdraws_what_is_not_decided(play: Play) -> None:
    number = await play.ask("ada", STAGING_POWER)
    card = await play.card("bob", number)
    await play.command("bob", f"/team cancel {number}", "Only the requester can withdraw")
    await play.command("ada", f"/team cancel {number}", f"Withdrawn: {number}")
    withdrawn = await card.becomes("Withdrawn by Ada Lovelace")
    assert withdrawn.buttons() == ["Details"]
    await card.press("Approve", as_seen=True)
    await play.answered("bob", "Ada Lovelace withdrew this", PAYMENTS)
    assert play.aws.assignments() == set()


@pytest.mark.parametrize("who", ["ada", "bob", "frank"], ids=["requester", "approver", "admin"])
async def test_access_is_ended_early_by(play: Play, who: str) -> None:
    number = await play.grant("ada", STAGING_POWER)
    name = play.stage.company.slack_user(who).real_name
    await play.command(who, f"/team revoke {number} all done", "being ended")
    card = await play.card("bob", number, words=f"⚪ Ended early by {name}")
    assert "all done" in card.text()
    assert card.buttons() == ["Details"]
    assert play.aws.assignments() == set()
    said = await play.told("ada", number, f"ended early by {name}")
    assert "may go on until" in said.text()


async def test_nothing_says_ended_before_the_assignment_is_gone(play: Play) -> None:
    number = await play.grant("ada", STAGING_POWER)
    play.aws.hold()
    await play.command("ada", f"/team revoke {number} all done", "being ended")
    card = await play.card("bob", number, words="Being ended")
    shown = await play.command("ada", f"/team show {number}", "Being ended")
    assert play.aws.assignments() == {STAGING_POWER.held_by("ada@example.com")}
    assert "Ended early" not in card.text()
    assert "Ended early" not in shown.text()
    play.aws.release()
    await card.becomes("⚪ Ended early by Ada Lovelace")


async def test_access_is_not_ended_by_somebody_else(play: Play) -> None:
    number = await play.grant("ada", STAGING_POWER)
    for stranger in ("mallory", "grace", "erin"):
        person = play.person(stranger)
        await person.types(f"/team revoke {number}")
    await play.answered("mallory", "No such request.")
    await play.answered("grace", "No such request.")
    await play.answered("erin", "Only the requester, an approver of the target or an admin")
    assert play.aws.assignments() == {STAGING_POWER.held_by("ada@example.com")}


async def test_a_start_later_on_is_waited_for(play: Play) -> None:
    number = await play.ask("ada", STAGING_POWER, "45 min", starts_in=timedelta(hours=2))
    await play.approve("bob", number)
    card = await play.card("bob", number, words="Approved, starts")
    await play.told("ada", number, "It starts")
    await play.pass_time(timedelta(hours=1, minutes=59))
    assert play.aws.assignments() == set()
    await play.pass_time(timedelta(minutes=3))
    await card.becomes("Active until")
    assert play.aws.assignments() == {STAGING_POWER.held_by("ada@example.com")}
    await play.pass_time(timedelta(minutes=45))
    await card.becomes("Ended")
    assert play.aws.assignments() == set()


async def test_what_has_not_begun_is_called_off(play: Play) -> None:
    number = await play.ask("ada", STAGING_POWER, starts_in=timedelta(hours=2))
    await play.approve("bob", number)
    await play.card("bob", number, words="Approved, starts")
    await play.command("bob", f"/team revoke {number}", "called off. No access was granted")
    await play.card("bob", number, words="Called off before it began")
    async with watching(play) as seen:
        await play.pass_time(timedelta(hours=3))
        await play.command("ada", f"/team show {number}", "Called off before it began")
    assert seen == []


async def test_where_no_approval_is_needed_access_begins_at_once(play: Play) -> None:
    number = await play.ask("ada", SANDBOX_ADMIN)
    said = await play.told("ada", number, "is active until")
    assert "needed no approval" in said.text()
    assert play.aws.assignments() == {SANDBOX_ADMIN.held_by("ada@example.com")}
    assert play.cards("bob", number) == []
    await play.revoke("ada", await play.told("ada", number, "is active until"), button="End now")
    await play.told("ada", number, "was ended early by Ada Lovelace")
    assert play.aws.assignments() == set()


async def test_two_have_to_approve_where_the_policy_says_two(play: Play) -> None:
    number = await play.ask("ada", PROD_ADMIN, "30 min")
    card = await play.card("bob", number)
    assert "2 approvals from" in card.text()
    beside = await play.card("olivia", number, "security-approvals")
    await card.press("Approve")
    confirming = await play.person("bob").modal("Approve request")
    await confirming.shows("AdministratorAccess")
    assert (await confirming.submit()).closed
    counted = await card.becomes("1 of 2: Bob Kahn")
    assert "Waiting for approval" in counted.text()
    await counted.press("Approve")
    await play.answered("bob", "You've already decided on this", PAYMENTS)
    assert play.aws.assignments() == set()
    await (await beside.becomes("1 of 2: Bob Kahn")).press("Approve")
    assert (await (await play.person("olivia").modal("Approve request")).submit()).closed
    await card.becomes("Active until")
    await beside.becomes("Active until")
    assert play.aws.assignments() == {PROD_ADMIN.held_by("ada@example.com")}


async def test_where_no_channel_is_named_each_approver_gets_the_card_directly(play: Play) -> None:
    person = play.stage.slack.workspace.user("rupert")
    play.stage.slack.workspace.change_user(person, deleted=False)
    play.stage.slack.workspace.channel("general").members.append(person.id)
    number = await play.ask("rupert", AUDIT_NETWORK)
    hers, his = await play.card("olivia", number, ""), await play.card("peggy", number, "")
    for channel in ("general", PAYMENTS, "security-approvals"):
        assert not [m for m in play.stage.slack.workspace.messages.in_channel(channel) if number in m.text]
    await hers.press("Approve")
    await hers.becomes("Active until")
    await his.becomes("Active until")
    assert play.aws.assignments() == {AUDIT_NETWORK.held_by("rupert@example.com")}
    await play.revoke("peggy", his)
    await hers.becomes("Ended early by Peggy Weil")


async def test_the_end_is_announced_a_quarter_of_the_window_before_when_that_is_less(play: Play) -> None:
    number = await play.grant("ada", STAGING_READ, "20 min")
    await play.pass_time(timedelta(minutes=14))
    await play.card("bob", number, words="Active until")
    assert not [m for m in play.messages("ada", number) if "left: your access" in m.text()]
    await play.pass_time(timedelta(minutes=1, seconds=5))
    said = await play.told("ada", number, "left: your access")
    assert "End now" in said.buttons()
    assert play.aws.assignments() == {STAGING_READ.held_by("ada@example.com")}


async def test_two_requests_share_the_assignment_and_it_goes_with_the_last(play: Play) -> None:
    async with watching(play) as seen:
        first = await play.grant("ada", LEDGER_POWER, "1 h")
        await play.pass_time(timedelta(minutes=30))
        second = await play.grant("ada", LEDGER_POWER, "2 h")
        await play.pass_time(timedelta(minutes=31))
        ended = await play.card("bob", first, words="Ended")
        assert f"continues under {second}" in ended.text()
        await play.told("ada", first, f"has ended. Access continues under {second}")
        assert play.aws.assignments() == {LEDGER_POWER.held_by("ada@example.com")}
        assert [what for what, _ in seen] == ["made"]
        await play.pass_time(timedelta(hours=2))
        await play.card("bob", second, words="Ended")
    assert [what for what, _ in seen] == ["made", "removed"]


async def test_ending_one_of_two_early_leaves_the_access_to_the_other(play: Play) -> None:
    first = await play.grant("ada", LEDGER_POWER, "1 h")
    second = await play.grant("ada", LEDGER_POWER, "30 min")
    await play.command("ada", f"/team revoke {second}", "being ended")
    card = await play.card("bob", second, words="Ended early by Ada Lovelace")
    assert f"continues under {first}" in card.text()
    assert play.aws.assignments() == {LEDGER_POWER.held_by("ada@example.com")}
    await play.command("ada", f"/team revoke {first}", "being ended")
    await play.card("bob", first, words="Ended early by Ada Lovelace")
    assert play.aws.assignments() == set()


async def test_what_is_already_held_by_a_standing_assignment_is_refused_on_its_field(play: Play) -> None:
    play.aws.make_assignment(PROD_READ.account_id, PROD_READ.permission_set, "ada@example.com")
    try:
        modal = await play.fill("ada", PROD_READ)
        answer = await modal.submit()
        assert "already have this access by a direct assignment" in answer.errors["Permission set"]
        assert modal.value("Justification") == "look into the stuck queue"
        assert play.aws.assignments() == {PROD_READ.held_by("ada@example.com")}
    finally:
        play.aws.remove_assignment(PROD_READ.account_id, PROD_READ.permission_set, "ada@example.com")


@pytest.mark.parametrize("when", ["before the approval", "before the start"])
async def test_a_standing_assignment_made_meanwhile_fails_the_request_and_stays(play: Play, when: str) -> None:
    number = await play.ask("ada", PROD_READ, starts_in=timedelta(hours=1))
    if when == "before the start":
        await play.approve("bob", number)
        await play.card("bob", number, words="Approved, starts")
    play.aws.make_assignment(PROD_READ.account_id, PROD_READ.permission_set, "ada@example.com")
    try:
        if when == "before the approval":
            await play.approve("bob", number)
        await play.pass_time(timedelta(hours=1, minutes=2))
        card = await play.card("bob", number, words="Failed")
        assert "direct assignment" in card.text()
        assert card.buttons() == ["Details"]
        await play.told("ada", number, "failed")
        await play.pass_time(timedelta(hours=5))
        await play.command("ada", f"/team show {number}", "Failed")
        assert play.aws.assignments() == {PROD_READ.held_by("ada@example.com")}
    finally:
        play.aws.remove_assignment(PROD_READ.account_id, PROD_READ.permission_set, "ada@example.com")
