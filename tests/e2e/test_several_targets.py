"""Several targets in one go, acted out in Slack and in Teams: listed, asked for, and decided on one card."""

from pathlib import Path

import pytest

from infra.sandbox.company_tenant import teams_channel
from tests.databases import Databases
from tests.e2e.play import NUMBER, PROD_POWER, PROD_READ, STAGING_POWER, STAGING_READ, Play, Target
from tests.e2e.seats import AUDIT, Form, Seats
from tests.e2e.slack_seats import SlackSeats
from tests.e2e.teams_seats import TeamsSeats

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKS, WHY = "Request access", "the site is down"
BUNDLES = """
bundles:
  - name: incident
    targets:
      - {account: '111122223333', permission_set: ReadOnlyAccess}
      - {account: '111122224444', permission_set: ReadOnlyAccess}
      - {account: '999999999999', permission_set: ReadOnlyAccess}
"""


async def with_targets(seats: Seats, *targets: Target) -> Form:
    """The form with the first of them in its list, and the last one chosen."""
    form = await seats.form("ada", "request", ASKS)
    for count, target in enumerate(targets[:-1], start=1):
        await form.choose_target(target)
        form = await form.press("Add a target", ASKS)
        await form.shows(f"{count} of at most 10 targets")
    await form.choose_target(targets[-1])
    return form


async def sent(form: Form, duration: str = "1 h") -> list[str]:
    await form.choose("Duration", duration, query=duration.replace(" ", ""))
    await form.fill("Justification", WHY)
    answer = await form.send("Submit")
    assert not answer.errors, answer.errors
    assert "Sent: " in answer.said, answer.said
    await form.close()
    return sorted(set(NUMBER.findall(answer.said)))


async def acted_out(seats: Seats) -> None:
    for who in ("ada", "bob"):
        await seats.greet(who)
    form = await with_targets(seats, PROD_POWER, STAGING_POWER, PROD_READ)
    form = await form.press("Remove", ASKS, near=STAGING_POWER.account)
    await form.shows("1 of at most 10 targets")
    first, second = await sent(form)
    told = await seats.told("ada", first, "You asked for 2 targets in one go")
    assert "Withdraw all" in told.buttons()
    card = await seats.card("bob", first, "2 waiting for approval")
    assert second in card.text()
    assert card.buttons()[-2:] == ["Approve all", "Reject all"]
    said = await seats.press("bob", card, "Approve all", f"Approved: {second}")
    assert f"Approved: {first}" in said
    held = [target.held_by("ada@example.com") for target in (PROD_POWER, PROD_READ)]
    await seats.play.until_held(*held)
    shown = await (await seats.card("bob", first, "")).becomes("2 active")
    assert shown.buttons().count("Revoke") == 2
    await seats.told("ada", first, "[ End all ]")
    form = await seats.open("bob", shown, "Revoke all", "Revoke all")
    assert second in form.text()
    await form.fill("Reason", "the site is up again")
    answer = await form.send("Revoke all")
    assert f"Revoked: {first} is being ended" in answer.said, answer.said
    assert f"Revoked: {second} is being ended" in answer.said
    await form.close()
    await (await seats.card("bob", first, "")).becomes("2 ended early")


async def refused_in_part(seats: Seats, policies: Path, protecting: Path) -> None:
    """Two of three become protected while the form is open: the field says which, and nothing typed is lost."""
    form = await with_targets(seats, PROD_READ, STAGING_POWER, PROD_POWER)
    await form.choose("Duration", "1 h", query="1h")
    await form.fill("Justification", WHY)
    await seats.play.apply(protecting)
    answer = await form.send("Submit")
    (said,) = answer.errors.values()
    for target in (PROD_POWER, STAGING_POWER):
        assert f"{target.permission_set} in {target.account}" in said, said
    assert PROD_READ.permission_set not in said
    assert form.value("Justification") == WHY
    form = await form.press("Remove", ASKS, near=STAGING_POWER.account)
    await form.shows("1 of at most 10 targets")
    await form.choose("Permission set", PROD_READ.permission_set)
    answer = await form.send("Submit")
    assert not answer.errors, answer.errors
    await form.close()
    (number,) = set(NUMBER.findall(answer.said))
    form = await seats.open("bob", await seats.card("bob", number, ""), "Reject", "Reject request")
    await form.fill("Reason", "not tonight")
    await form.send("Reject")
    await form.close()
    await (await seats.card("bob", number, "")).becomes("Rejected by")
    await seats.play.apply(policies)


async def acted_out_with_a_bundle(seats: Seats) -> None:
    form = await seats.form("ada", "request incident 2h the site is down", ASKS)
    await form.shows("target 3 (account 999999999999), which no longer exists")
    assert form.value("Justification") == WHY
    third, fourth = await sent(form, "2 h")
    await seats.home("ada", "Bundle incident: 2 targets")
    told = await seats.told("ada", third, "You asked for 2 targets in one go")
    said = await seats.press("ada", told, "Withdraw all", f"Withdrawn: {third}")
    assert f"Withdrawn: {fourth}" in said
    shown = await (await seats.card("bob", third, "")).becomes("2 withdrawn")
    assert "Approve all" not in shown.buttons()

    fifth, sixth = await sent(await seats.form("ada", "request incident 45m the site is down", ASKS), "45 min")
    await seats.card("bob", fifth, "2 waiting for approval")
    waiting = await seats.word("bob", "approvals", f"asked for {fifth}, {sixth} in one go")
    form = await seats.open("bob", waiting, "Reject all", "Reject all")
    assert sixth in form.text()
    await form.fill("Reason", "not tonight")
    answer = await form.send("Reject all")
    assert not answer.errors
    await (await seats.card("bob", fifth, "")).becomes("2 rejected")
    await seats.told("ada", sixth, "not tonight")

    seventh, eighth = await sent(await seats.form("ada", "request incident 30m the site is down", ASKS), "30 min")
    await seats.decide_at_home("bob", f"asked for {seventh}, {eighth} in one go", "Approve all")
    await seats.play.until_held(*(target.held_by("ada@example.com") for target in (PROD_READ, STAGING_READ)))
    await (await seats.card("bob", seventh, "")).becomes("2 active")
    assert seats.refused() == []


async def changed_in_chat(seats: Seats) -> None:
    """An admin takes what is gone out of the bundle, adds another target, and makes a second bundle."""
    await seats.greet("frank")
    form = await seats.form("frank", "policy edit incident", "Bundle")
    assert "⚠️ gone" in await form.shows("3 of at most 10 targets")
    form = await form.press("Remove", "Bundle", near="999999999999")
    await form.shows("2 of at most 10 targets")
    form = await form.press("Add a target", "Bundle")
    await form.shows("Choose an account and a permission set first")
    await form.choose_target(STAGING_POWER)
    form = await form.press("Add a target", "Bundle")
    await form.shows("3 of at most 10 targets")
    assert form.value("Name") == "incident"
    await saved(form, "✏️ Bundle incident: changed", "PowerUserAccess in Payments Staging (111122224444)")

    form = await seats.form("frank", "policy create bundle", "Bundle")
    await form.fill("Name", "two words")
    answer = await form.send("Preview")
    assert answer.errors.keys() == {"Name", "Account"}, answer
    await form.fill("Name", "Incident")
    await form.choose_target(PROD_READ)
    answer = await form.send("Preview")
    assert "There is a bundle" in answer.errors["Name"]
    await form.fill("Name", "ledger")
    await saved(form, "🆕 Bundle ledger: new", "ReadOnlyAccess in Payments Prod (111122223333)")
    await seats.word("frank", "policy show ledger", "ReadOnlyAccess in Payments Prod")
    form = await seats.form("ada", "request incident 1h the site is down", ASKS)
    await form.shows("3 of at most 10 targets")
    await form.close()


async def saved(form: Form, *words: str) -> None:
    answer = await form.send("Preview")
    assert not answer.errors, answer.errors
    shown = await form.followed_by("What this changes")
    text = await shown.shows(words[0])
    assert all(each in text for each in words), text
    await shown.fill("Why", "as the last incident showed")
    answer = await shown.send("Save")
    assert "is in effect now" in answer.said, answer
    await shown.close()


async def played(kind: type[Seats], folder: Path, url: str) -> None:
    is_teams = kind is TeamsSeats
    variables = {"TEAMBOT_AUDIT_CHANNEL": teams_channel(AUDIT)} if is_teams else {}
    async with Play(
        folder, url, policies=None, variables=variables, with_slack=not is_teams, with_teams=is_teams
    ) as play:
        seats = kind(play)
        await seats.settle_in()
        file = folder / "with-bundles.yaml"
        file.write_text(kind.policies(play.stage.company, folder).read_text() + BUNDLES)
        code, out, err = await play.run("policy", "apply", str(file))
        assert code == 0, f"{out}\n{err}"
        protecting = folder / "protecting.yaml"
        protecting.write_text(file.read_text().replace("[NetworkAdmin]", "[NetworkAdmin, PowerUserAccess]"))
        assert "bundle incident, target 3: ReadOnlyAccess in 999999999999 does not exist" in err
        await acted_out(seats)
        await refused_in_part(seats, file, protecting)
        await acted_out_with_a_bundle(seats)
        await changed_in_chat(seats)
        assert seats.refused() == []
        await play.verified()


@pytest.mark.parametrize("kind", [SlackSeats, pytest.param(TeamsSeats, marks=pytest.mark.nightly)])
async def test_several_targets_are_asked_for_and_decided_in_one_go(
    kind: type[Seats], sqlite_databases: Databases, tmp_path: Path
) -> None:
    with sqlite_databases.migrated() as url:
        await played(kind, tmp_path, url)
