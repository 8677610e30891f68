"""One round: requests in several states of their life, misfortunes all at once, and people who go on meanwhile."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from tests.e2e.play import (
    LEDGER_POWER,
    LEDGER_READ,
    PROD_POWER,
    PROD_READ,
    STAGING_POWER,
    STAGING_READ,
    Target,
)
from tests.faults import checks
from tests.faults.people import ASKERS, People
from tests.faults.site import Site
from tests.faults.troubles import Trouble, drawn

TARGETS = [PROD_POWER, PROD_READ, STAGING_POWER, STAGING_READ, LEDGER_POWER, LEDGER_READ]
PASSED = (5, 5, 61, 61, 360, 2100, 3900)
"""Seconds that pass while everything goes wrong: moments mostly, and now and then all of an access."""
AT_REST_WITHIN, STORED_WITHIN = 20.0, 120.0

Deed = Callable[[], Awaitable[object]]


@dataclass
class Round:
    site: Site
    seed: int
    dialect: str
    troubles: list[Trouble] = field(default_factory=list)
    twice: int = 0

    async def play(self) -> list[str]:
        """The statements that did not hold."""
        luck, after = random.Random(self.seed), await self.site.book.last_request()  # noqa: S311 - not for secrets
        self.troubles = drawn(luck, self.dialect)
        people, asking = (
            People(self.site.play),
            list(zip(luck.sample(sorted(ASKERS), 3), luck.sample(TARGETS, 3), strict=True)),
        )
        wrong = await self._before(people, asking, after)
        async with AsyncExitStack() as lifted:
            for trouble in luck.sample(self.troubles, len(self.troubles)):
                await lifted.enter_async_context(trouble.make(self.site, luck))
            await self._meanwhile(luck, people, asking, after)
        return [*wrong, *await self._afterwards(people, after)]

    async def _before(self, people: People, asking: Sequence[tuple[str, Target]], after: int) -> list[str]:
        """The first is active, the second waits for approval, the third has not been asked."""
        for who, target in asking[:2]:
            await self._asks(people, who, target, after)
        for request in await self.site.book.requests(after):
            if self._asker(request.requester) == asking[0][0]:
                await self.site.play.card("carol", request.number)
                await people.press("carol", request.number, "Approve")
        return await self._at_rest()

    async def _asks(self, people: People, who: str, target: Target, after: int) -> None:
        """The machine may be busy: they ask until it is stored."""
        async with asyncio.timeout(STORED_WITHIN):
            while not any(self._asker(each.requester) == who for each in await self.site.book.requests(after)):
                await people.ask(who, target)
                await self._at_rest()

    async def _meanwhile(
        self, luck: random.Random, people: People, asking: Sequence[tuple[str, Target]], after: int
    ) -> None:
        who, target = asking[2]
        first, second = [f"R-{after + number}" for number in (1, 2)]

        async def passes() -> None:
            await self.site.pass_time(timedelta(seconds=luck.choice(PASSED)))

        deeds: list[Deed] = [
            lambda: people.ask(who, target),
            lambda: people.press("carol", second, "Approve"),
            lambda: people.press("carol", first, "Approve"),
            luck.choice(
                [
                    lambda: people.revoke("dan", first),
                    lambda: people.type(asking[0][0], f"/team revoke {first}"),
                    lambda: people.extend(asking[0][0], first),
                    passes,
                ]
            ),
            passes,
            passes,
        ]
        luck.shuffle(deeds)
        for pair in (deeds[:2], deeds[2:4], deeds[4:]):
            await asyncio.gather(*(deed() for deed in pair))
            await asyncio.sleep(luck.uniform(0, 0.4))

    async def _afterwards(self, people: People, after: int) -> list[str]:
        site = self.site
        await site.revive()
        wrong = await checks.settled(site) + await checks.access(site)
        for request in await site.book.requests(after):
            if request.status == "pending":
                await people.type(self._asker(request.requester), f"/team cancel {request.number}")
        wrong += await checks.settled(site)
        for _ in range(2):
            await site.pass_time(timedelta(minutes=66))
            wrong += await checks.settled(site)
        left = [f"{each.number} is {each.status}" for each in await site.book.requests(after) if each.is_open]
        wrong += [*left, *await checks.access(site), *await checks.told(site, after)]
        self.twice, twice = checks.said_twice(site)
        return [*wrong, *twice, *await checks.trail(site), *await checks.alarms(site), *checks.logged(site)]

    async def _at_rest(self) -> list[str]:
        """In real time, with nothing wrong."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + AT_REST_WITHIN
        while (left := await self.site.book.in_hand()) and loop.time() < give_up_at:
            await asyncio.sleep(0.1)
            if loop.time() > give_up_at - AT_REST_WITHIN / 2:
                await self.site.pass_time(timedelta(seconds=5))
        return [f"not at rest at the beginning: {left}"] if left else []

    def _asker(self, requester: str) -> str:
        user = self.site.play.aws.user(requester).user_name
        return next(name for name, principal in ASKERS.items() if principal == user)
