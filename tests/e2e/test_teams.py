"""The real process against the local Teams, over HTTP: a whole life, as people see it."""

from pathlib import Path

import pytest

from infra.sandbox.company import POLICIES_FILE
from infra.sandbox.company_tenant import policies_of_both
from infra.sandbox.local_teams import Dialog, TeamsPerson
from tests.e2e.play import NUMBER, PATIENCE, PROD_POWER, MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")
APPROVALS = "payments-approvals"


def person(play: Play, name: str) -> TeamsPerson:
    found = play.stage.teams.person(name)
    found.patience = PATIENCE
    return found


async def both(make_play: MakePlay, folder: Path) -> Play:
    """A play in which policies name channels of Slack and of Teams."""
    play = await make_play(with_teams=True)
    teams = play.stage.teams
    for team in [each for each in teams.tenant.teams.values() if each.has_bot]:
        await teams.team_changes.add_bot(team, team.members[0])
    policies = folder / "policies.yaml"
    policies.write_text(policies_of_both(POLICIES_FILE.read_text(), play.stage.company))
    await play.apply(policies)
    return play


async def form(play: Play, who: str) -> Dialog:
    asking = person(play, who)
    await asking.types("request")
    offer = await asking.sees("Request access")
    await offer.press("Request access")
    return await asking.dialog("Request access")


async def test_a_request_lives_in_teams_from_the_form_to_its_end(make_play: MakePlay, tmp_path: Path) -> None:
    play = await both(make_play, tmp_path)
    ada, bob = person(play, "ada"), person(play, "bob")
    for each in (ada, bob):
        await each.installs()
    await ada.sees("Ask for access")

    dialog = await form(play, "ada")
    await dialog.choose("Account", PROD_POWER.account)
    await dialog.choose("Permission set", PROD_POWER.permission_set)
    checked = await dialog.press("Check")
    assert not checked.trouble, checked.trouble
    assert "Up to" in dialog.text()
    await dialog.choose("Duration", "1 h", query="1h")
    refused = await dialog.submit()
    assert "Justification" in refused.errors, dialog.text()
    await dialog.fill("Justification", "look into the stuck queue")
    sent = await dialog.submit()
    assert not sent.errors, sent.errors
    found = NUMBER.search(dialog.text())
    assert found, dialog.text()
    number = found.group()
    await dialog.close()

    card = await bob.sees(number, APPROVALS)
    answer = await card.press("Approve")
    assert not answer.trouble, answer.trouble
    await card.becomes("Active until")
    await ada.sees("active until")
    await play.until_held(PROD_POWER.held_by("ada@example.com"))
    assert play.stage.teams.complaints == []
