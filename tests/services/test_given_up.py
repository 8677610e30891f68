"""A grant is given up, AWS made the assignment all the same, and does not take it away (rules 16 and 17)."""

from typing import Any

import pytest
from sqlalchemy import text

from core.domain.alarm import AlarmKind
from core.domain.assignment import OperationKind
from core.domain.commands import CloseRequest
from core.domain.errors import Side, UpstreamRefused
from core.domain.ids import RequestId
from core.domain.outcome import Result
from core.domain.request import LeftBehind, Status
from tests.fakes.cloud import Failure
from tests.services.company import AUDIT_CHANNEL, MINUTE
from tests.services.world import World

DENIED = UpstreamRefused("not authorized", code="AccessDeniedException", side=Side.AWS)


class Refusal:
    """AWS refuses every deletion, until it is over."""

    def __init__(self, world: World) -> None:
        self.is_over = False
        self._begin = world.cloud.begin
        world.cloud.begin = self.begin  # type: ignore[method-assign]

    async def begin(self, kind: OperationKind, *given: Any, **more: Any) -> str:
        if kind is OperationKind.DELETE and not self.is_over:
            raise DENIED
        return await self._begin(kind, *given, **more)


@pytest.fixture
def refusal(world: World) -> Refusal:
    return Refusal(world)


@pytest.fixture
async def stuck(world: World, refusal: Refusal) -> RequestId:  # noqa: ARG001 - it refuses
    """A grant that AWS calls FAILED three times and did."""
    world.cloud.fail_with.extend([Failure("a time-out at the end", does_the_work=True)] * 3)
    request_id = await world.approved(minutes=60)
    while not (await world.request(request_id)).failure:
        await world.pass_time(MINUTE / 4)
    assert world.holds()
    return request_id


async def test_admins_are_alarmed_after_five_minutes_once(world: World, stuck: RequestId) -> None:
    await world.pass_time(4 * MINUTE)
    assert "overdue" not in world.messenger.topics("UFRANK")
    await world.pass_time(2 * MINUTE)
    await world.pass_time(60 * MINUTE)
    assert await world.status(stuck) is Status.GRANTING
    assert world.messenger.topics("UFRANK").count("overdue") == 1
    assert world.messenger.topics(AUDIT_CHANNEL).count("overdue") == 1


async def test_what_an_earlier_release_gave_up_without_a_date_is_an_alarm_too(world: World, stuck: RequestId) -> None:
    async with world.database.engine.begin() as connection:
        await connection.execute(text("UPDATE request SET revoking_at = NULL"))
    world.start()
    await world.pass_time(8 * MINUTE)
    assert world.messenger.topics("UFRANK").count("overdue") == 1
    assert (await world.request(stuck)).alarmed_at is not None


async def test_it_counts_as_overdue_where_admins_look(world: World, stuck: RequestId) -> None:
    await world.pass_time(10 * MINUTE)
    await world.services.administration.warnings.look()
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    assert stuck in [warning.request.id for warning in report.warnings if warning.request is not None]
    broken = {wrong.kind for wrong in (await world.services.health.invariants.broken())[0]}
    assert AlarmKind.PAST_END not in broken  # its window is not over yet


async def test_it_fails_once_it_is_gone_and_admins_hear_of_it(world: World, stuck: RequestId, refusal: Refusal) -> None:
    await world.pass_time(10 * MINUTE)
    refusal.is_over = True
    await world.settle()
    assert not world.holds()
    assert await world.status(stuck) is Status.FAILED
    assert world.messenger.topics("UFRANK")[-1] == "late_end"


async def test_an_admin_closes_it_by_hand_and_it_is_tried_further(
    world: World, stuck: RequestId, refusal: Refusal
) -> None:
    await world.pass_time(10 * MINUTE)
    outcome = await world.done(world.ending(CloseRequest, world.frank, stuck, "AWS support says so"))
    request = await world.request(stuck)
    assert (outcome.result, request.status) == (Result.CLOSED, Status.FAILED)
    assert (request.left_behind, request.closed_by) == (LeftBehind.CLOSED_BY_HAND, "Frank Rosen")
    await world.tick()
    assert world.messenger.topics("UFRANK")[-1] == "left_behind"
    refusal.is_over = True
    await world.pass_time(60 * MINUTE)
    assert not world.holds()


async def test_what_is_being_granted_is_closed_by_nobody(world: World) -> None:
    world.cloud.held = True
    request_id = await world.approved()
    await world.tick()
    outcome = await world.done(world.ending(CloseRequest, world.frank, request_id, "it takes so long"))
    assert (outcome.result, await world.status(request_id)) == (Result.TOO_LATE, Status.GRANTING)
