"""A replica whose clock is ahead, and that is gone by now, keeps nothing from the others (rule 17)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from core.domain.assignment import ALARM_AFTER
from core.domain.errors import UpstreamBusy
from core.domain.organization import Target
from core.domain.request import Status
from core.ports import UnitOfWork
from core.services.provisioning import assignment_book
from core.services.requests import schedule
from tests.services.company import HOUR, MINUTE, READ, SECOND, STAGING, TARGET
from tests.services.world import World

Claim = Callable[[UnitOfWork, datetime], Awaitable[object]]


async def claim_starts(unit: UnitOfWork, now: datetime) -> object:
    return await unit.requests.claim_due_to_start(now, schedule.LEASE, 50)


async def claim_assignments(unit: UnitOfWork, now: datetime) -> object:
    return await unit.assignments.claim_due(now, assignment_book.LEASE, 50)


async def claimed_ahead(world: World, claim: Claim, ahead: timedelta = HOUR) -> None:
    async with world.open_unit() as unit:
        await claim(unit, world.clock.now() + ahead)
        await unit.commit()


async def work(world: World, length: timedelta, pause: timedelta = 5 * SECOND) -> None:
    for _ in range(length // pause):
        await world.tick()
        world.clock.move(pause)


async def test_an_end_that_it_took_up_goes_on_at_once_and_so_do_the_grants_of_others(world: World) -> None:
    first = await world.active(minutes=30)
    world.clock.move(31 * MINUTE)
    await world.services.schedule.end()
    await claimed_ahead(world, claim_assignments)
    other = await world.approved(world.dan, Target(STAGING, READ))
    await work(world, MINUTE)
    assert not world.holds()
    assert await world.status(first) is Status.ENDED
    assert await world.status(other) is Status.ACTIVE


@pytest.mark.parametrize("claim", [claim_starts, claim_assignments])
async def test_a_grant_that_it_took_up_goes_on_at_once(world: World, claim: Claim) -> None:
    request_id = await world.approved()
    if claim is claim_assignments:
        await world.services.schedule.start()
    await claimed_ahead(world, claim)
    await work(world, MINUTE)
    assert await world.status(request_id) is Status.ACTIVE


async def test_what_it_put_off_is_tried_again_when_the_end_is_overdue(world: World) -> None:
    await world.active(minutes=30)
    world.clock.move(31 * MINUTE)
    await world.services.schedule.end()
    world.cloud.down = UpstreamBusy("AWS is away")
    world.clock.move(HOUR)
    await world.services.reconciler.work()
    world.clock.move(-HOUR)
    world.cloud.down = None
    await work(world, ALARM_AFTER + MINUTE)
    assert not world.holds(world.ada, TARGET)


async def test_what_it_asked_for_is_asked_after_when_the_end_is_overdue(world: World) -> None:
    request_id = await world.active(minutes=30)
    world.clock.move(31 * MINUTE)
    await world.services.schedule.end()
    world.clock.move(HOUR)
    await world.services.reconciler.work()
    world.clock.move(-HOUR)
    world.cloud.release()
    await work(world, ALARM_AFTER + MINUTE)
    assert await world.status(request_id) is Status.ENDED


async def test_what_it_asked_for_keeps_the_account_from_nobody(world: World) -> None:
    """An operation that hangs holds the account's slot for five minutes, and not for as long as its date lies ahead."""
    await world.approved()
    await world.services.schedule.start()
    world.clock.move(25 * MINUTE)
    world.cloud.held = True
    await world.services.reconciler.work()
    world.cloud.held, world.cloud.in_flight()[0].is_alone = False, True
    world.clock.move(-25 * MINUTE)
    other = await world.approved(world.dan, Target(TARGET.account, READ), minutes=15)
    await work(world, MINUTE)
    assert await world.status(other) is Status.ACTIVE
    await work(world, 16 * MINUTE)
    assert not world.holds(world.dan, Target(TARGET.account, READ))


async def test_a_lease_of_a_clock_that_is_a_little_ahead_is_kept(world: World) -> None:
    await world.approved()
    await world.services.schedule.start()
    await claimed_ahead(world, claim_assignments, ahead=10 * SECOND)
    world.cloud.calls.clear()
    await world.services.reconciler.work()
    assert not world.cloud.calls
