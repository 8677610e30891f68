"""Access is taken away by time, also where nothing can be written about it: no event, message or request (rule 17)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.adapters.storage import engine
from core.adapters.storage.engine import Database
from core.domain.assignment import GRANT_PATIENCE
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.organization import Target
from core.domain.request import Status
from core.services.provisioning.assignment_book import LEFT_TO_THE_ROUND
from tests.services.company import AUDIT_CHANNEL, MINUTE, POWER, READ, SANDBOX, SECOND, STAGING
from tests.services.world import World

REFUSALS = {
    "the trail takes no event": "BEFORE INSERT ON audit_event",
    "the outbox takes no message": "BEFORE INSERT ON outgoing",
    "the request cannot be changed": "BEFORE UPDATE ON request",
}


@asynccontextmanager
async def refused(world: World, when: str) -> AsyncIterator[None]:
    """The database refuses one kind of write, and takes every other."""
    async with world.database.engine.begin() as connection:
        await connection.execute(text(f"CREATE TRIGGER refuses {when} BEGIN SELECT RAISE(ABORT, 'no'); END"))
    try:
        yield
    finally:
        async with world.database.engine.begin() as connection:
            await connection.execute(text("DROP TRIGGER refuses"))


async def rounds(world: World, length: timedelta, every: timedelta = 20 * SECOND) -> None:
    until = world.clock.now() + length
    while world.clock.now() < until:
        await world.tick()
        world.clock.move(every)


@pytest.mark.parametrize("when", REFUSALS.values(), ids=REFUSALS)
async def test_access_is_gone_by_its_end_whatever_cannot_be_written(world: World, when: str) -> None:
    request_id = await world.active(minutes=30)
    async with refused(world, when):
        world.clock.move(30 * MINUTE)
        await rounds(world, MINUTE)
        assert not world.holds()
        assert await world.status(request_id) is Status.ACTIVE
        deletions = len(world.cloud.begun)
        await rounds(world, 20 * MINUTE, MINUTE)
        assert len(world.cloud.begun) == deletions
    await rounds(world, 2 * MINUTE)
    assert await world.status(request_id) is Status.ENDED
    assert (await world.actions(request_id))[-2:] == ["request.end_reached", "request.ended"]
    assert world.messenger.topics(AUDIT_CHANNEL)[-2:] == ["being_ended", "ended"]


@pytest.mark.parametrize("when", REFUSALS.values(), ids=REFUSALS)
async def test_a_grant_that_is_given_up_is_taken_back_whatever_cannot_be_written(world: World, when: str) -> None:
    request_id = await world.approved(minutes=240)
    await world.services.schedule.start()
    async with refused(world, when):
        await rounds(world, MINUTE)
        assert world.holds()
        await rounds(world, GRANT_PATIENCE + MINUTE, MINUTE)
        assert not world.holds()
    await rounds(world, 3 * MINUTE)
    assert (await world.request(request_id)).is_over
    assert not world.holds()


async def test_a_refused_grant_that_cannot_be_given_up_is_not_asked_for_again_and_again(world: World) -> None:
    await world.approved()
    await world.services.schedule.start()
    world.cloud.begin_fails.extend([UpstreamRefused("denied", code="AccessDeniedException")] * 1000)
    async with refused(world, REFUSALS["the request cannot be changed"]):
        for _ in range(5):
            await world.services.reconciler.work()
        assert world.cloud.calls["begin"] == 1
        await rounds(world, MINUTE)
    assert not world.holds()


async def test_what_goes_on_under_another_request_does_not_wait_for_one_that_cannot_be_written(world: World) -> None:
    first = await world.active(minutes=30)
    second = await world.active(minutes=60)
    locked = f"BEFORE UPDATE ON request WHEN OLD.id = {first}"
    async with refused(world, locked):
        await rounds(world, 40 * MINUTE, MINUTE)
        assert (await world.status(second), world.holds()) == (Status.ACTIVE, True)
        await rounds(world, 25 * MINUTE, MINUTE)
        assert not world.holds()
        assert await world.status(first) is Status.ACTIVE
    await rounds(world, 3 * MINUTE)
    assert {await world.status(each) for each in (first, second)} == {Status.ENDED}


@pytest.mark.parametrize("place", [0, 1])
async def test_nor_does_what_becomes_active_beside_it(world: World, place: int) -> None:
    both = [await world.approved(minutes=30), await world.approved(minutes=60)]
    stuck, other = both[place], both[1 - place]
    await world.services.schedule.start()
    async with refused(world, f"BEFORE UPDATE ON request WHEN OLD.id = {stuck} AND NEW.status = 'active'"):
        await rounds(world, 2 * MINUTE)
        assert await world.status(other) is Status.ACTIVE
        assert await world.status(stuck) is Status.GRANTING
    await rounds(world, 2 * MINUTE)
    assert await world.status(stuck) is Status.ACTIVE


async def test_and_so_does_nobody_elses_access(world: World) -> None:
    stuck = await world.active(target=Target(SANDBOX, POWER), minutes=30)
    other = await world.active(world.dan, Target(STAGING, READ), minutes=45)
    async with refused(world, f"BEFORE UPDATE ON request WHEN OLD.id = {stuck}"):
        await rounds(world, 50 * MINUTE, MINUTE)
        assert await world.status(other) is Status.ENDED
        assert not world.cloud.assigned


async def test_a_request_that_somebody_holds_locked_is_taken_away_all_the_same(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator's forgotten transaction."""
    monkeypatch.setattr(engine, "LIMITS", "SET lock_timeout = 100")
    world = await World.build(Database(postgresql_url))
    await world.active(minutes=30)
    async with world.database.engine.connect() as operator:
        await operator.execute(text("SELECT * FROM request FOR UPDATE"))
        world.clock.move(31 * MINUTE)
        for _ in range(3):
            await world.services.reconciler.work()
            world.clock.move(2 * SECOND)
        assert not world.holds()
    await world.database.close()


async def test_nothing_ends_before_its_time_by_a_pass_that_comes_by(world: World) -> None:
    request_id = await world.active()
    end_at = (await world.request(request_id)).end_at
    assert end_at is not None
    world.go_to(end_at - SECOND)
    await world.services.drift.look_again()
    await world.services.reconciler.work()
    assert (await world.status(request_id), world.holds()) == (Status.ACTIVE, True)
    world.clock.move(SECOND + LEFT_TO_THE_ROUND)
    await world.services.reconciler.work()  # without the round that ends by time
    assert await world.status(request_id) is Status.REVOKING


async def test_a_requester_ends_own_access_whatever_the_policies_are(world: World) -> None:
    request_id = await world.active()

    async def unreadable() -> None:
        raise UpstreamBusy("saved by a newer release")

    world.services.early_end._policy_context.rules = unreadable  # type: ignore[method-assign, assignment]
    await world.revoke(world.ada, request_id)
    await world.settle()
    assert not world.holds()
