"""The work of the clock: at the instant, once, and without asking anybody when access is taken away."""

import asyncio
from datetime import timedelta

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.outcome import Result
from core.domain.policy import PolicyBook
from core.domain.request import Status, ending_soon_at
from core.services.requests.schedule import BATCH
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, SECOND, TARGET
from tests.services.world import World, expiry_of

AWAY = UpstreamBusy("AWS is away")


async def test_a_pending_request_expires_at_its_instant_and_not_before(world: World) -> None:
    request = await world.request(await world.asked())
    world.go_to(expiry_of(request) - SECOND)
    await world.services.schedule.expire()
    assert await world.status(request.id) is Status.PENDING
    world.go_to(expiry_of(request))
    await world.services.schedule.expire()
    assert await world.status(request.id) is Status.EXPIRED
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted", "expired"]


async def test_where_requests_never_expire_one_waits_until_it_is_decided(world: World) -> None:
    await world.set_policies(world.book(request_expiry=None))
    request = await world.request(await world.asked())
    assert request.expires_at is None
    world.clock.move(400 * 24 * HOUR)
    await world.services.schedule.expire()
    assert await world.status(request.id) is Status.PENDING
    assert (await world.decide(world.bob, request.id)).result is Result.APPROVED


async def test_where_requests_never_expire_one_does_whose_window_is_over(world: World) -> None:
    """Rule 6: an asked start fixes the window, whatever settings say of requests."""
    await world.set_policies(world.book(request_expiry=None))
    request = await world.request(await world.asked(start_at=world.clock.now() + HOUR))
    world.go_to(expiry_of(request))
    await world.services.schedule.expire()
    assert await world.status(request.id) is Status.EXPIRED


async def test_a_start_comes_at_its_instant_and_not_before(world: World) -> None:
    start_at = world.clock.now() + HOUR
    request_id = await world.approved(start_at=start_at)
    world.go_to(start_at - SECOND)
    await world.services.schedule.start()
    assert await world.status(request_id) is Status.SCHEDULED
    world.go_to(start_at)
    await world.services.schedule.start()
    request = await world.request(request_id)
    assert (request.status, request.granting_at) == (Status.GRANTING, start_at)
    assert request.end_at == start_at + request.duration  # stored before AWS was asked for anything
    assert not world.cloud.begun


async def test_access_ends_at_its_instant_and_not_before(world: World) -> None:
    request = await world.request(await world.active())
    assert request.end_at is not None
    assert request.end_at == request.window_start_at + request.duration  # type: ignore[operator]
    world.go_to(request.end_at - SECOND)
    await world.services.schedule.end()
    assert await world.status(request.id) is Status.ACTIVE
    world.go_to(request.end_at)
    await world.services.schedule.end()
    ending = await world.request(request.id)
    assert (ending.status, ending.revoking_at) == (Status.REVOKING, request.end_at)
    assert (await world.assignment()).urgent


async def test_nothing_stands_between_time_and_the_end_of_access(world: World) -> None:
    """No policy, no directory, no chat platform, no organization (rule 17)."""
    request = await world.request(await world.active())
    await world.set_policies(PolicyBook())
    world.principals.down = world.chat.down = world.reader.down = AWAY
    world.messenger.fails_for = dict.fromkeys(("UADA", "C-PAY", AUDIT_CHANNEL), AWAY)
    world.start()
    await world.pass_time(request.duration + MINUTE)
    assert await world.status(request.id) is Status.ENDED
    assert not world.holds()


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (lambda world: world.principals.leave("Payments", world.ada.id), "not_eligible"),
        (lambda world: world.principals.disable(world.ada.id), "principal_disabled"),
        (lambda world: world.principals.users.pop(world.ada.id), "no_principal"),
        (lambda world: world.cloud.make(world.ada.id, TARGET), "already_assigned"),
    ],
)
async def test_it_is_judged_once_more_at_the_start(world: World, change: object, failure: str) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    world.principals.remember()
    change(world)  # type: ignore[operator]
    await world.pass_time(HOUR)
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, failure)
    assert not world.cloud.begun
    assert (await world.actions(request_id))[-1] == "request.disallowed"


async def test_what_cannot_be_judged_at_the_start_is_postponed_and_then_granted(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    world.cloud.down = AWAY
    await world.pass_time(HOUR + MINUTE)
    world.clock.move(timedelta(minutes=28))
    await world.tick()
    assert await world.status(request_id) is Status.SCHEDULED
    world.cloud.down = None
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE


async def test_what_cannot_be_judged_for_too_long_expires_and_is_told(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    world.cloud.down = AWAY
    await world.pass_time(HOUR + MINUTE)
    world.clock.move(timedelta(minutes=30))
    await world.pass_time(MINUTE)
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.EXPIRED, "start_missed")
    assert world.messenger.topics("UADA")[-1] == "expired"
    world.cloud.down = None
    await world.pass_time(HOUR)
    assert not world.cloud.begun


async def test_a_start_that_hangs_is_taken_up_by_another_after_its_lease(world: World) -> None:
    request_id = await world.approved()
    async with world.database.open() as unit:
        await unit.requests.claim_due_to_start(world.clock.now(), timedelta(seconds=30), 10)
        await unit.commit()
    await world.services.schedule.start()
    assert await world.status(request_id) is Status.SCHEDULED
    world.clock.move(timedelta(seconds=30))
    await world.services.schedule.start()
    assert await world.status(request_id) is Status.GRANTING


@pytest.mark.parametrize("minutes", [15, 60, 240])
async def test_the_requester_is_warned_once_before_the_end(world: World, minutes: int) -> None:
    request = await world.request(await world.active(minutes=minutes))
    warned_at = ending_soon_at(request)
    assert warned_at is not None
    world.go_to(warned_at - SECOND)
    await world.services.schedule.warn()
    assert not (await world.request(request.id)).ending_soon_told
    world.go_to(warned_at)
    for _ in range(3):
        await world.services.schedule.warn()
        world.clock.move(SECOND)
    await world.settle()
    assert world.messenger.topics("UADA").count("ending_soon") == 1
    assert (await world.actions(request.id)).count("request.ending_soon_told") == 1


async def test_the_admins_are_alarmed_once_after_five_minutes_and_it_goes_on_for_ever(world: World) -> None:
    request = await world.request(await world.active())
    assert request.end_at is not None
    world.cloud.down = AWAY
    await world.pass_time(request.end_at - world.clock.now())
    await world.pass_time(timedelta(minutes=5))
    assert "overdue" not in world.messenger.topics("UFRANK")
    await world.pass_time(timedelta(minutes=1))
    assert world.messenger.topics("UFRANK").count("overdue") == 1
    assert world.messenger.topics(AUDIT_CHANNEL).count("overdue") == 1
    await world.pass_time(timedelta(minutes=20))
    assert await world.status(request.id) is Status.REVOKING
    assert world.messenger.topics("UFRANK").count("overdue") == 1
    assert (await world.actions(request.id)).count("request.revocation_overdue") == 1
    world.cloud.down = None
    await world.settle()
    assert await world.status(request.id) is Status.ENDED
    assert not world.holds()


async def test_of_several_replicas_one_moves_each_request(world_on_both: World) -> None:
    world = world_on_both
    pending = await world.asked(minutes=30)
    active = await world.active()
    request = await world.request(active)
    assert request.end_at is not None
    world.go_to(expiry_of(await world.request(pending)))
    deadlines = world.services.schedule
    for round_of in (deadlines.end, deadlines.expire, deadlines.warn, deadlines.start):
        await asyncio.gather(*(round_of() for _ in range(5)))
    assert (await world.actions(pending)).count("request.expired") == 1
    assert (await world.actions(active)).count("request.end_reached") == 1


async def test_many_that_are_due_at_once_are_all_worked_off(world: World) -> None:
    world.says_nothing = True
    await world.set_policies(world.book(max_open_requests=BATCH + 2))
    asked = await world.asked_often(BATCH + 2)
    world.go_to(expiry_of(await world.request(asked[-1])))
    await world.services.schedule.expire()
    await world.services.schedule.expire()
    assert {request.status for request in await world.requests()} == {Status.EXPIRED}
