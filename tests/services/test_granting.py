"""Access comes about once, or fails and leaves nothing, whatever AWS does meanwhile (rules 16 and 20)."""

import asyncio
from datetime import timedelta

import pytest

from core.domain.assignment import GRANT_PATIENCE, RETRIED_AFTER, OperationKind
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.request import Request, Status
from tests.fakes.cloud import Failure
from tests.services.company import HOUR, MINUTE, SECOND
from tests.services.pause import Pause
from tests.services.world import World

pytestmark = pytest.mark.usefixtures("lists_behind")

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
AWAY = UpstreamBusy("AWS is away")
DENIED = UpstreamRefused("CreateAccountAssignment: AccessDeniedException", code="AccessDeniedException")


def kinds(world: World) -> list[OperationKind]:
    return [kind for kind, _ in world.cloud.begun]


async def ends(world: World, request: Request) -> None:
    await world.pass_time(request.duration + MINUTE)
    await world.settle()


async def test_active_is_said_after_aws_said_so_and_not_before(world: World) -> None:
    world.cloud.held = True
    request_id = await world.approved()
    await world.services.schedule.start()
    began_at = world.clock.now()
    await world.pass_time(timedelta(minutes=2))
    assert await world.status(request_id) is Status.GRANTING
    assert "active" not in world.messenger.topics("UADA")
    world.cloud.release()
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.window_start_at) == (Status.ACTIVE, began_at), "by AWS's own date (rule 16)"
    assert request.end_at == began_at + request.duration
    assert world.messenger.topics("UADA")[-1] == "active"


async def test_the_intent_is_stored_before_aws_is_called(world: World) -> None:
    await world.approved()
    await world.services.schedule.start()
    pause = Pause(world.cloud, "begin")
    working = asyncio.ensure_future(world.services.reconciler.work())
    await pause.reached.wait()
    stored = await world.assignment()
    assert (stored.operation and stored.operation.kind, stored.ours) == (CREATE, True)
    assert not world.cloud.begun
    pause.go_on.set()
    await working


@pytest.mark.parametrize("times", [1, 5])
async def test_a_grant_goes_on_through_throttling_and_conflicts(world: World, times: int) -> None:
    world.cloud.begin_fails.extend([UpstreamBusy("ThrottlingException"), UpstreamBusy("ConflictException")] * times)
    request_id = await world.active()
    assert kinds(world) == [CREATE]
    assert (await world.actions(request_id)).count("request.granted") == 1


async def test_a_pause_that_aws_asks_for_is_kept_to(world: World) -> None:
    world.cloud.begin_fails.append(UpstreamBusy("quota", retry_after=timedelta(seconds=42)))
    await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    assert (await world.assignment()).next_try_at == world.clock.now() + timedelta(seconds=42)


async def test_a_grant_that_aws_fails_thrice_has_failed_and_nothing_is_left(world: World) -> None:
    world.cloud.fail_with.extend([Failure("the role is at its limit")] * 3)
    request_id = await world.approved()
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, "the role is at its limit")
    assert not world.holds()
    assert kinds(world) == [CREATE, CREATE, CREATE, DELETE]
    assert world.messenger.topics("UADA")[-1] == "failed"
    assert not (await world.assignment()).ours


@pytest.mark.parametrize("times", [1, 2])
async def test_a_grant_that_aws_fails_is_tried_again_when_aws_asks_for_it(world: World, times: int) -> None:
    """The table of rule 15: pauses of 15 seconds and of a minute, and no approval is collected anew."""
    world.cloud.fail_with.extend([Failure("Please try again in a few minutes")] * times)
    request_id = await world.approved()
    began_at = world.clock.now()
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE
    assert kinds(world) == [CREATE] * (times + 1)
    assert world.clock.now() - began_at >= sum(RETRIED_AFTER[:times], timedelta())


async def test_a_failed_grant_that_did_its_work_all_the_same_is_taken_back(world: World) -> None:
    world.cloud.fail_with.extend([Failure("a time-out at the end", does_the_work=True)] * 3)
    request_id = await world.approved()
    await world.settle()
    assert await world.status(request_id) is Status.FAILED
    assert not world.holds()
    assert kinds(world) == [CREATE, CREATE, CREATE, DELETE]


async def test_a_failed_grant_is_said_to_have_failed_only_when_nothing_is_left(world: World) -> None:
    world.cloud.fail_with.extend([Failure("a time-out at the end", does_the_work=True)] * 3)
    request_id = await world.approved()
    await world.services.schedule.start()
    for _ in range(200):
        if await world.status(request_id) is Status.FAILED:
            break
        await world.services.reconciler.work()
        world.clock.move(SECOND)
        assert not world.holds() or await world.status(request_id) is Status.GRANTING
    assert not world.holds()


async def test_a_grant_that_aws_refuses_fails_at_once(world: World) -> None:
    world.cloud.begin_fails.append(DENIED)
    request_id = await world.approved()
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, str(DENIED))
    assert not world.cloud.begun


async def test_a_grant_is_given_up_after_half_an_hour(world: World) -> None:
    world.cloud.begin_fails.extend([UpstreamBusy("ThrottlingException")] * 1000)
    request_id = await world.approved()
    await world.pass_time(GRANT_PATIENCE - MINUTE)
    assert await world.status(request_id) is Status.GRANTING
    await world.pass_time(3 * MINUTE)
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, "ThrottlingException")
    world.cloud.begin_fails.clear()
    await world.pass_time(HOUR)
    assert not world.cloud.begun


async def test_aws_down_for_an_hour_grants_nothing_late(world: World) -> None:
    request_id = await world.approved(minutes=120)
    await world.services.schedule.start()
    world.cloud.down = AWAY
    await world.pass_time(5 * MINUTE)
    world.clock.move(HOUR)
    world.cloud.down = None
    await world.settle()
    assert await world.status(request_id) is Status.FAILED
    assert not world.cloud.begun


# --- lost answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("did_it", [True, False])
@pytest.mark.parametrize("takes", [0, 2, 60])
async def test_a_grant_whose_answer_was_lost_comes_about_once(world: World, did_it: bool, takes: int) -> None:
    world.cloud.takes = timedelta(seconds=takes)
    world.cloud.answers_lost.append(did_it)
    request_id = await world.active()
    assert kinds(world) == [CREATE]
    await ends(world, await world.request(request_id))
    assert await world.status(request_id) is Status.ENDED
    assert not world.holds()


@pytest.mark.parametrize("did_it", [True, False])
async def test_a_revocation_whose_answer_was_lost_comes_about(world: World, did_it: bool) -> None:
    request_id = await world.active()
    world.cloud.answers_lost.append(did_it)
    await world.revoke(world.ada, request_id)
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds()


async def test_a_lost_grant_that_aws_does_not_list_yet_leaves_nothing_when_it_is_ended_at_once(world: World) -> None:
    """Nothing is listed and no operation is found, and yet access is on its way: it must not be forgotten."""
    world.cloud.takes, world.cloud.listed_after = timedelta(seconds=8), timedelta(seconds=8)
    world.cloud.answers_lost.append(True)
    request_id = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    await world.revoke(world.ada, request_id)
    await world.settle()
    await world.pass_time(HOUR)
    assert not world.holds()
    assert await world.status(request_id) is Status.REVOKED


async def test_a_lost_grant_that_cannot_be_looked_for_leaves_nothing_when_it_is_ended_at_once(world: World) -> None:
    world.cloud.takes = timedelta(seconds=8)
    world.cloud.answers_lost.append(True)
    request_id = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()

    async def throttle(call: str) -> None:
        if call == "find_operation" and world.cloud.in_flight():
            raise UpstreamBusy("ThrottlingException")

    world.cloud.before = throttle
    await world.revoke(world.ada, request_id)
    await world.settle()
    await world.pass_time(HOUR)
    assert not world.holds()
    assert await world.status(request_id) is Status.REVOKED


async def test_nothing_is_active_on_what_a_lost_revocation_is_about_to_take_away(world: World) -> None:
    first = await world.active()
    second = await world.approved(start_at=world.clock.now() + HOUR + 3 * SECOND)
    world.cloud.takes, world.cloud.listed_after = timedelta(seconds=8), timedelta(seconds=8)
    world.cloud.answers_lost.append(True)
    await world.pass_time(HOUR + 2 * MINUTE)
    assert await world.status(first) is Status.ENDED
    assert await world.status(second) is Status.ACTIVE
    assert world.holds()


async def test_an_operation_that_aws_has_forgotten_is_judged_by_what_exists(world: World) -> None:
    world.cloud.held = True
    request_id = await world.approved()
    await world.services.schedule.start()
    began_at = world.clock.now()
    await world.pass_time(MINUTE)
    world.cloud.release()
    world.cloud.forget()
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE
    assert kinds(world) == [CREATE, CREATE], "active is said after AWS said SUCCEEDED, and not for what is listed alone"
    assert (await world.request(request_id)).window_start_at == began_at


async def test_the_audit_trail_names_the_operations_of_aws_by_which_access_came_and_went(world: World) -> None:
    number = await world.active()
    await world.revoke(world.ada, number)
    await world.settle()
    named = {event["action"]: event["facts"].get("aws_request_id") for event in await world.events(number)}
    made, gone = world.cloud.operations
    assert (named["request.granted"], named["request.ended_early"]) == (made, gone)
