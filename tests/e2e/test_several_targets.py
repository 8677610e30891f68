"""Several targets in one go, acted out in Slack and in Teams: listed, asked for, and decided on one card."""

from pathlib import Path

import pytest

from infra.sandbox.company_tenant import teams_channel
from tests.databases import Databases
from tests.e2e.chat_driver import AUDIT, ChatDriver, Form
from tests.e2e.play import NUMBER, PROD_POWER, PROD_READ, STAGING_POWER, STAGING_READ, Play, Target
from tests.e2e.slack_driver import SlackDriver
from tests.e2e.teams_driver import TeamsDriver

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


async def with_targets(driver: ChatDriver, *targets: Target) -> Form:
    """The form with the first of them in its list, and the last one chosen."""
    form = await driver.form("ada", "request", ASKS)
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


async def acted_out(driver: ChatDriver) -> None:
    for who in ("ada", "bob"):
        await driver.greet(who)
    form = await with_targets(driver, PROD_POWER, STAGING_POWER, PROD_READ)
    form = await form.press("Remove", ASKS, near=STAGING_POWER.account)
    await form.shows("1 of at most 10 targets")
    first, second = await sent(form)
    told = await driver.told("ada", first, "You asked for 2 targets in one go")
    assert "Withdraw all" in told.buttons()
    card = await driver.card("bob", first, "2 waiting for approval")
    assert second in card.text()
    assert card.buttons()[-2:] == ["Approve all", "Reject all"]
    said = await driver.press("bob", card, "Approve all", f"Approved: {second}")
    assert f"Approved: {first}" in said
    held = [target.held_by("ada@example.com") for target in (PROD_POWER, PROD_READ)]
    await driver.play.until_held(*held)
    shown = await (await driver.card("bob", first, "")).becomes("2 active")
    assert shown.buttons().count("Revoke") == 2
    await driver.told("ada", first, "[ End all ]")
    form = await driver.open("bob", shown, "Revoke all", "Revoke all")
    assert second in form.text()
    await form.fill("Reason", "the site is up again")
    answer = await form.send("Revoke all")
    assert f"Revoked: {first} is being ended" in answer.said, answer.said
    assert f"Revoked: {second} is being ended" in answer.said
    await form.close()
    await (await driver.card("bob", first, "")).becomes("2 ended early")


async def refused_in_part(driver: ChatDriver, policies: Path, protecting: Path) -> None:
    """Two of three become protected while the form is open: the field says which, and nothing typed is lost."""
    form = await with_targets(driver, PROD_READ, STAGING_POWER, PROD_POWER)
    await form.choose("Duration", "1 h", query="1h")
    await form.fill("Justification", WHY)
    await driver.play.apply(protecting)
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
    form = await driver.open("bob", await driver.card("bob", number, ""), "Reject", "Reject request")
    await form.fill("Reason", "not tonight")
    await form.send("Reject")
    await form.close()
    await (await driver.card("bob", number, "")).becomes("Rejected by")
    await driver.play.apply(policies)


async def acted_out_with_a_bundle(driver: ChatDriver) -> None:
    form = await driver.form("ada", "request incident 2h the site is down", ASKS)
    await form.shows("target 3 (account 999999999999), which no longer exists")
    assert form.value("Justification") == WHY
    third, fourth = await sent(form, "2 h")
    await driver.home("ada", "Bundle incident: 2 targets")
    told = await driver.told("ada", third, "You asked for 2 targets in one go")
    said = await driver.press("ada", told, "Withdraw all", f"Withdrawn: {third}")
    assert f"Withdrawn: {fourth}" in said
    shown = await (await driver.card("bob", third, "")).becomes("2 withdrawn")
    assert "Approve all" not in shown.buttons()

    fifth, sixth = await sent(await driver.form("ada", "request incident 45m the site is down", ASKS), "45 min")
    await driver.card("bob", fifth, "2 waiting for approval")
    waiting = await driver.word("bob", "approvals", f"asked for {fifth}, {sixth} in one go")
    form = await driver.open("bob", waiting, "Reject all", "Reject all")
    assert sixth in form.text()
    await form.fill("Reason", "not tonight")
    answer = await form.send("Reject all")
    assert not answer.errors
    await (await driver.card("bob", fifth, "")).becomes("2 rejected")
    await driver.told("ada", sixth, "not tonight")

    seventh, eighth = await sent(await driver.form("ada", "request incident 30m the site is down", ASKS), "30 min")
    await driver.decide_at_home("bob", f"asked for {seventh}, {eighth} in one go", "Approve all")
    await driver.play.until_held(*(target.held_by("ada@example.com") for target in (PROD_READ, STAGING_READ)))
    await (await driver.card("bob", seventh, "")).becomes("2 active")
    assert driver.refused() == []


async def changed_in_chat(driver: ChatDriver) -> None:
    """An admin takes what is gone out of the bundle, adds another target, and makes a second bundle."""
    await driver.greet("frank")
    form = await driver.form("frank", "policy edit incident", "Bundle")
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

    form = await driver.form("frank", "policy create bundle", "Bundle")
    await form.fill("Name", "two words")
    answer = await form.send("Preview")
    assert answer.errors.keys() == {"Name", "Account"}, answer
    await form.fill("Name", "Incident")
    await form.choose_target(PROD_READ)
    answer = await form.send("Preview")
    assert "There is a bundle" in answer.errors["Name"]
    await form.fill("Name", "ledger")
    await saved(form, "🆕 Bundle ledger: new", "ReadOnlyAccess in Payments Prod (111122223333)")
    await driver.word("frank", "policy show ledger", "ReadOnlyAccess in Payments Prod")
    form = await driver.form("ada", "request incident 1h the site is down", ASKS)
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


async def played(kind: type[ChatDriver], folder: Path, url: str) -> None:
    is_teams = kind is TeamsDriver
    variables = {"TEAMBOT_AUDIT_CHANNEL": teams_channel(AUDIT)} if is_teams else {}
    async with Play(
        folder, url, policies=None, variables=variables, with_slack=not is_teams, with_teams=is_teams
    ) as play:
        driver = kind(play)
        await driver.settle_in()
        file = folder / "with-bundles.yaml"
        file.write_text(kind.policies(play.stage.company, folder).read_text() + BUNDLES)
        code, out, err = await play.run("policy", "apply", str(file))
        assert code == 0, f"{out}\n{err}"
        protecting = folder / "protecting.yaml"
        protecting.write_text(file.read_text().replace("[NetworkAdmin]", "[NetworkAdmin, PowerUserAccess]"))
        assert "bundle incident, target 3: ReadOnlyAccess in 999999999999 does not exist" in err
        await acted_out(driver)
        await refused_in_part(driver, file, protecting)
        await acted_out_with_a_bundle(driver)
        await changed_in_chat(driver)
        assert driver.refused() == []
        await play.verified()


@pytest.mark.parametrize("kind", [SlackDriver, pytest.param(TeamsDriver, marks=pytest.mark.nightly)])
async def test_several_targets_are_asked_for_and_decided_in_one_go(
    kind: type[ChatDriver], sqlite_databases: Databases, tmp_path: Path
) -> None:
    with sqlite_databases.migrated() as url:
        await played(kind, tmp_path, url)
