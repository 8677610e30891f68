"""SIGTERM on the real process, with AWS and Slack at their slowest: readiness first, then what is in hand, then leases.

Within 25 seconds in all, whatever hangs; a second signal ends it at once. On demand: ``make nightly`` runs the longest.
"""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.play import PROD_POWER, MakePlay, Play
from tests.e2e.replicas import Replica, replicas

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

UrlOn = Callable[[str], str]
MOST = 60.0
"""Seconds to wait for the end. Past its time, at most 25, a process ends itself with another code."""
STATUS = "DescribeAccountAssignmentCreationStatus"
PAUSE = 0.4
"""Seconds between two commands of one person: faster, and they would be told so (rule 26)."""
BY_DEFAULT = {"TEAMBOT_STOP_WITHIN": "20"}
PEOPLE = {"ada": "Ada Lovelace", "bob": "Bob Kahn", "carol": "Carol Shaw"}


async def leaves(replica: Replica) -> None:
    """It ends by itself, cleanly, and in time."""
    replica.signal(signal.SIGTERM)
    async with asyncio.timeout(MOST):
        assert await replica.ended() == 0


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def test_over_http_readiness_goes_first_and_what_comes_in_meanwhile_is_answered(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    play = await make_play(url_on("postgresql"), variables=BY_DEFAULT)
    async with replicas(play, tmp_path) as (site, (first, second)):
        number = await play.ask("ada", PROD_POWER)
        card = await play.card("carol", number)
        site.balancer.to(first)
        play.stage.slack.faults.add(latency=1.5)
        await card.press("Approve")
        leaving = asyncio.ensure_future(leaves(first))
        async with asyncio.timeout(60):
            while (said := await first.readiness()).get("status") != "not ready":
                pass
        assert said["because"] == {"leaving": "it has been told to stop"}
        assert await status_of(f"{first.url}/healthz") == 200
        assert await status_of(f"{second.url}/readyz") == 200
        await play.command("bob", "/team whoami", "Bob Kahn")  # a balancer has not looked yet
        assert site.balancer.taken[-1] == (first, 200)
        site.balancer.to(second)
        await leaving
        play.stage.slack.faults.clear()
        await card.becomes("Active until")
        assert len([m for m in play.answers("carol", "payments-approvals") if number in m.text()]) == 1
        for words in ("cut off", "incident", "Traceback"):
            assert words not in first.said()


async def test_what_hangs_in_aws_is_given_back_and_taken_up_by_another_at_once(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    play = await make_play(url_on("postgresql"), variables={"TEAMBOT_STOP_WITHIN": "3"})
    async with replicas(play, tmp_path, count=1) as (site, (first,)):
        play.aws.forget()
        play.aws.faults.add("timeout", operation=STATUS, times=1)
        number = await play.ask("ada", PROD_POWER)
        await play.approve("carol", number)
        await play.aws.changes.until(lambda: len(play.aws.calls(STATUS)) == 1, within=60)
        second = await site.add()
        site.balancer.to(second)
        await leaves(first)
        assert re.search(r"leases given back .*rows=[1-9]", first.said()), "else it would wait until the lease is over"
        await play.card("carol", number, words="Active until")


@pytest.mark.nightly
async def test_a_process_ends_in_time_though_aws_and_slack_are_silent(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    """With what it has by default. Its threads that wait for AWS cannot be ended, and keep nobody."""
    play = await make_play(url_on("postgresql"), variables=BY_DEFAULT)
    async with replicas(play, tmp_path, count=1) as (site, (first,)):
        number = await play.ask("ada", PROD_POWER)
        card = await play.card("carol", number)
        play.aws.down(hanging=True)
        play.stage.slack.faults.add(latency=60)
        await card.press("Approve")
        for who in PEOPLE:
            await play.person(who).types("/team whoami")
        await leaves(first)
        play.lift()
        await site.add()
        site.balancer.to(site.all[-1])
        await play.card("carol", number, words="Active until")


async def test_a_second_signal_ends_it_at_once(make_play: MakePlay, url_on: UrlOn, tmp_path: Path) -> None:
    play = await make_play(url_on("postgresql"), variables=BY_DEFAULT)
    async with replicas(play, tmp_path, count=1) as (_, (first,)):
        first.signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            while (await first.readiness()).get("status") != "not ready":
                pass
        first.signal(signal.SIGTERM)
        assert await first.ended() == 128 + signal.SIGTERM
        assert "stopping at once" in first.said()
        assert "did not stop in time" not in first.said()


@asynccontextmanager
async def traffic(play: Play) -> AsyncIterator[list[str]]:
    """People who go on typing; what Slack had trouble with is noted."""
    trouble: list[str] = []
    goes_on = True

    def answers(who: str, name: str) -> int:
        return sum(name in message.text() for message in play.answers(who))

    async def types(who: str, name: str) -> None:
        while goes_on:
            before = answers(who, name)
            answer = await play.person(who).types("/team whoami")
            if answer.trouble:
                trouble.append(answer.trouble)
            else:
                await answered(who, name, more_than=before)
            await asyncio.sleep(PAUSE)

    async def answered(who: str, name: str, *, more_than: int) -> None:
        sight = play.person(who).sight
        await play.until(lambda: answers(who, name) > more_than or None, lambda: f"{who} was not answered\n{sight()}")

    typing = [asyncio.ensure_future(types(who, name)) for who, name in PEOPLE.items()]
    try:
        yield trouble
    finally:
        goes_on = False
        await asyncio.gather(*typing)


@pytest.mark.parametrize("socket_mode", [pytest.param(False, marks=pytest.mark.nightly), True], ids=["http", "socket"])
async def test_all_processes_are_replaced_one_by_one_and_nobody_notices(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path, *, socket_mode: bool
) -> None:
    play = await make_play(url_on("postgresql"), socket_mode=socket_mode, variables=BY_DEFAULT)
    async with replicas(play, tmp_path) as (site, old):
        number = await play.ask("ada", PROD_POWER)
        async with traffic(play) as trouble:
            for each in old:
                new = await site.add()
                await connected(play, 2 + socket_mode if socket_mode else 0)
                others = [replica for replica in site.all if replica.is_running and replica is not each]
                leaving = asyncio.ensure_future(leaves(each))
                async with asyncio.timeout(60):
                    while (await each.readiness()).get("status") == "ready":
                        pass
                site.balancer.to(*others)  # it has looked, and sends no more there
                await leaving
                assert new in others
            await play.approve("carol", number)
            await play.card("carol", number, words="Active until")
        # On a busy machine three seconds are short, and a call may be on its way to a connection that is being closed.
        assert set(trouble) <= {"operation_timeout", "connection_failed"}


async def connected(play: Play, count: int) -> None:
    slack = play.stage.slack
    await play.until(
        lambda: len(slack.sockets.connected(slack.app(""))) >= count or None, lambda: f"not {count} connections"
    )
