"""Access that is under way, and the rounds of the process, for tests in simulated time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.assignment import AssignmentChange, OperationKind
from core.domain.ids import AccountId, PrincipalId
from core.domain.organization import Target
from core.services.provisioning.assignment_book import LEFT_TO_THE_ROUND
from tests.services.company import POWER, SECOND
from tests.services.world import World

ACCOUNTS = 120


async def made_live(world: World, ends: Sequence[datetime]) -> None:
    """So many people have access like the one there is, which ends at these moments."""
    (template,) = await world.requests()
    made = AssignmentChange(OperationKind.CREATE, template.created_at, template.created_at)
    async with world.open_unit() as unit:
        for number, end_at in enumerate(ends):
            principal = PrincipalId(f"user-{number:04}")
            target = Target(AccountId(f"{number % ACCOUNTS:012}"), POWER)
            await unit.requests.add(replace(template, requester=principal, target=target, end_at=end_at))
            await unit.assignments.adopt(principal, target, end_at)
            world.cloud.give(principal, target)
        for row in await unit.assignments.claim_due(max(ends), SECOND, len(ends)):
            at = row.next_try_at or template.created_at
            await unit.assignments.save(replace(row, changed=made, next_try_at=at + LEFT_TO_THE_ROUND))
        await unit.commit()


@asynccontextmanager
async def at_work(world: World) -> AsyncIterator[None]:
    """The rounds that the process makes for this: every second, and sooner where they say so or are called."""
    deadlines, assigning, left = world.services.schedule, world.services.reconciler, asyncio.Event()
    world.database.on_work = lambda kinds: left.set() if "assignments" in kinds else None

    async def every_second(run: Callable[[], Awaitable[timedelta | None]]) -> None:
        while True:
            again_in = await run()
            await asyncio.sleep(min(SECOND, again_in or SECOND).total_seconds())

    async def assign() -> None:
        while True:
            again_in = await assigning.work() or SECOND / 2
            await asyncio.wait({waiting := asyncio.ensure_future(left.wait())}, timeout=again_in.total_seconds())
            waiting.cancel()
            left.clear()

    rounds = [
        asyncio.ensure_future(each) for each in (every_second(deadlines.end), every_second(deadlines.start), assign())
    ]
    try:
        yield
    finally:
        for each in rounds:
            each.cancel()
        await asyncio.gather(*rounds, return_exceptions=True)
