"""AWS was asked, did not answer, and lists nothing yet: whatever a pass concludes meanwhile, the doubt is kept."""

import pytest

from core.domain.assignment import OperationKind
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.request import Status
from core.services.provisioning import assignment_reconciler
from tests.services.company import HOUR, READ, SECOND, TARGET
from tests.services.world import World

pytestmark = pytest.mark.usefixtures("lists_behind")

CREATE = OperationKind.CREATE


async def asked_without_an_answer(world: World) -> RequestId:
    """A grant that AWS has begun, of which it says nothing for ten seconds."""
    request_id = await world.approved()
    world.cloud.held = True
    world.cloud.listed_after = 10 * SECOND
    world.cloud.answers_lost.append(True)
    await world.services.schedule.start()
    await world.services.reconciler.work()
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
    monkeypatch.setattr(assignment_reconciler, "patience_is_over", lambda _request, _now: True)
    for _ in range(4):
        world.clock.move(SECOND)
        await world.services.reconciler.work()
    assert not (await world.request(request_id)).is_over
    await is_done_after_all(world, request_id)


async def test_a_grant_that_finds_no_slot_meanwhile_leaves_nothing_behind(world: World) -> None:
    request_id = await asked_without_an_answer(world)
    other = await world.approved(world.dan, Target(TARGET.account, READ))
    await world.services.schedule.start()
    world.clock.move(SECOND)
    await world.services.reconciler.work()
    await world.services.reconciler.work()
    assert [operation.kind for operation in (await world.assignment()).hanging] == [CREATE]
    assert await world.status(other) is Status.GRANTING
    await world.revoke(world.ada, request_id)
    for _ in range(4):
        world.clock.move(SECOND)
        await world.services.reconciler.work()
    assert not (await world.request(request_id)).is_over
    await is_done_after_all(world, request_id)
