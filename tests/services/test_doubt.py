"""AWS was asked, did not answer, and lists nothing yet: whatever a pass concludes meanwhile, the doubt is kept."""

from datetime import timedelta

import pytest

from core.domain.assignment import OperationKind
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.services import assigning
from tests.services.company import HOUR, READ, SECOND, STAGING
from tests.services.world import World

CREATE = OperationKind.CREATE


async def asked_without_an_answer(world: World) -> RequestId:
    """A grant that AWS has begun, of which it says nothing for ten seconds."""
    request_id = await world.approved()
    world.cloud.held = True
    world.cloud.listed_after = 10 * SECOND
    world.cloud.answers_lost.append(True)
    await world.services.deadlines.start()
    await world.services.assigning.work()
    assert [kind for kind, _ in world.cloud.begun] == [CREATE]
    return request_id


async def is_done_after_all(world: World, request_id: RequestId) -> None:
    world.cloud.release()
    await world.pass_time(HOUR)
    await world.settle()
    assert not world.holds()
    assert (await world.request(request_id)).is_over
    assert not (await world.assignment()).ours


async def test_a_grant_that_is_given_up_meanwhile_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await asked_without_an_answer(world)
    monkeypatch.setattr(assigning, "patience_is_over", lambda _request, _now: True)
    for _ in range(4):
        world.clock.move(SECOND)
        await world.services.assigning.work()
    assert not (await world.request(request_id)).is_over
    await is_done_after_all(world, request_id)


async def test_a_grant_that_finds_no_slot_meanwhile_leaves_nothing_behind(world: World) -> None:
    request_id = await asked_without_an_answer(world)
    async with world.database.open() as unit:
        await unit.assignments.wake(
            world.bob.id, Target(STAGING, READ), world.clock.now() + timedelta(days=1), urgent=True
        )
        waiting = (world.bob.id, Target(STAGING, READ))
        await unit.assignments.wake(*waiting, world.clock.now(), urgent=True)
        await unit.commit()
    world.clock.move(SECOND)
    async with world.database.open() as unit:
        (grant,) = [one for one in await unit.assignments.claim_due(world.clock.now(), SECOND, 9) if one.operation]
        await unit.commit()
    await world.services.assigning._pass(grant)
    assert (await world.assignment()).operation is not None
    await world.revoke(world.ada, request_id)
    for _ in range(4):
        world.clock.move(SECOND)
        await world.services.assigning.work()
    assert not (await world.request(request_id)).is_over
    await is_done_after_all(world, request_id)
