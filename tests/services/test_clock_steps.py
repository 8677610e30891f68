"""A clock that is set an hour ahead and back ends nothing earlier or later than by that, and tells nobody twice."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.request import Status
from core.ports import ClockReading
from core.services.context.organization_cache import OrganizationCache
from core.services.runtime.clock_steps import ClockSteps
from tests.fakes.clock import NOON
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, SECOND, TARGET
from tests.services.test_second_accounts import look, second_account
from tests.services.test_unwritable import refused
from tests.services.world import World

STEP = HOUR
STAGES = ["asked", "being granted", "active", "being ended"]


async def rounds(world: World, length: timedelta, every: timedelta = 30 * SECOND) -> None:
    until = world.clock.now() + length
    while world.clock.now() < until:
        await world.tick()
        world.clock.move(every)


async def stepped(world: World) -> None:
    """For two minutes the clock is an hour ahead."""
    world.clock.move(STEP)
    await rounds(world, 2 * MINUTE)
    world.clock.move(-STEP)


@pytest.mark.parametrize("stage", STAGES)
async def test_access_ends_within_the_step_of_its_time_and_everything_is_said_once(world: World, stage: str) -> None:
    request_id = await world.asked(minutes=120)
    began_at = world.clock.now()
    if stage == "asked":
        await stepped(world)
    await world.decide(world.bob, request_id)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    if stage == "being granted":
        await stepped(world)
    await rounds(world, MINUTE)
    if stage == "active":
        await stepped(world)
    if stage == "being ended":
        await world.revoke(world.bob, request_id)
        await world.services.reconciler.work()
        await stepped(world)
    while world.holds() or not (await world.request(request_id)).is_over:
        await rounds(world, 2 * MINUTE, MINUTE)
        assert world.clock.now() - began_at < 2 * HOUR + STEP + 15 * MINUTE
    status = await world.status(request_id)
    if stage in {"asked", "active"}:
        assert world.clock.now() - began_at > 2 * HOUR - STEP
        assert status is Status.ENDED
    else:  # patience with a grant is half an hour
        assert status is (Status.FAILED if stage == "being granted" else Status.REVOKED)
    for said in (world.messenger.topics("UADA"), world.messenger.topics(AUDIT_CHANNEL)):
        assert max(Counter(said).values()) == 1
    assert not world.cloud.taken_from_others


class SteppedClock:
    """The machine's clocks. Only a step, as ``stepped`` makes them, moves one and not the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.steps = timedelta()

    def read(self) -> ClockReading:
        now = self._world.clock.now()
        return ClockReading(now, now - self.steps - NOON)


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_what_waits_is_not_left_waiting_when_the_clock_is_set_back(world: World, *, is_restarted: bool) -> None:
    machine = SteppedClock(world)
    steps = ClockSteps(machine, lambda: world.database.draw_near(world.clock.now()))
    await steps.look()
    world.clock.move(STEP)
    request_id = await world.asked()
    await world.decide(world.bob, request_id)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    world.clock.move(-STEP)
    machine.steps -= STEP
    if is_restarted:
        world.start()
        steps = ClockSteps(machine, lambda: world.database.draw_near(world.clock.now()))
    await steps.look()
    assert (await world.assignment()).next_try_at == world.clock.now()
    await rounds(world, 10 * SECOND, 2 * SECOND)
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted", "approved", "granting"]
    assert world.messenger.topics("UADA") == ["submitted", "approved"]


async def test_a_clock_that_goes_on_draws_nothing_near(world: World) -> None:
    drawn = list[datetime]()

    async def draw_near() -> None:
        drawn.append(world.clock.now())

    machine = SteppedClock(world)
    steps = ClockSteps(machine, draw_near)
    for _ in range(3):
        await steps.look()
        world.clock.move(MINUTE)
    world.clock.move(STEP)
    machine.steps += STEP
    await steps.look()
    assert drawn == [NOON]


async def test_a_row_that_failed_when_the_clock_was_ahead_is_tried_again_soon(world: World) -> None:
    request_id = await world.active(minutes=30)
    world.clock.move(STEP)
    async with refused(world, "BEFORE UPDATE ON request"):
        await world.services.schedule.end()
    world.clock.move(-STEP + 31 * MINUTE)
    await world.services.schedule.end()
    assert await world.status(request_id) is Status.REVOKING


async def test_access_without_a_request_is_looked_for_whenever_the_last_sweep_claims_to_be(world: World) -> None:
    world.clock.move(STEP)
    await world.services.drift.sweep()
    world.clock.move(-STEP)
    world.cloud.make(world.ada.id, TARGET)
    await world.services.drift.sweep()
    assert [unknown.principal for unknown in await world.services.drift.found()] == [world.ada.id]


async def test_admins_hear_of_a_pair_that_waits_whenever_the_last_one_claims_to_be_told_of(world: World) -> None:
    world.clock.move(STEP)
    await look(world, world.bob, second_account(world, world.bob))
    world.clock.move(-STEP)
    await look(world, world.dan, second_account(world, world.dan))
    assert world.messenger.topics("UFRANK") == ["second_account"] * 2


async def test_a_judgement_that_lies_ahead_is_made_anew(world: World) -> None:
    """Rule 14: it may be an hour old."""
    request_id = await world.approved()
    world.clock.move(20 * MINUTE)
    await world.services.schedule.start()
    world.clock.move(-20 * MINUTE)
    world.principals.leave("Payments", world.ada.id)
    async with world.open_unit() as unit:
        await unit.assignments.wake(world.ada.id, TARGET, world.clock.now(), urgent=False)
        await unit.commit()
    await rounds(world, 2 * MINUTE)
    assert (await world.request(request_id)).failure == "not_eligible"
    assert not world.cloud.begun


async def test_a_picture_of_the_organization_that_lies_ahead_decides_nothing(world: World) -> None:
    """Rule 3."""
    organization = world.reader.organization
    world.reader.organization = replace(organization, taken_at=world.clock.now() + STEP)
    organizations = OrganizationCache(world.open_unit, world.reader, world.clock)
    await organizations.refresh(force=True)
    world.reader.down = UpstreamBusy("away")
    with pytest.raises(UpstreamBusy):
        await organizations.to_decide_by()
    world.reader.down, world.reader.organization = None, replace(organization, taken_at=world.clock.now())
    world.clock.move(MINUTE)
    assert (await organizations.to_decide_by()).taken_at <= world.clock.now()
