"""Many at the same moment: one decision wins, and everybody is told what is so."""

import asyncio
from collections.abc import Callable

import pytest

from tests.e2e.many_leads import LEADS, many_leads
from tests.e2e.play import (
    LEDGER_POWER,
    LEDGER_READ,
    PAYMENTS,
    PROD_POWER,
    PROD_READ,
    STAGING_POWER,
    MakePlay,
    Play,
    watching,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("dialect", [pytest.param("sqlite", marks=pytest.mark.nightly), "postgresql"])
async def test_of_twenty_approvals_at_once_one_wins_and_the_others_are_told_who_was_faster(
    make_play: MakePlay, url_on: Callable[[str], str], dialect: str
) -> None:
    play = await make_play(url_on(dialect), company=many_leads())
    names = [f"lead{number:02}" for number in range(LEADS)]
    number = await play.ask("ada", PROD_POWER)
    cards = [await play.card(name, number) for name in names]
    async with watching(play) as seen:
        await asyncio.gather(*(card.press("Approve") for card in cards))
        await cards[0].becomes("Active until")
    assert [what for what, _ in seen] == ["made"]
    answers = [await last_word(play, name) for name in names]
    winners = [n for n, answer in zip(names, answers, strict=True) if answer.startswith(f"Approved: {number}")]
    assert len(winners) == 1, answers
    faster = [answer for answer in answers if f"Lead {winners[0]} approved this" in answer]
    assert len(faster) == LEADS - 1, answers
    assert cards[0].refreshed().text().count("Approved by") == 1
    await play.told("ada", number, "is active until")
    assert len([m for m in play.messages("ada", number) if "is active until" in m.text()]) == 1
    await play.verified()


async def last_word(play: Play, name: str) -> str:
    """The outcome of a press: said where it was pressed, or as a message when that took longer."""
    person = play.person(name)

    def heard() -> str | None:
        said = [m.text() for m in person.reads() if m.is_ephemeral or not m.channel]
        return next((text for text in said if "pproved" in text), None)

    return await play.until(heard, lambda: f"{name} was told nothing of use\n{person.sight()}")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_nobody_is_told_that_aws_is_not_answering_while_it_is(
    make_play: MakePlay, url_on: Callable[[str], str], dialect: str
) -> None:
    """Twenty who decide at once wait for each other, and that is not blamed on AWS."""
    play = await make_play(url_on(dialect), company=many_leads())
    names = [f"lead{number:02}" for number in range(LEADS)]
    number = await play.ask("ada", PROD_POWER)
    cards = [await play.card(name, number) for name in names]
    await asyncio.gather(*(card.press("Approve") for card in cards))
    for name in names:
        await last_word(play, name)
    assert not [n for n in names if "AWS is not answering" in play.person(n).sight(PAYMENTS)]


@pytest.mark.nightly
@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_of_many_who_ask_at_once_everybody_gets_a_request(
    make_play: MakePlay, url_on: Callable[[str], str], dialect: str
) -> None:
    play = await make_play(url_on(dialect))
    asking = {"ada": PROD_POWER, "bob": PROD_READ, "mallory": LEDGER_POWER, "victor": LEDGER_READ}
    numbers = await asyncio.gather(*(play.ask(who, target) for who, target in asking.items()))
    assert len(set(numbers)) == len(asking)
    for number in numbers:
        await play.card("carol", number)
    assert play.stage.slack.complaints == []
    await play.verified()


async def test_choosing_both_before_slack_shows_the_first_still_shows_what_applies(make_play: MakePlay) -> None:
    """The newest update of the form is sent again when Slack refuses it because of the one before."""
    play = await make_play()
    modal = await play.form("ada")
    play.stage.slack.faults.add("views.update", latency=0.6, times=2)
    await modal.choose("Account", STAGING_POWER.account)
    await modal.choose("Permission set", STAGING_POWER.permission_set)
    await modal.shows("Up to")
