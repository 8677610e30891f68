"""``kill -9`` at any moment of a grant or a revocation, and a restart: everything is as if nothing had happened.

The moments are drawn at random; the seed is printed. ``TEAMBOT_E2E_SEED=… pytest tests/e2e/test_crashes.py`` draws
the same ones again.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.slack.seen import SeenMessage
from tests.e2e.forked import ForkedBot
from tests.e2e.play import (
    LEDGER_POWER,
    LEDGER_READ,
    PROD_POWER,
    PROD_READ,
    STAGING_POWER,
    STAGING_READ,
    MakePlay,
    Play,
    Target,
    watching,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEED = int(os.environ.get("TEAMBOT_E2E_SEED") or random.SystemRandom().randrange(1_000_000))
LATEST = 1.5
"""Seconds after which a crash happens, when the moment that was drawn does not come."""
ON_ITS_WAY = 0.03
"""Seconds from an invoke of Teams to the crash: in the middle of being worked off, mostly."""
AWS_MOMENTS = [
    *(
        (kind, operation)
        for kind in ("call.arrived", "call.ended")
        for operation in (
            "CreateAccountAssignment",
            "DeleteAccountAssignment",
            "DescribeAccountAssignmentCreationStatus",
            "DescribeAccountAssignmentDeletionStatus",
            "ListAccountAssignments",
        )
    ),
    ("operation.started", ""),
    ("operation.finished", ""),
]
SLACK_MOMENTS = ["chat.postMessage", "chat.update", "conversations.open"]
ASKERS = {"ada": "ada@example.com", "bob": "bob@example.com", "mallory": "mallory.stone@example.com"}
ASKERS["victor"] = "v.ruiz"
AT_ONCE = 2
TARGETS = [PROD_POWER, PROD_READ, STAGING_POWER, STAGING_READ, LEDGER_POWER, LEDGER_READ]


@dataclass
class Moment:
    """The moment when the process dies."""

    seconds: float = LATEST
    aws: tuple[str, str] | None = None
    slack: str = ""
    #: A call of the bot that Teams has answered, or, by its name, an invoke that it has just been sent.
    teams: str = ""
    #: How many of these go by before.
    spared: int = 0

    def __str__(self) -> str:
        if self.aws:
            return f"{self.aws[0]} {self.aws[1]}, number {self.spared + 1}"
        if self.slack or self.teams:
            return f"{self.slack or self.teams}, number {self.spared + 1}"
        return f"after {self.seconds:.2f} s"


def draw(luck: random.Random) -> Moment:
    kind = luck.choice(["time", "aws", "aws", "aws", "slack"])
    spared = luck.choice([0, 0, 1, 2, 3])
    if kind == "aws":
        return Moment(aws=luck.choice(AWS_MOMENTS), spared=spared)
    if kind == "slack":
        return Moment(slack=luck.choice(SLACK_MOMENTS), spared=spared)
    return Moment(seconds=luck.uniform(0, LATEST))


class Crash:
    """Kills the bot at a moment; ``happens`` waits until it is dead."""

    def __init__(self, play: Play, moment: Moment) -> None:
        self._play = play
        self._moment = moment
        self._left = moment.spared
        self._struck = asyncio.Event()
        self._unsubscribe: list[Callable[[], None]] = []
        if moment.aws:
            self._unsubscribe.append(play.aws.changes.subscribe(self._aws))
        if moment.slack:
            self._unsubscribe.append(play.stage.slack.workspace.changes.subscribe(self._slack))
        if moment.teams:
            self._unsubscribe.append(play.stage.teams.tenant.changes.subscribe(self._teams))

    async def happens(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._struck.wait(), self._moment.seconds)
        self._strike()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        await self._play.bot.kill()

    def _aws(self, change: Any) -> None:
        if self._moment.aws is None or change.kind != self._moment.aws[0]:
            return
        wanted = self._moment.aws[1]
        if not wanted or any(
            record.number == change.facts.get("number") and record.operation == wanted
            for record in self._play.aws.log.last(20)
        ):
            self._count()

    def _slack(self, change: Any) -> None:
        if change.kind == "call.made" and change.subject.method == self._moment.slack:
            self._count()

    def _teams(self, change: Any) -> None:
        if change.kind == "call.made" and change.subject.operation == self._moment.teams:
            self._count()
        if change.kind == "delivery.begun" and change.subject.get("name") == self._moment.teams:
            asyncio.get_running_loop().call_later(ON_ITS_WAY, self._count)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            self._strike()

    def _strike(self) -> None:
        if not self._struck.is_set():
            self._struck.set()
            assert isinstance(self._play.bot, ForkedBot)
            self._play.bot.kill_now()


@dataclass
class Asked:
    who: str
    target: Target
    number: str

    @property
    def held(self) -> tuple[str, str, str]:
        return self.target.held_by(ASKERS[self.who])


async def crash(play: Play, moment: Moment) -> None:
    """Die at the moment, begin anew. The clock goes on a minute: leases, pauses and shares of the dead are over."""
    print("crash:", moment)  # noqa: T201 - shown with a failure
    await Crash(play, moment).happens()
    play.move_clock(timedelta(seconds=61))
    await play.count_out_the_dead()
    await play.start()


async def press(card: SeenMessage, button: str) -> None:
    await card.press(button)


async def press_until(
    card: SeenMessage, button: str, *done: str, press: Callable[[SeenMessage, str], Awaitable[None]] = press
) -> None:
    """Press, and press again should the press have been lost with the process that it was sent to."""
    while True:
        if button not in card.refreshed().buttons():
            return
        await press(card.refreshed(), button)
        with contextlib.suppress(AssertionError):
            await card._context.workspace.changes.until(
                lambda: any(words in card.refreshed().text() for words in done) or None, within=5, otherwise=str
            )
            return


@dataclass
class Round:
    """A few requests through all of their life, with crashes in it."""

    play: Play
    luck: random.Random

    async def run(self, crashes: int) -> None:
        people = self.luck.sample(sorted(ASKERS), AT_ONCE)
        targets = self.luck.sample(TARGETS, AT_ONCE)
        asking = list(zip(people, targets, strict=True))
        forms = await asyncio.gather(*(self.play.fill(who, target) for who, target in asking))
        numbers = [await self.play.send(who, form) for who, form in zip(people, forms, strict=True)]
        asked = [Asked(*each) for each in zip(people, targets, numbers, strict=True)]
        async with watching(self.play) as seen:
            await self.grants(asked, crashes - crashes // 2)
            await self.ends(asked, crashes // 2)
        made = [held for what, held in seen if what == "made"]
        removed = [held for what, held in seen if what == "removed"]
        assert sorted(made) == sorted(removed) == sorted(each.held for each in asked)
        await asyncio.gather(*(self.everything_is_said(each) for each in asked))

    async def grants(self, asked: list[Asked], crashes: int) -> None:
        cards = [await self.play.card("carol", each.number) for each in asked]
        await self.disturbed([card.press("Approve") for card in cards], crashes)
        for each in asked:
            card = await self.play.card("carol", each.number)  # a new one if the process died while it was posted
            await press_until(card, "Approve", "Approved by")
            await card.becomes("Active until")
        assert self.play.aws.assignments() == {each.held for each in asked}

    async def ends(self, asked: list[Asked], crashes: int) -> None:
        cards = [await self.play.card("dan", each.number, words="Active until") for each in asked]
        if self.luck.random() < 0.5:
            await self.disturbed([self.revoke_all(cards)], crashes)
            for card in cards:
                await press_until(card, "Revoke", "Being ended", "Ended early", press=self.revoke)
                await card.becomes("Ended early by Dan Bricklin")
        else:
            await self.play.pass_time(timedelta(hours=1))
            await self.disturbed([], crashes)
            for card in cards:
                await card.becomes("Ended")
        assert self.play.aws.assignments() == set()

    async def revoke_all(self, cards: list[SeenMessage]) -> None:
        for card in cards:
            await self.revoke(card, "Revoke")

    async def revoke(self, card: SeenMessage, button: str) -> None:
        """The press may be lost with the process, and so may the form that it opens."""
        dan = self.play.person("dan")
        dan.patience = 5
        self.play.stage.slack.workspace.views.clear(dan.user.id)
        await card.press(button)
        with contextlib.suppress(AssertionError):
            await (await dan.modal("Revoke access")).submit()

    async def disturbed(self, doing: list[Any], crashes: int) -> None:
        """Do all of it at once while the process dies again and again."""
        first = asyncio.create_task(crash(self.play, draw(self.luck)))
        await asyncio.sleep(0)
        await asyncio.gather(*doing)
        await first
        for _ in range(crashes - 1):
            await crash(self.play, draw(self.luck))

    async def everything_is_said(self, each: Asked) -> None:
        """That it ended; and nothing that was said before claims any more that it waits or is active."""
        await self.play.told(each.who, each.number, "ended")
        await self.play.until(
            lambda: not self.old_truths(each),
            lambda: f"{each.who} still reads {self.old_truths(each)}",
        )

    def old_truths(self, each: Asked) -> list[str]:
        texts = (message.text() for message in self.play.messages(each.who, each.number))
        return [text for text in texts if "is waiting for approval" in text or "is active until" in text]


async def survive(play: Play, luck: random.Random, rounds: int, crashes: int) -> None:
    for _ in range(rounds):
        await Round(play, luck).run(crashes)
    await play.verified()
    assert play.stage.slack.complaints == []
    assert "incident" not in play.whole_log()


@pytest.mark.parametrize(
    ("rounds", "crashes"),
    [
        (1, 5),
        pytest.param(10, 9, marks=[pytest.mark.nightly, pytest.mark.timeout(1800)]),
    ],
)
async def test_a_crash_at_any_moment_leaves_access_exactly_where_it_should_be(
    make_play: MakePlay, rounds: int, crashes: int
) -> None:
    print(f"TEAMBOT_E2E_SEED={SEED}")  # noqa: T201 - to draw the same moments again
    play = await make_play(variables={"TEAMBOT_SSO_ADMIN_RATE": "60"})
    await survive(play, random.Random(SEED + 1), rounds, crashes)  # noqa: S311 - not for secrets


@pytest.mark.parametrize(
    ("rounds", "crashes"),
    [
        pytest.param(1, 3, marks=pytest.mark.nightly),
        pytest.param(10, 9, marks=[pytest.mark.nightly, pytest.mark.timeout(1800)]),
    ],
)
async def test_a_crash_at_any_moment_is_survived_on_postgresql_too(
    make_play: MakePlay, url_on: Callable[[str], str], rounds: int, crashes: int
) -> None:
    print(f"TEAMBOT_E2E_SEED={SEED}")  # noqa: T201 - to draw the same moments again
    play = await make_play(url_on("postgresql"), variables={"TEAMBOT_SSO_ADMIN_RATE": "60"})
    await survive(play, random.Random(SEED), rounds, crashes)  # noqa: S311 - not for secrets
