"""Access goes, however long it takes; and what others made stays (rules 17, 19 and 20)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.domain.assignment import LISTS_LAG, OperationKind
from core.domain.errors import AnswerLost, UpstreamBusy, UpstreamRefused
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.services.context import request_pages
from tests.fakes.cloud import Failure
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, POWER, SANDBOX, TARGET
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


TROUBLE: list[Callable[[World], None]] = [
    lambda world: world.cloud.begin_fails.extend([UpstreamBusy("ThrottlingException")] * 8),
    lambda world: world.cloud.begin_fails.extend([UpstreamRefused("denied", code="AccessDeniedException")] * 8),
    lambda world: world.cloud.begin_fails.extend([AnswerLost("500")] * 8),
    lambda world: world.cloud.fail_with.extend([Failure("it could not be done")] * 8),
    lambda world: world.cloud.answers_lost.extend([True, False] * 5),
    lambda world: setattr(world.cloud, "listed_after", timedelta(minutes=3)),
    lambda world: setattr(world.cloud, "takes", timedelta(minutes=2)),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=["throttle", "refuse", "500", "fail", "lose", "lag", "slow"])
async def test_access_is_taken_away_however_long_it_takes(world: World, trouble: Callable[[World], None]) -> None:
    request = await world.request(await world.active())
    trouble(world)
    await ends(world, request)
    assert await world.status(request.id) is Status.ENDED
    assert not world.holds()
    assert world.messenger.topics("UADA")[-1] == "ended"


async def test_ended_is_said_when_it_is_gone_and_not_before(world: World) -> None:
    request_id = await world.active()
    world.cloud.held = True
    await world.revoke(world.ada, request_id)
    await world.pass_time(timedelta(minutes=6))
    assert await world.status(request_id) is Status.REVOKING
    assert "revoked" not in world.messenger.topics("UADA")
    world.cloud.release()
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED


async def test_aws_down_for_hours_is_waited_for(world: World) -> None:
    request = await world.request(await world.active())
    world.cloud.down = AWAY
    await world.pass_time(request.duration)
    for _ in range(3):
        await world.pass_time(5 * MINUTE)
        world.clock.move(HOUR)
    assert await world.status(request.id) is Status.REVOKING
    world.cloud.down = None
    await world.pass_time(2 * MINUTE)
    assert await world.status(request.id) is Status.ENDED
    assert not world.holds()


async def test_a_revocation_is_never_further_apart_than_a_minute(world: World) -> None:
    request = await world.request(await world.active())
    world.cloud.down = AWAY
    await world.pass_time(request.duration)
    await world.pass_time(HOUR / 2)
    waiting = await world.assignment()
    assert waiting.next_try_at is not None
    assert waiting.next_try_at <= world.clock.now() + MINUTE
    assert waiting.attempts > 20


# --- what others made -------------------------------------------------------------------------------


async def test_what_turns_up_between_approval_and_grant_fails_the_request_and_stays(world: World) -> None:
    world.cloud.lists_behind = timedelta()
    request_id = await world.approved()
    await world.services.schedule.start()
    world.cloud.make(world.ada.id, TARGET)
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, "already_assigned")
    await world.pass_time(5 * HOUR)
    assert world.holds()
    assert not world.cloud.begun


async def test_what_others_made_stays_also_when_the_request_is_ended_first(world: World) -> None:
    request_id = await world.approved()
    await world.services.schedule.start()
    world.cloud.make(world.ada.id, TARGET)
    await world.revoke(world.ada, request_id)
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED
    assert world.holds()


async def test_what_others_make_after_a_refused_grant_stays(world: World) -> None:
    world.cloud.begin_fails.append(DENIED)
    await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    world.cloud.make(world.ada.id, TARGET)
    await world.settle()
    assert world.holds()
    assert not world.cloud.begun


async def test_access_that_somebody_else_took_away_is_reported_once_and_not_made_again(world: World) -> None:
    world.cloud.lists_behind = timedelta()
    request = await world.request(await world.active())
    world.clock.move(LISTS_LAG)
    world.cloud.remove(world.ada.id, TARGET)
    for _ in range(3):
        await world.services.drift.look_again()
        await world.settle()
    assert kinds(world) == [CREATE]
    assert await world.status(request.id) is Status.ACTIVE
    assert world.messenger.topics("UFRANK") == ["drift"]
    assert world.messenger.topics(AUDIT_CHANNEL).count("drift") == 1
    assert (await world.actions(request.id)).count("drift.found") == 1
    await ends(world, request)
    assert await world.status(request.id) is Status.ENDED


async def test_every_live_request_is_looked_after_however_many_there_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.cloud.lists_behind = timedelta()
    monkeypatch.setattr(request_pages, "PAGE", 1)
    await world.active()
    await world.active(target=Target(SANDBOX, POWER))
    world.clock.move(LISTS_LAG)
    for target in (TARGET, Target(SANDBOX, POWER)):
        world.cloud.remove(world.ada.id, target)
    await world.services.drift.look_again()
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["drift", "drift"]


async def test_what_others_make_again_after_ours_was_lost_is_theirs(world: World) -> None:
    world.cloud.lists_behind = timedelta()
    request = await world.request(await world.active())
    world.clock.move(LISTS_LAG)
    world.cloud.remove(world.ada.id, TARGET)
    await world.services.drift.look_again()
    await world.settle()
    world.cloud.make(world.ada.id, TARGET)
    await ends(world, request)
    assert not world.cloud.taken_from_others


async def test_looking_again_disturbs_nothing_that_is_as_it_should_be(world: World) -> None:
    request_id = await world.active()
    said = len(world.messenger.said)
    await world.services.drift.look_again()
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE
    assert kinds(world) == [CREATE]
    assert len(world.messenger.said) == said
