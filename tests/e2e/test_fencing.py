"""A process that dies holding a claim is followed by another within its lease; one that wakes up late is fenced off.

SIGSTOP stands for a machine that hangs: it stops at a moment that AWS sees, and goes on when another has done its work.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.services.provisioning.assignment_book import LEASE
from tests.e2e.play import PAYMENTS, PROD_POWER, MakePlay, Play, watching
from tests.e2e.replicas import Replica, replicas

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

UrlOn = Callable[[str], str]
MOMENTS = [
    ("call.arrived", "CreateAccountAssignment"),
    ("call.ended", "CreateAccountAssignment"),
    ("call.arrived", "DescribeAccountAssignmentCreationStatus"),
]


async def struck(play: Play, moment: tuple[str, str], strike: Callable[[], None]) -> None:
    """Strike at the first such moment."""
    kind, operation = moment
    happened = asyncio.Event()

    def look(change: Any) -> None:
        if change.kind != kind or happened.is_set():
            return
        number = change.facts.get("number")
        if any(record.number == number and record.operation == operation for record in play.aws.log.last(20)):
            happened.set()
            strike()

    unsubscribe = play.aws.changes.subscribe(look)
    try:
        async with asyncio.timeout(90):
            await happened.wait()
    finally:
        unsubscribe()


async def beats(replica: Replica) -> None:
    """It has been awake for long enough to have done what it had in hand."""
    async with asyncio.timeout(90):
        while (await replica.readiness()).get("status") != "ready":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "moment",
    [MOMENTS[0], *(pytest.param(each, marks=pytest.mark.nightly) for each in MOMENTS[1:])],
    ids=["asked", "answered", "asked after"],
)
async def test_what_stands_still_is_taken_over_after_its_lease_and_does_nothing_twice_when_it_wakes(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path, moment: tuple[str, str]
) -> None:
    play = await make_play(url_on("postgresql"))
    async with replicas(play, tmp_path, count=1) as (site, (first,)), watching(play) as seen:
        number = await play.ask("ada", PROD_POWER)
        card = await play.card("carol", number)
        striking = asyncio.ensure_future(struck(play, moment, first.pause))
        await card.press("Approve")
        await striking
        second = await site.add()
        site.balancer.to(second)
        play.move_clock(LEASE + timedelta(seconds=1))
        card = await play.card("carol", number, words="Active until")
        first.go_on()
        await beats(first)
        site.balancer.to(first, second)
        await play.told("ada", number, "is active until")
        told = [message.text() for message in play.messages("ada", number)]
        assert len([text for text in told if "is active until" in text]) == 1, told
        await play.revoke("carol", card)
        await card.becomes("Ended early by Carol Shaw")
        assert [what for what, _ in seen] == ["made", "removed"]
        assert len(play.cards("carol", number, PAYMENTS)) == 1
        assert "incident" not in second.said()  # the database has hung up on the first, and its log says that
    await play.verified()


@pytest.mark.parametrize("moment", MOMENTS[:1], ids=" ".join)
async def test_what_died_with_a_claim_is_taken_over_when_its_lease_is_over(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path, moment: tuple[str, str]
) -> None:
    """In real time: nobody moves the clock."""
    play = await make_play(url_on("postgresql"))
    async with replicas(play, tmp_path, count=1) as (site, (first,)), watching(play) as seen:
        number = await play.ask("ada", PROD_POWER)
        card = await play.card("carol", number)
        striking = asyncio.ensure_future(struck(play, moment, first.kill_now))
        await card.press("Approve")
        await striking
        site.balancer.to(await site.add())
        await play.card("carol", number, words="Active until")
        assert [what for what, _ in seen] == ["made"]
    await play.verified()
