"""A revocation that AWS will never finish is closed by an admin, with a reason, and is not forgotten (rule 17)."""

import pytest

from core.domain.assignment import ALARM_AFTER
from core.domain.commands import CloseRequest
from core.domain.errors import Conflict, NotFound, Reason, UpstreamRefused
from core.domain.ids import RequestId
from core.domain.notices import Audience, Topic
from core.domain.outcome import Outcome, Result
from core.domain.request import Actor, LeftBehind, Status
from core.services.provisioning.manual_close import close_as
from tests.services.company import Member
from tests.services.world import World

STUCK = UpstreamRefused("Not possible for this account.", code="ConflictException")


async def stuck(world: World, *, early: bool = False) -> RequestId:
    """A request whose assignment AWS will not delete."""
    request = await world.active()
    if early:
        await world.revoke(world.ada, request)
    else:
        world.go_to((await world.request(request)).end_at or world.clock.now())
    world.cloud.begin_fails.extend([STUCK] * 10_000)
    await world.tick()
    await world.pass_time(ALARM_AFTER * 2)
    assert await world.status(request) is Status.REVOKING
    return request


async def close(world: World, who: Member, request: int, reason: str = "AWS support says so") -> Outcome:
    return await world.done(world.ending(CloseRequest, who, request, reason))


@pytest.mark.parametrize("early", [False, True])
async def test_an_admin_closes_it_with_a_reason_and_everybody_reads_that(world: World, early: bool) -> None:
    request_id = await stuck(world, early=early)
    assert (await close(world, world.frank, request_id)).result is Result.CLOSED
    request = await world.request(request_id)
    assert request.status is (Status.REVOKED if early else Status.ENDED)
    assert request.left_behind is LeftBehind.CLOSED_BY_HAND
    assert (request.closed_by, request.close_reason) == ("Frank Rosen", "AWS support says so")
    event = next(e for e in await world.events(request_id) if e["facts"].get("left_behind"))
    assert event["actor"]["principal_id"] == world.frank.id
    assert (event["facts"]["left_behind"], event["facts"]["reason"]) == ("closed_by_hand", "AWS support says so")
    await world.tick()
    await world.tick()
    assert Topic.LEFT_BEHIND in world.messenger.topics("UFRANK")
    (card,) = world.messenger.cards.values()
    assert card.request.left_behind is LeftBehind.CLOSED_BY_HAND


async def test_nobody_else_closes_it_and_the_attempt_is_on_record(world: World) -> None:
    request_id = await stuck(world)
    for who, expected in (
        (world.ada, Reason.NOT_PERMITTED),
        (world.bob, Reason.NOT_PERMITTED),
        (world.erin, Reason.NOT_PERMITTED),
    ):
        outcome = await close(world, who, request_id)
        assert outcome.refusals[0].reason is expected
    assert (await close(world, world.grace, request_id)).result is Result.NOT_FOUND
    assert (await world.actions(request_id)).count("ending.refused") == 3
    assert await world.status(request_id) is Status.REVOKING


async def test_it_needs_a_reason(world: World) -> None:
    request_id = await stuck(world)
    for nothing in ("  ", "\u200b"):
        outcome = await close(world, world.frank, request_id, nothing)
        assert outcome.refusals[0].reason is Reason.CLOSING_REASON_MISSING
    assert await world.status(request_id) is Status.REVOKING


async def test_only_what_is_being_ended_can_be_closed(world: World) -> None:
    active, waiting = await world.active(), await world.asked(minutes=30)
    for request_id in (active, waiting):
        before = await world.status(request_id)
        assert (await close(world, world.frank, request_id)).result is Result.TOO_LATE
        assert await world.status(request_id) is before
    with pytest.raises(Conflict):
        await close_as(world.open_unit, world.clock, active, Actor("operator"), "why not")
    with pytest.raises(NotFound):
        await close_as(world.open_unit, world.clock, RequestId(4711), Actor("operator"), "why not")


async def test_the_book_goes_on_knowing_the_assignment_as_ours_and_deletes_it_once_aws_lets_it(world: World) -> None:
    request_id = await stuck(world)
    await close_as(world.open_unit, world.clock, request_id, Actor("operator root"), "migrated away")
    assert (await world.request(request_id)).closed_by == "operator root"
    assert (await world.assignment()).ours
    assert world.holds()
    world.cloud.begin_fails.clear()
    await world.settle()
    assert not world.holds()
    assert not world.cloud.taken_from_others


async def test_closing_twice_at_once_closes_once(world_on_both: World) -> None:
    world = world_on_both
    request_id = await stuck(world)
    first, second = await close(world, world.frank, request_id), await close(world, world.frank, request_id)
    assert (first.result, second.result) == (Result.CLOSED, Result.TOO_LATE)


async def test_closing_by_hand_is_told_to_requester_and_audit_channel(world: World) -> None:
    world.says_nothing = True
    request_id = await stuck(world)
    await close(world, world.frank, request_id)
    async with world.open_unit() as unit:
        await unit.outbox.forget(world.clock.now(), 0)
        waiting = await unit.outbox.claim(world.clock.now(), ALARM_AFTER, 200)
    audiences = {out.notice.to.audience for out in waiting}
    assert {Audience.PRINCIPAL, Audience.ADMINS, Audience.AUDIT_CHANNEL} <= audiences
