"""Every input that is no good, answered where it was given, with what to do, and nothing typed lost."""

from datetime import timedelta
from pathlib import Path

import pytest

from infra.sandbox.company import POLICIES_FILE
from tests.e2e.play import PAYMENTS, PROD_POWER, STAGING_POWER, STAGING_READ, MakePlay, Play, watching

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_unknown_subcommand_is_answered_with_help_and_the_nearest(play: Play) -> None:
    said = await play.command("ada", "/team reqests", "Did you mean")
    assert "/team requests" in said.text()
    assert "ask for access" in said.text()


async def test_an_unknown_and_a_foreign_request_are_told_in_the_same_words(play: Play) -> None:
    number = await play.ask("ada", STAGING_POWER)
    await play.card("bob", number)
    for word in ("show", "cancel", "revoke"):
        said = [
            (await play.command("grace", f"/team {word} {given}", "No such request")).text()
            for given in (number, "R-999999", "nonsense")
        ]
        assert set(said) == {"No such request."}
        await play.command("grace", f"/team {word}", "Give the number of a request")


async def test_a_duration_over_the_limit_is_refused_on_its_field_naming_limit_and_policy(play: Play) -> None:
    modal = await play.fill("ada", STAGING_POWER)
    await modal.choose("Duration", "5 h", query="5h")
    answer = await modal.submit()
    assert set(answer.errors) == {"Duration"}
    assert "4 h" in answer.errors["Duration"]
    assert "payments-engineers" in answer.errors["Duration"]
    await modal.choose("Duration", "4 h", query="240 minutes")
    assert await play.send("ada", modal)


async def test_every_field_tells_its_own_error_and_nothing_typed_is_lost(play: Play) -> None:
    modal = await play.fill("ada", STAGING_POWER, "9 h", why="   \n ")
    await modal.pick_datetime("Start", play.now() - 3600)
    answer = await modal.submit()
    assert set(answer.errors) == {"Start", "Duration", "Justification"}
    assert "That time has passed" in answer.errors["Start"]
    assert "justification is required" in answer.errors["Justification"]
    assert modal.is_open
    assert (modal.value("Account"), modal.value("Permission set"), modal.value("Duration")) == (
        "Payments Staging",
        "PowerUserAccess",
        "9 h",
    )
    await modal.pick_datetime("Start", play.now() + timedelta(days=31).total_seconds())
    answer = await modal.submit()
    assert "at most 30 d ahead" in answer.errors["Start"]


async def test_a_start_a_little_in_the_past_means_now(play: Play) -> None:
    modal = await play.fill("ada", STAGING_POWER)
    await modal.pick_datetime("Start", play.now() - 200)
    number = await play.send("ada", modal)
    await play.approve("bob", number)
    await play.card("bob", number, words="Active until")


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("judy", "no user in IAM Identity Center"),
        ("heidi", "disabled"),
        ("ivan", "Guests can't use TEAM Bot"),
        ("sybil", "other organizations"),
        ("quentin", "isn't confirmed"),
        ("zoe", "more than one user"),
        ("trent", "Guests can't use TEAM Bot"),
    ],
)
@pytest.mark.parametrize("command", ["/team request", "/team requests", "/team whoami"])
async def test_who_cannot_be_told_for_sure_is_refused_with_what_to_do(
    play: Play, who: str, words: str, command: str
) -> None:
    person = play.person(who)
    before = {m.message.ts for m in person.reads()}
    place = "" if who != "sybil" else "partners"
    await person.types(command, place)
    said = await play.until(
        lambda: next((m for m in person.reads() if m.message.ts not in before and words in m.text()), None),
        lambda: f"{who} was never told {words!r}\n{person.sight()}",
    )
    assert len(said.text()) > 30
    assert person.modals() == []


async def test_nobody_decides_on_an_own_request_not_even_through_a_second_slack_user(play: Play) -> None:
    number = await play.ask("bob", STAGING_READ)
    card = await play.card("bob", number)
    await card.press("Approve")
    said = await play.answered("bob", "This is your own request", PAYMENTS)
    assert "Carol Shaw or Dan Bricklin" in said.text()
    await card.press("Reject")
    assert play.person("bob").modals() == []
    second = play.stage.slack.workspace.users.get("U0BOBTWO") or play.stage.slack.workspace.add_user(
        "bob.oncall", "Bob (on call)", "BOB@example.com", user_id="U0BOBTWO"
    )
    for channel in ("general", PAYMENTS):
        play.stage.slack.workspace.join(play.stage.slack.workspace.channel(channel), second.id)
    await (await play.card("bob.oncall", number)).press("Approve")
    await play.answered("bob.oncall", "This is your own request", PAYMENTS)
    assert "Waiting for approval" in card.refreshed().text()
    assert play.aws.assignments() == set()


async def test_a_stranger_to_the_policy_cannot_decide_and_is_told_who_can(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    play.stage.slack.workspace.join(play.stage.slack.workspace.channel(PAYMENTS), "U0GRACE")
    try:
        await (await play.card("grace", number)).press("Approve")
        said = await play.answered("grace", "You are not one of the approvers", PAYMENTS)
        assert "Payments Leads" in said.text()
    finally:
        play.stage.slack.workspace.channel(PAYMENTS).members.remove("U0GRACE")
    assert play.aws.assignments() == set()


async def test_a_name_that_was_copied_from_an_approver_decides_nothing(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    workspace = play.stage.slack.workspace
    grace, bob = workspace.user("grace"), workspace.user("bob")
    own, grace.real_name = grace.real_name, bob.real_name
    workspace.join(workspace.channel(PAYMENTS), grace.id)
    try:
        await (await play.card("grace", number)).press("Approve")
        await play.answered("grace", "You are not one of the approvers", PAYMENTS)
    finally:
        grace.real_name = own
        workspace.channel(PAYMENTS).members.remove(grace.id)
    assert play.aws.assignments() == set()


async def test_a_double_click_counts_once(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    card = await play.card("bob", number)
    async with watching(play) as seen:
        await card.press("Approve")
        await card.press("Approve", as_seen=True)
        await card.becomes("Active until")
        await play.answered("bob", "Bob Kahn approved this", PAYMENTS)
    assert seen == [("made", STAGING_READ.held_by("ada@example.com"))]
    assert card.refreshed().text().count("Approved by") == 1


async def test_an_old_card_of_a_decided_request_says_what_became_of_it(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    card = await play.card("bob", number)
    await play.approve("carol", number)
    await card.becomes("Active until")
    await card.press("Reject", as_seen=True)
    await play.answered("bob", "Carol Shaw approved this", PAYMENTS)
    assert play.person("bob").modals() == []


async def test_a_forged_digest_is_refused(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    other = await play.ask("ada", PROD_POWER)
    card, foreign = await play.card("bob", number), await play.card("bob", other)
    approve = next(e for b in card.message.blocks for e in b.get("elements", ()) if "Approve" in str(e.get("text")))
    theirs = next(e for b in foreign.message.blocks for e in b.get("elements", ()) if "Approve" in str(e.get("text")))
    assert approve["value"] != theirs["value"]
    digest = theirs["value"].rpartition(":")[2]
    forged = f"{approve['value'].rpartition(':')[0]}:{digest}"
    workspace, user = play.stage.slack.workspace, play.stage.slack.workspace.user("bob")
    message = workspace.messages.find(card.message.channel_id, card.message.ts)
    assert message is not None
    block = next(b for b in card.message.blocks if approve in b.get("elements", ()))
    for value in (forged, "nonsense", "", f"{10**30}:x"):
        await play.stage.slack.interactions.act_in_message(user, message, block, approve, {"value": value})
    await play.answered("bob", "The request is not what this message shows", PAYMENTS)
    assert "Waiting for approval" in card.refreshed().text()
    assert play.aws.assignments() == set()


async def test_a_policy_that_changed_meanwhile_fails_the_request_at_the_click(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    number, later = await play.ask("ada", STAGING_READ), await play.ask("ada", STAGING_POWER)
    card = await play.card("bob", number)
    text = POLICIES_FILE.read_text(encoding="utf-8")
    changed = tmp_path / "policies.yaml"
    changed.write_text(
        text.replace("ticket: off", "require_ticket: true").replace(
            "permission_sets: [ReadOnlyAccess, PowerUserAccess]\n    max_duration: 4h",
            "permission_sets: [PowerUserAccess]\n    max_duration: 4h",
        ),
        encoding="utf-8",
    )
    await play.apply(changed)
    await card.press("Approve")
    await card.becomes("Failed")
    await play.answered("bob", "cannot be granted any more", PAYMENTS)
    await play.told("ada", number, "No policy allows this access any more")
    await play.approve("bob", later)
    await play.card("bob", later, words="Active until")

    modal = await play.fill("ada", PROD_POWER)
    await modal.fill("Ticket", "twelve")
    answer = await modal.submit()
    assert set(answer.errors) == {"Ticket"}
    assert r"[A-Z][A-Z0-9]+-\d+" in answer.errors["Ticket"]
    await modal.fill("Ticket", "OPS-12")
    number = await play.send("ada", modal)
    assert "OPS-12" in (await play.card("bob", number)).text()
