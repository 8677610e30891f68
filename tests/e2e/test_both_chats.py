"""One person in Slack and in Teams at once: asked here, decided there, ended here, and counted once."""

import asyncio
import csv
import io
from pathlib import Path

import pytest
import pytest_asyncio

from infra.sandbox.local_teams import SeenMessage
from tests.e2e.both_chats import APPROVALS, both, in_teams
from tests.e2e.many_leads import LEADS, many_leads
from tests.e2e.play import PROD_POWER, MakePlay, Play, watching

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def play(make_play: MakePlay, tmp_path: Path) -> Play:
    return await both(make_play, tmp_path)


async def test_what_is_asked_in_slack_is_approved_in_teams_and_ended_from_slack(play: Play) -> None:
    number = await play.ask("ada", PROD_POWER)
    in_slack = await play.card("carol", number)
    bob = in_teams(play, "bob")
    card = await bob.sees(number, APPROVALS)
    answer = await card.press("Approve")
    assert not answer.trouble, answer.trouble
    await play.until_held(PROD_POWER.held_by("ada@example.com"))
    assert "Bob Kahn" in (await card.becomes("Active until")).text()
    assert "Bob Kahn" in (await in_slack.becomes("Active until")).text()
    told = await play.told("ada", number, "active until")
    await play.revoke("ada", told, button="End now")
    await play.until_held()
    await card.becomes("Ended early")
    assert play.stage.teams.complaints == []
    assert play.stage.teams.calls.refused() == []


async def test_nobody_approves_in_teams_what_the_same_person_asked_for_in_slack(play: Play) -> None:
    number = await play.ask("bob", PROD_POWER)
    bob = in_teams(play, "bob")
    card = await bob.sees(number, APPROVALS)
    answer = await card.press("Approve")
    said = answer.message or answer.trouble
    assert "your own" in said, said
    assert "Approve" in card.refreshed().buttons()
    await play.until_held()


async def test_of_twenty_approvals_at_once_in_both_chats_one_wins(make_play: MakePlay, tmp_path: Path) -> None:
    play = await both(make_play, tmp_path, company=many_leads())
    names = [f"lead{number:02}" for number in range(LEADS)]
    number = await play.ask("ada", PROD_POWER)
    in_slack = [await play.card(name, number) for name in names[::2]]
    there = [await in_teams(play, name).sees(number, APPROVALS) for name in names[1::2]]
    async with watching(play) as seen:
        pressed = [*(card.press("Approve") for card in in_slack), *(card.press("Approve") for card in there)]
        await asyncio.gather(*pressed)
        texts = [(await card.becomes("Active until")).text() for card in (in_slack[0], there[0])]
    assert [what for what, _ in seen] == ["made"]
    winners = [{name for name in names if f"Lead {name}" in text} for text in texts]
    assert winners[0] == winners[1], texts
    assert len(winners[0]) == 1, texts
    assert play.stage.teams.complaints == []
    await play.verified()


async def test_an_export_is_offered_in_teams_and_comes_once_it_is_accepted(play: Play) -> None:
    number = await play.ask("ada", PROD_POWER)
    erin = in_teams(play, "erin")
    await erin.installs()
    await erin.sees("Everything live")

    async def offered() -> SeenMessage:
        last = (await erin.chat())[-1]
        await erin.types("audit")
        listed = await erin.sees("Export as CSV", after=last)
        answer = await listed.press("Export as CSV")
        assert "in a direct message" in answer.message, answer.trouble
        return await erin.sees("1 request as CSV", after=listed)

    assert (await (await offered()).decline_file()).status == 200
    offer = await offered()
    for _ in range(2):
        assert (await offer.allow_file()).status == 200
    file = await erin.gets_file("team-requests")
    rows = list(csv.DictReader(io.StringIO((file.content or b"").decode("utf-8-sig"))))
    assert [row["request"] for row in rows] == [number]
    assert play.stage.teams.complaints == []
