"""The real process against the local Teams, over HTTP: what only Teams has. The whole life is in both chats alike."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.e2e.in_teams import APPROVALS, WHY, approve, ask, card_of, dialog_of, fill, form, person, send, settle_in
from tests.e2e.play import STAGING_READ, Play
from tests.e2e.policied import PoliciedDatabases

pytestmark = pytest.mark.asyncio(loop_scope="session")
LETS_ASK_AGAIN = timedelta(minutes=11)
"""The wait before the next request for people who have withdrawn and ended several (rule 26)."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def teams_play(policied: PoliciedDatabases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    """A play in which policies name channels of Slack and of Teams, and people have the app in both."""
    folder = tmp_path_factory.mktemp("teams")
    async with Play(folder, policied.new(), policies=None, with_teams=True) as play:
        await settle_in(play, folder, "ada", "bob", "carol", "erin", "frank")
        yield play


@pytest_asyncio.fixture(loop_scope="session")
async def play(teams_play: Play) -> AsyncIterator[Play]:
    teams_play.log()
    await teams_play.pass_time(LETS_ASK_AGAIN)
    yield teams_play
    print(teams_play.log())  # noqa: T201 - pytest shows it with the failure
    assert teams_play.stage.teams.complaints == []


async def test_what_was_asked_for_last_is_one_press_away_on_the_home_card(play: Play) -> None:
    number = await ask(play, "ada", STAGING_READ)
    ada = person(play, "ada")
    before = (await ada.chat())[-1]
    await ada.types("home")
    home = await ada.sees("Ask for access", after=before)
    dialog = dialog_of(await home.press("ReadOnlyAccess in Payments Staging"))
    assert "Up to" in dialog.text()
    await dialog.close()
    await cancelled(play, "ada", number)


async def cancelled(play: Play, who: str, number: str) -> None:
    asking = person(play, who)
    await asking.types(f"cancel {number}")
    await asking.sees(f"Withdrawn: {number}")


async def test_details_open_over_nothing_and_lead_back(play: Play) -> None:
    number = await ask(play, "ada", STAGING_READ)
    card = await card_of(play, "bob", number)

    details = dialog_of(await card.press("Details"))
    assert WHY in details.text()
    rejecting = dialog_of(await details.press("Reject"))
    back = await rejecting.press("Back")

    assert WHY in dialog_of(back).text()
    await details.close()
    await cancelled(play, "ada", number)


async def test_a_word_in_a_channel_is_answered_to_whoever_typed_it(play: Play) -> None:
    bob = person(play, "bob")

    await bob.types("whoami", APPROVALS)

    seen = await bob.sees("bob@example.com")
    assert seen.is_private or not seen.channel


async def test_what_waits_is_decided_in_the_list(play: Play) -> None:
    number = await ask(play, "ada", STAGING_READ, why="the list")
    bob = person(play, "bob")
    await bob.types("approvals")
    waiting = await bob.sees("Waiting for you")

    await approve(waiting, near=number)

    await (await card_of(play, "bob", number)).becomes("Active until")
    ada = person(play, "ada")
    await ada.types(f"revoke {number} done")
    await (await card_of(play, "bob", number)).becomes("Ended")


async def test_the_form_opens_from_the_compose_box(play: Play) -> None:
    dialog = await form(play, "ada")

    assert {"Account", "Permission set", "Duration", "Justification"} <= set(dialog.labels())
    await dialog.close()


async def test_a_message_is_the_reason_with_its_link(play: Play) -> None:
    bob, ada = person(play, "bob"), person(play, "ada")
    await bob.types("the payments queue is stuck, somebody look", APPROVALS, mention=False)

    dialog = dialog_of(await ada.choose("Request access", await ada.sees("queue is stuck", APPROVALS)))

    assert "This is the message." in dialog.text()
    words, link = dialog.value("Justification").splitlines()
    assert words == "the payments queue is stuck, somebody look"
    assert link.startswith("https://teams.microsoft.com/l/message/")
    await fill(dialog, STAGING_READ, why=f"{words}\n{link}")
    number = await send(dialog)
    assert words in (await card_of(play, "bob", number)).text()
    await cancelled(play, "ada", number)


async def test_an_auditor_searches_everything_and_an_approver_what_they_may_approve(play: Play) -> None:
    number = await ask(play, "ada", STAGING_READ, why="to be found")
    erin = person(play, "erin")

    await erin.types(f"audit {number}")

    await erin.sees("Ada Lovelace")
    bob = person(play, "bob")
    await bob.types(f"audit {number}")
    assert number in (await bob.sees("Requests you can see")).text()
    await person(play, "ada").types(f"cancel {number}")


async def test_the_doctor_looks_at_teams(play: Play) -> None:
    code, out, _ = await play.run("doctor", "--json")
    lines = {each["what"]: each for each in json.loads(out)["checks"]}

    assert lines["Teams credentials"]["state"] == "ok", out
    assert "1 of them for Teams" in lines["Teams keys"]["detail"]
    assert lines["Clock beside Teams"]["state"] == "ok"
    assert lines["Approvers and admins"]["state"] == "ok", out
    channels = {what: each["state"] for what, each in lines.items() if what.startswith("Channel teams:")}
    assert channels
    assert set(channels.values()) == {"ok"}
    assert code in {0, 1}


async def test_the_doctor_says_what_is_wrong_with_teams(play: Play) -> None:
    _, out, _ = await play.run("doctor", "--json", TEAMBOT_TEAMS_CLIENT_SECRET="another")
    lines = {each["what"]: each for each in json.loads(out)["checks"]}

    assert lines["Teams credentials"]["state"] == "fail"
    assert "registration in Entra" in lines["Teams credentials"]["detail"]
