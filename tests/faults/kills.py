"""``kill -9`` at any moment, a thousand times: ``make kills N=… SEED=…``.

A batch is a few requests that live through all of their life in Slack and in Teams while their processes are killed, at
random moments and at chosen ones: between AWS's answer and the commit, between the commit and the message, while Teams
waits for an answer, in the start of a process. Sites work beside each other: one process on SQLite, two on PostgreSQL.
Exit code 1 when anything was lost, left or told twice that need not have been. ``ARGS="--of teams"``: at moments of
Teams alone.
"""

import argparse
import asyncio
import random
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.faults import checks
from tests.faults.drive import ANYWHERE, DIALECTS, Sites, databases_in
from tests.faults.people import ASKERS, People
from tests.faults.people_in_teams import TeamsPeople
from tests.faults.rounds import TARGETS
from tests.faults.site import Site

AT_ONCE = 3
A_BATCH = 12
"""Kills; more come until everybody has had their access and it is over."""
LATEST, LATEST_IN_TEAMS = 1.0, 15.0
"""Seconds after which a kill happens when its moment does not come: people fill in a form one field after the other."""
AGAIN_AFTER = 20
"""Looks, four a second, after which people do once more what nothing has come of."""
BATCH_WITHIN = 400.0
MOMENTS = (
    "any moment",
    "in the start",
    "call.arrived CreateAccountAssignment",
    "call.ended CreateAccountAssignment",
    "call.arrived DeleteAccountAssignment",
    "call.ended DeleteAccountAssignment",
    "call.ended DescribeAccountAssignmentCreationStatus",
    "call.ended DescribeAccountAssignmentDeletionStatus",
    "call.ended ListAccountAssignments",
    "chat.postMessage",
    "chat.update",
    "views.open",
)
TEAMS_CALLS = ("sendActivity", "updateActivity")
TEAMS_DELIVERIES = (
    "composeExtension/fetchTask",
    "application/search",
    "composeExtension/submitAction",
    "task/fetch",
    "task/submit",
)
TEAMS_MOMENTS = (*TEAMS_CALLS, *TEAMS_DELIVERIES)
"""The call to Teams that the bot has just made, or the delivery that Teams is just making."""


class Killer:
    """Kills one replica after the other, each at a moment of its own, until it is told that it is enough."""

    def __init__(self, site: Site, luck: random.Random, moments: Sequence[str]) -> None:
        self._site = site
        self._luck = luck
        self._moments = moments
        self.struck: Counter[str] = Counter()

    async def kills(self, count: int) -> None:
        for _ in range(count):
            await self._kill(self._luck.choice(self._moments))

    async def _kill(self, moment: str) -> None:
        replica = self._luck.choice(self._site.replicas)
        if moment == "in the start":
            await self._site.revive(wait=False)
            await asyncio.sleep(self._luck.uniform(0, 0.6))
        elif moment == "any moment":
            await self._site.revive()
            await asyncio.sleep(self._luck.uniform(0, LATEST))
        else:
            await self._site.revive()
            if not await self._comes(moment):
                moment = "any moment"
            await asyncio.sleep(self._luck.choice([0, 0, 0.005, 0.03]))
        await self._site.strike(replica)
        self.struck[moment] += 1

    async def _comes(self, moment: str) -> bool:
        """Wait for the moment, a while at most; whether it came."""
        came, play = asyncio.Event(), self._site.play

        def of_aws(change: Any) -> None:
            kind, _, operation = moment.partition(" ")
            number = change.facts.get("number")
            if change.kind == kind and any(
                record.number == number and record.operation == operation for record in play.aws.log.last(20)
            ):
                came.set()

        def of_slack(change: Any) -> None:
            if change.kind == "call.made" and change.subject.method == moment:
                came.set()

        def of_teams(change: Any) -> None:
            if change.kind == "call.made" and change.subject.operation == moment:
                came.set()
            if change.kind == "delivery.begun" and change.subject.get("name") == moment:
                came.set()

        stops: list[Callable[[], None]] = [
            play.aws.changes.subscribe(of_aws),
            play.stage.slack.workspace.changes.subscribe(of_slack),
            play.stage.teams.tenant.changes.subscribe(of_teams),
        ]
        try:
            await asyncio.wait_for(came.wait(), LATEST_IN_TEAMS if moment in TEAMS_MOMENTS else LATEST)
        except TimeoutError:
            return False
        finally:
            for stop in stops:
                stop()
        return True


@dataclass
class Batch:
    site: Site
    seed: int
    moments: Sequence[str] = (*MOMENTS, *TEAMS_MOMENTS)
    struck: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    messages: int = 0
    requests: int = 0

    async def play(self) -> list[str]:
        """The statements that did not hold."""
        site, luck = self.site, random.Random(self.seed)  # noqa: S311 - not for secrets
        after, chats = await site.book.last_request(), (People(site.play), TeamsPeople(site.play))
        asking = list(zip(luck.sample(sorted(ASKERS), AT_ONCE), luck.sample(TARGETS, AT_ONCE), strict=True))
        killer = Killer(site, luck, self.moments)
        self.struck = killer.struck
        living = [asyncio.ensure_future(self._lives(chats, luck, who, target, after)) for who, target in asking]
        killing = asyncio.ensure_future(killer.kills(A_BATCH))
        try:
            async with asyncio.timeout(BATCH_WITHIN):
                await killing
                await site.revive()
                while not all(each.done() for each in living):
                    await asyncio.sleep(0.3)
                    await site.pass_time(timedelta(seconds=20))
        finally:
            for each in (killing, *living):
                each.cancel()
            await asyncio.wait([killing, *living])
        return await self._afterwards(after)

    async def _lives(
        self, chats: Sequence[People | TeamsPeople], luck: random.Random, who: str, target: Any, after: int
    ) -> None:
        """They do what they do until it has happened, or its start was missed while no process lived (rule 14).

        Each does it in the chat of their choice.
        """
        how, asked_in = luck.choice(["revoke", "revoke", "time"]), luck.choice(chats)
        while (status := await self._status(who, after)) not in {"ended", "revoked", "expired"}:
            number = await self._number(who, after)
            if status == "":
                await asked_in.ask(who, target)
            elif status == "pending":
                await luck.choice(chats).press("carol", number, "Approve")
            elif status == "active" and how == "revoke":
                await luck.choice(chats).revoke("dan", number)
            elif status == "active":
                await self.site.pass_time(timedelta(minutes=61))
            await self._comes_of_it(who, after, status)

    async def _comes_of_it(self, who: str, after: int, status: str) -> None:
        """Give it a while: somebody who presses and presses has their clicks worked off one after the other."""
        for _ in range(AGAIN_AFTER):
            await asyncio.sleep(0.25)
            if await self._status(who, after) != status:
                return

    async def _status(self, who: str, after: int) -> str:
        return next((each.status for each in await self.site.book.requests(after) if self._is_of(each, who)), "")

    async def _number(self, who: str, after: int) -> str:
        return next((each.number for each in await self.site.book.requests(after) if self._is_of(each, who)), "")

    def _is_of(self, request: Any, who: str) -> bool:
        return self.site.play.aws.user(request.requester).user_name == ASKERS[who]

    async def _afterwards(self, after: int) -> list[str]:
        site = self.site
        wrong = await checks.settled(site)
        requests = await site.book.requests(after)
        self.requests, self.messages = len(requests), len(site.posts)
        wrong += [f"{each.number} is {each.status}" for each in requests if each.is_open]
        wrong += [f"{len(requests)} requests, not {AT_ONCE}"] if len(requests) != AT_ONCE else []
        wrong += [*await checks.access(site), *await checks.told(site, after)]
        self.twice, twice = checks.said_twice(site)
        wrong += [*twice, *checks.teams(site)]
        return [*wrong, *await checks.trail(site), *await checks.alarms(site), *checks.logged(site)]


@dataclass
class Count:
    """Of all sites together."""

    wanted: int
    moments: Sequence[str]
    kills: int = 0
    messages: int = 0
    twice: int = 0
    requests: int = 0
    batches: int = 0
    wrong: list[int] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    on: Counter[str] = field(default_factory=Counter)

    def note(self, dialect: str, batch: Batch, wrong: list[str]) -> None:
        kills = sum(batch.struck.values())
        self.kills += kills
        self.batches += 1
        self.on[dialect] += kills
        self.struck.update(batch.struck)
        self.messages += batch.messages
        self.twice += batch.twice
        self.requests += batch.requests
        if wrong:
            self.wrong.append(batch.seed)


async def one_site(dialect: str, sites: Sites, seeds: "asyncio.Queue[int]", count: Count) -> None:
    """Batches on one site until there were kills enough."""
    while count.kills < count.wanted:
        here, seed = await sites.of(dialect, socket_mode=False, with_teams=True), seeds.get_nowait()
        batch, begun = Batch(here, seed, count.moments), time.monotonic()
        try:
            wrong = await batch.play()
        except Exception:  # noqa: BLE001 - it is told with its seed, and the next one is played
            wrong = [traceback.format_exc()]
        count.note(dialect, batch, wrong)
        took = time.monotonic() - begun
        _say(f"seed {seed}, {dialect}: {sum(batch.struck.values())} kills in {took:.0f} s, {count.kills} in all")
        if wrong:
            _say("\n".join([f"WRONG, seed {seed} on {dialect}", *wrong, here.logs()]))
            await sites.close(here)


async def kill(wanted: int, first: int, only: list[str], moments: Sequence[str], folder: Path) -> Count:
    count, seeds = Count(wanted, moments), asyncio.Queue[int]()
    for seed in range(first, first + wanted):
        seeds.put_nowait(seed)
    sites = Sites(folder, databases_in(folder, set(only)))
    try:
        await asyncio.gather(*(one_site(dialect, sites, seeds, count) for dialect in only))
    finally:
        await sites.close()
    return count


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=1000)
    parser.add_argument("seed", type=int, nargs="?", default=None)
    parser.add_argument("--on", choices=sorted(DIALECTS), action="append", help="only there")
    parser.add_argument("--of", choices=["teams"], help="at moments of that alone")
    given = parser.parse_args()
    moments = TEAMS_MOMENTS if given.of else (*MOMENTS, *TEAMS_MOMENTS)
    first = secrets.randbelow(ANYWHERE) if given.seed is None else given.seed
    folder, begun = Path(tempfile.mkdtemp(prefix="teambot-kills-")), time.monotonic()
    try:
        count = asyncio.run(kill(given.kills, first, given.on or sorted(DIALECTS), moments, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    took = time.monotonic() - begun
    _say("\n".join(f"{number:>6}  {moment}" for moment, number in count.struck.most_common()))
    _say(f"seed {first}; {dict(count.on)}; {count.batches} batches, {count.requests} requests, {took:.0f} s")
    _say(f"{count.messages} messages; said twice, since a process died before it had noted the first: {count.twice}")
    _say(f"{count.kills} kills, {len(count.wrong)} batches went wrong: {count.wrong}")
    return 1 if count.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
