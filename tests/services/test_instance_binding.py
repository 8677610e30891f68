"""The book belongs to one instance of Identity Center: against another, nothing is served, closed or forgotten."""

from datetime import timedelta

import pytest

from core.domain.errors import OtherInstance, UpstreamBusy
from core.domain.organization import Target
from core.domain.request import Status
from core.services.context.instance_binding import InstanceBinding
from tests.fakes.cloud import FakeCloud
from tests.services.company import HOUR, MINUTE, READ, STAGING, TARGET
from tests.services.world import World

ELSEWHERE = Target(STAGING, READ)
AN_ARN = "arn:aws:sso:::instance/ssoins-9999999999999999"


async def live_for(world: World, how_long: timedelta, *, ticks: int = 10) -> None:
    """Rounds go on all the time, whatever comes of them."""
    for _ in range(ticks):
        world.clock.move(how_long / ticks)
        await world.tick()
        await world.services.drift.look_again()


def swap(world: World, cloud: FakeCloud) -> FakeCloud:
    """Start the process against that cloud; returns the one before."""
    before, world.cloud = world.cloud, cloud
    world.start()
    return before


@pytest.mark.parametrize("how_long", [4 * MINUTE, 20 * HOUR], ids=["minutes", "most of a day"])
async def test_against_another_instance_nothing_is_closed_disowned_or_begun(world: World, how_long: timedelta) -> None:
    active = await world.active(minutes=240)
    revoking = await world.active(world.dan, ELSEWHERE, minutes=240)
    world.cloud.down = UpstreamBusy("away")
    await world.revoke(world.dan, revoking)
    other = FakeCloud(world.clock)

    own = swap(world, other)
    await live_for(world, how_long)
    stayed = [await world.status(active), await world.status(revoking)]
    books = [await world.assignment(), await world.assignment(world.dan, ELSEWHERE)]
    assert not other.begun
    assert all(book.ours for book in books)
    assert stayed == [Status.ACTIVE if how_long < HOUR else Status.REVOKING, Status.REVOKING]

    own.down = None
    swap(world, own)
    await world.pass_time(5 * HOUR)
    await world.settle()
    assert not world.cloud.assigned
    assert [await world.status(active), await world.status(revoking)] == [Status.ENDED, Status.REVOKED]


async def test_what_is_to_be_granted_waits_for_its_own_instance(world: World) -> None:
    request_id = await world.approved()
    await world.services.schedule.start()
    other = FakeCloud(world.clock)
    await world.belonging.admit(world.cloud.instance)

    own = swap(world, other)
    await live_for(world, 4 * MINUTE)
    assert not other.begun
    assert await world.status(request_id) is Status.GRANTING

    swap(world, own)
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE


async def test_the_refusal_names_both_instances_and_what_to_do(world: World) -> None:
    await world.active()
    with pytest.raises(OtherInstance) as refused:
        await world.belonging.admit(AN_ARN)
    for words in (world.cloud.instance, AN_ARN, "TEAMBOT_SSO_INSTANCE_ARN", "AWS_REGION", "TEAMBOT_DATABASE_URL"):
        assert words in str(refused.value)
    assert world.belonging.refused is refused.value

    await world.belonging.admit(world.cloud.instance)
    assert world.belonging.refused is None


async def test_of_two_processes_that_begin_a_book_one_says_where_it_belongs(world: World) -> None:
    first, second = (InstanceBinding(world.open_unit, world.clock) for _ in range(2))
    await first.admit(AN_ARN)
    with pytest.raises(OtherInstance):
        await second.admit(world.cloud.instance)


async def test_who_only_looks_ties_the_book_to_nothing(world: World) -> None:
    await InstanceBinding(world.open_unit, world.clock, binds=False).admit(AN_ARN)
    await world.belonging.admit(world.cloud.instance)
    with pytest.raises(OtherInstance):
        await InstanceBinding(world.open_unit, world.clock, binds=False).admit(AN_ARN)


async def test_a_book_of_a_release_that_stored_no_instance_is_known_by_its_live_access(world: World) -> None:
    world.cloud.admit = None  # as that release did
    await world.active()
    assert TARGET.permission_set.startswith("arn:aws:sso:::permissionSet/ssoins-1/")

    with pytest.raises(OtherInstance, match="ssoins-1,"):
        await world.belonging.admit(AN_ARN)
    await world.belonging.admit(world.cloud.instance)
