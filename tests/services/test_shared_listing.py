"""Users and groups are listed by one replica for all, and a restart knows whom the last run knew."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.domain.errors import UpstreamBusy
from core.domain.people import PeopleListing
from core.services.context.shared_listing import LISTED_EVERY, SharedListing
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakePrincipals
from tests.services.company import MINUTE
from tests.services.world import World

LATER = "2026-03-02 13:00:00.000000"
"""A moment after all of these tests."""


class Listed(FakePrincipals):
    """One process's view of Identity Center: what it has listed itself, or taken over."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock, self.times = clock, 0

    async def refresh(self) -> None:
        await super().refresh()
        self.times += 1
        self.remember()
        self.remembered_at = self.clock.now()


class Replica:
    def __init__(self, world: World) -> None:
        self.directory = Listed(world.clock)
        self.directory.users = world.principals.users  # there is one Identity Center
        self.people = SharedListing(self.directory, world.database.open, world.database.look, world.clock)

    @property
    def known(self) -> PeopleListing:
        assert self.directory.listing is not None
        return self.directory.listing


@pytest.fixture
def first(world: World) -> Replica:
    return Replica(world)


@pytest.fixture
def second(world: World) -> Replica:
    return Replica(world)


async def test_one_lists_and_the_others_take_it_over(world: World, first: Replica, second: Replica) -> None:
    for _ in range(12):
        for each in (first, second):
            await each.people.work()
            assert world.clock.now() - each.known.asked_at < LISTED_EVERY
        world.clock.move(timedelta(seconds=10))
    assert (first.directory.times, second.directory.times) == (3, 0)
    assert second.known == first.known


async def test_what_has_changed_reaches_the_others(world: World, first: Replica, second: Replica) -> None:
    for _ in range(2):
        await first.people.work()
        await second.people.work()
        world.clock.move(LISTED_EVERY)
        world.principals.add("Zoe Z", email="zoe@example.com")
    await first.people.work()
    await second.people.work()
    assert [user.id for user in second.known.users][-1] == "user-zoe"


async def test_another_lists_when_the_first_is_gone(world: World, first: Replica, second: Replica) -> None:
    await first.people.work()
    world.clock.move(LISTED_EVERY)
    await second.people.work()
    assert second.directory.times == 1


async def test_a_restart_knows_whom_the_last_run_knew_and_asks_nobody(world: World, first: Replica) -> None:
    await first.people.work()
    world.clock.move(timedelta(days=1))
    started = Replica(world)
    assert await started.people.recall() == first.known.asked_at
    assert started.known == first.known
    assert started.directory.times == 0


async def test_a_listing_that_failed_is_made_by_whoever_comes_next(first: Replica, second: Replica) -> None:
    first.directory.down = UpstreamBusy("AWS is away")
    with pytest.raises(UpstreamBusy):
        await first.people.work()
    await second.people.work()
    assert second.directory.times == 1


async def test_a_clock_that_was_set_back_keeps_nobody_from_listing(world: World, first: Replica) -> None:
    await first.people.work()
    world.clock.move(-60 * MINUTE)
    await first.people.work()
    assert first.directory.times == 2
    assert first.known.asked_at == world.clock.now()


async def test_while_aws_is_away_it_is_asked_no_oftener_than_at_other_times(
    world: World, first: Replica, second: Replica
) -> None:
    await first.people.work()
    world.clock.move(LISTED_EVERY)
    first.directory.down = second.directory.down = UpstreamBusy("AWS is away")
    failures = 0
    for _ in range(16):
        for each in (first, second):
            try:
                await each.people.work()
            except UpstreamBusy:
                failures += 1
        world.clock.move(LISTED_EVERY / 8)
    assert failures == 2


async def test_what_another_release_stores_makes_nobody_list_oftener(world: World, first: Replica) -> None:
    for _ in range(8):
        await first.people.work()
        async with world.database.engine.begin() as connection:
            await connection.execute(text("UPDATE people_listing SET people = x'00', asked_at = :at"), {"at": LATER})
        world.clock.move(LISTED_EVERY / 8)
    assert first.directory.times == 1
