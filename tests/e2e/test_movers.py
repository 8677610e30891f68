"""The habits of people who come from elsewhere, acted out in Slack and in Teams by the settings that are for them."""

from pathlib import Path

import pytest

from tests.e2e.chat_driver import ChatDriver
from tests.e2e.play import NUMBER, PROD_POWER, PROD_READ, MakePlay
from tests.e2e.slack_driver import SlackDriver
from tests.e2e.teams_driver import TeamsDriver

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKS, WHY = "Request access", "the ledger is stuck"


SETTINGS = (
    ("  revoke_reason: optional\n", "  revoke_reason: required\n  mention_approvers: users\n  durations: [1h, 2h]\n"),
    ("  ticket: off\n", "  ticket: optional\n"),
    ("  request_expiry: 3h\n", "  request_expiry: never\n"),
    ("  reminder_after: 15m\n", "  reminder_after: off\n"),
    ("  - name: payments-approvers\n", "  - name: payments-approvers\n    notify: both\n"),
)


def as_elsewhere(policies: Path, folder: Path) -> Path:
    """The example policies with a fixed list of lengths, a reason for every end, mentions, and a message to each."""
    text = policies.read_text(encoding="utf-8")
    for before, after in SETTINGS:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    path = folder / "as-elsewhere.yaml"
    path.write_text(text, encoding="utf-8")
    return path


async def asked(driver: ChatDriver, line: str) -> str:
    """From a line with the words in another order: refused on its field first, then sent."""
    form = await driver.form("ada", line, ASKS)
    await form.look("Up to")
    assert form.value("Justification") == WHY
    assert any("Ticket" in label for label in form.labels())
    await form.fill("Ticket", "no ticket")
    answer = await form.send("Submit")
    assert answer.errors.keys() == {"Ticket"}, answer
    assert form.value("Justification") == WHY, "nothing typed is lost"
    await form.fill("Ticket", "")
    answer = await form.send("Submit")
    assert not answer.errors, answer.errors
    await form.close()
    found = NUMBER.search(answer.said)
    assert found, answer.said
    return found.group()


@pytest.mark.parametrize("kind", [SlackDriver, pytest.param(TeamsDriver, marks=pytest.mark.nightly)])
async def test_people_find_what_they_are_used_to(make_play: MakePlay, tmp_path: Path, kind: type[ChatDriver]) -> None:
    is_teams = kind is TeamsDriver
    play = await make_play(with_slack=not is_teams, with_teams=is_teams)
    driver = kind(play)
    await driver.settle_in()
    await play.apply(as_elsewhere(kind.policies(play.stage.company, tmp_path), tmp_path))
    for who in ("ada", "bob", "carol"):
        await driver.greet(who)

    number = await asked(driver, f'request 1h PowerUserAccess "Payments Prod" {WHY}')
    card = await driver.card("bob", number, "Waiting for approval")
    assert "Bob Kahn" in card.text()
    hers = await driver.told("carol", number, "🟡 Waiting for approval")
    assert {"Approve", "Reject"} <= set(hers.buttons())
    await driver.press("carol", hers, "Approve", f"Approved: {number}")
    await play.until_held(PROD_POWER.held_by("ada@example.com"))
    shown = await (await driver.card("bob", number, "")).becomes("Active")

    form = await driver.open("bob", shown, "Revoke", "Revoke access")
    answer = await form.send("Revoke")
    assert answer.errors.keys() == {"Reason"}, answer
    await form.fill("Reason", "the ledger runs again")
    answer = await form.send("Revoke")
    assert not answer.errors, answer.errors
    await form.close()
    await play.until_held()
    await driver.told("ada", number, "the ledger runs again")

    other = await asked(driver, f'request "Payments Prod" 2h ReadOnlyAccess {WHY}')
    await driver.press("bob", await driver.card("bob", other, "Waiting for approval"), "Approve", f"Approved: {other}")
    await play.until_held(PROD_READ.held_by("ada@example.com"))
    await driver.word("ada", f"revoke {other}", "needs a reason")
    found = await driver.word("bob", "audit status:live", other)
    assert "Revoke" in found.buttons()
    await driver.word("ada", f"revoke {other} done with it", "being ended")
    await play.until_held()
    assert driver.refused() == []
    await play.verified()
