"""Starts and ends come at their moments, and one that hangs holds up no other. The time is simulated."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from core.domain.assignment import OperationKind
from core.domain.ids import AccountId, RequestId
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.services.requests.recheck import RequestRecheck
from tests.services.company import HOUR, POWER, PROD, READ, SANDBOX, STAGING
from tests.services.quick import QuickSqlite
from tests.services.under_way import at_work, made_live
from tests.services.world import World, opened
from tests.simulated_time import in_simulated_time

TARGETS = tuple(Target(*each) for each in ((PROD, POWER), (PROD, READ), (STAGING, POWER), (SANDBOX, POWER)))
APART = timedelta(seconds=0.73)
ENDS = 30
AT_ONCE = timedelta(milliseconds=50)
"""Nothing here takes time to compute or to store."""
CALLED_WITHIN = timedelta(seconds=0.3)
"""From then to the call: the rows of assignments are looked at four times a second while others are under way."""


async def test_the_rounds_say_how_long_it_is_until_the_next_start_and_the_next_end(world: World) -> None:
    schedule, now = world.services.schedule, world.clock.now()
    assert (await schedule.start(), await schedule.end()) == (None, None)
    end_at = (await world.request(await world.active())).end_at
    assert end_at is not None
    for minutes in (40, 30):
        await world.approved(start_at=now + timedelta(minutes=minutes), minutes=15)
    world.go_to(now + timedelta(minutes=29, seconds=59.4))
    assert await schedule.start() == timedelta(seconds=0.6)
    world.go_to(now + timedelta(minutes=30))
    assert await schedule.start() == timedelta(minutes=10)
    world.go_to(end_at - timedelta(seconds=0.25))
    assert await schedule.end() == timedelta(seconds=0.25)


def test_starts_and_ends_come_at_their_moments_though_one_hangs(
    quick_sqlite: QuickSqlite, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, hanging = RequestRecheck.refusals_at_start, set[Target]()

    async def refusals(of: RequestRecheck, request: Request) -> object:
        if request.target in hanging:
            await asyncio.Event().wait()
        return await judge(of, request)

    async def run() -> None:
        async with opened(quick_sqlite.fresh()) as world:
            world.says_nothing = True
            ends = [world.clock.now() + HOUR + n * APART for n in range(ENDS)]
            await world.active(target=Target(STAGING, READ))
            await made_live(world, ends)
            starts = [ends[0] + APART * 2.3 * n for n in range(len(TARGETS))]
            asked = [
                await world.approved(target=target, start_at=at, minutes=90)
                for target, at in zip(TARGETS, starts, strict=True)
            ]
            hanging.add(TARGETS[0])
            world.go_to(ends[0] - APART)
            world.cloud.begun.clear()
            world.clock.flow()
            async with at_work(world):
                await asyncio.sleep((ENDS + 2) * APART.total_seconds())
                waits = await world.request(asked[0])
                assert waits.status is Status.SCHEDULED, "nothing is granted before it was judged"
            await _all_on_time(world, asked[1:], starts[1:], ends)

    monkeypatch.setattr(RequestRecheck, "refusals_at_start", refusals)
    in_simulated_time(run())


async def _all_on_time(
    world: World, asked: Sequence[RequestId], starts: Sequence[datetime], ends: Sequence[datetime]
) -> None:
    for request_id, start_at in zip(asked, starts, strict=True):
        found = await world.request(request_id)
        assert found.granting_at is not None
        assert found.granting_at - start_at <= AT_ONCE
    called = {(each.kind, each.holding[1].account): each.begun_at for each in world.cloud.operations.values()}
    late = [called[OperationKind.DELETE, AccountId(f"{number:012}")] - at for number, at in enumerate(ends)]
    late.append(called[OperationKind.CREATE, SANDBOX] - starts[-1])
    assert max(late) <= CALLED_WITHIN
