"""A person who waits for AWS hears of it: once, after two minutes, with AWS's words and until when it is tried."""

from datetime import timedelta

import pytest

from core.domain.assignment import GRANT_PATIENCE, SLOW_AFTER
from core.domain.errors import Upstream, UpstreamBusy
from core.domain.notice_content import Slow
from core.domain.notices import Topic
from core.domain.request import Status
from tests.contents import content_of
from tests.services.company import MINUTE, SECOND
from tests.services.world import World

STEP = 20 * SECOND
QUOTA = "ServiceQuotaExceededException: Account has reached the limit of 50 permission sets"


async def wait(world: World, how_long: timedelta) -> None:
    for _ in range(how_long // STEP):
        await world.tick()
        world.clock.move(STEP)
    await world.tick()


@pytest.mark.parametrize("error", [UpstreamBusy(QUOTA, retry_after=10 * SECOND), UpstreamBusy("ThrottlingException")])
async def test_a_grant_that_aws_does_not_do_is_told_once(world: World, error: Upstream) -> None:
    world.cloud.begin_fails.extend([error] * 10_000)
    request_id = await world.approved()
    await wait(world, SLOW_AFTER - STEP)
    assert Topic.SLOW not in world.messenger.topics("UADA")
    await wait(world, 4 * MINUTE)
    assert world.messenger.topics("UADA").count(Topic.SLOW) == 1
    (said,) = [said.notice for said in world.messenger.said if said.notice.topic is Topic.SLOW]
    slow = content_of(said, Slow)
    assert str(error) in slow.because
    began_at = (await world.request(request_id)).granting_at
    assert began_at is not None
    assert slow.until == began_at + GRANT_PATIENCE
    assert await world.status(request_id) is Status.GRANTING


async def test_an_operation_that_hangs_is_told_too(world: World) -> None:
    world.cloud.held = True
    await world.approved()
    await wait(world, 3 * MINUTE)
    assert world.messenger.topics("UADA").count(Topic.SLOW) == 1


async def test_a_grant_that_comes_at_once_is_told_by_its_own_message_alone(world: World) -> None:
    await world.active()
    await wait(world, 3 * MINUTE)
    assert Topic.SLOW not in world.messenger.topics("UADA")


async def test_one_that_is_being_given_up_is_not_said_to_be_tried_further(world: World) -> None:
    world.cloud.begin_fails.extend([UpstreamBusy("away")] * 10_000)
    request_id = await world.approved()
    await world.tick()
    await world.tick()
    world.says_nothing = True
    assert await world.status(request_id) is Status.GRANTING
    await world.revoke(world.ada, request_id)
    world.says_nothing = False
    await wait(world, 3 * MINUTE)
    assert Topic.SLOW not in world.messenger.topics("UADA")
