"""People in Teams for the tests of the whole process: the hands of each, in short words."""

from pathlib import Path

from infra.sandbox.company import POLICIES_FILE
from infra.sandbox.company_tenant import policies_of_both
from infra.sandbox.local_teams import Answer, Dialog, SeenMessage, TeamsPerson
from tests.e2e.play import NUMBER, PATIENCE, Play, Target

APPROVALS = "payments-approvals"
WHY = "look into the stuck queue"


async def settle_in(play: Play, folder: Path, *names: str) -> None:
    """The app comes into the teams and to these people, and policies name channels of Slack and of Teams."""
    teams = play.stage.teams
    for team in [each for each in teams.tenant.teams.values() if each.has_bot]:
        await teams.team_changes.add_bot(team, team.members[0])
    policies = folder / "policies.yaml"
    policies.write_text(policies_of_both(POLICIES_FILE.read_text(), play.stage.company))
    await play.apply(policies)
    for name in names:
        await person(play, name).installs()


def person(play: Play, name: str) -> TeamsPerson:
    found = play.stage.teams.person(name)
    found.patience = PATIENCE
    return found


def dialog_of(answer: Answer) -> Dialog:
    assert not answer.trouble, answer.trouble
    assert answer.dialog is not None, answer.message
    return answer.dialog


async def form(play: Play, who: str) -> Dialog:
    """**Request access**, open and empty."""
    return dialog_of(await person(play, who).compose("Request access"))


async def fill(dialog: Dialog, target: Target, why: str = WHY) -> None:
    await dialog.choose("Account", target.account)
    await dialog.choose("Permission set", target.permission_set)
    await dialog.choose("Duration", "1 h", query="1h")
    await dialog.fill("Justification", why)


async def send(dialog: Dialog) -> str:
    """The number of the request that comes of it."""
    sent = await dialog.submit()
    assert not sent.errors, sent.errors
    found = NUMBER.search(dialog.text())
    assert found, dialog.text()
    await dialog.close()
    return found.group()


async def ask(play: Play, who: str, target: Target, why: str = WHY) -> str:
    dialog = await form(play, who)
    await fill(dialog, target, why)
    return await send(dialog)


async def card_of(play: Play, who: str, number: str) -> SeenMessage:
    return await person(play, who).sees(number, APPROVALS)


async def approve(card: SeenMessage, near: str = "") -> Answer:
    """Press **Approve**. Where the bot does not know yet that it posted this card, it asks once more."""
    answer = await card.press("Approve", near=near)
    assert not answer.trouble, answer.trouble
    if answer.dialog is None or answer.message:
        return answer
    return await answer.dialog.submit("Approve")
