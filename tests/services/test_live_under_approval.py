"""Approvers see what is live and theirs to end: of others, on targets that they decide about, newest first."""

from core.domain.ids import RequestId
from core.domain.request import Status
from core.services.queries.pending_approvals import PAGE, LivePage
from tests.services.company import Member
from tests.services.world import World


async def seen(world: World, who: Member, before: int = 0) -> LivePage:
    standing = await world.services.request_queries.standing(who.chat)
    return await world.services.pending_approvals.live(standing.person, RequestId(before) or None)


async def test_an_approver_sees_live_access_of_others_and_no_more_once_it_is_over(world: World) -> None:
    request_id = await world.active()
    page = await seen(world, world.bob)
    assert [one.id for one in page.requests] == [request_id]
    assert not page.more
    await world.revoke(world.bob, request_id)
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED
    assert (await seen(world, world.bob)).requests == ()


async def test_nobody_sees_there_what_is_their_own_or_not_theirs_to_decide(world: World) -> None:
    """Rule 22. Dan asks and decides about the same targets."""
    request_id = await world.active(world.dan)
    for who in (world.ada, world.dan, world.grace):
        assert (await seen(world, who)).requests == ()
    assert [one.id for one in (await seen(world, world.bob)).requests] == [request_id]


async def test_there_are_ten_a_page_the_newest_first(world: World) -> None:
    await world.set_policies(world.book(approval_required=False))
    people = [world.hire(f"Engineer {n}", "Payments") for n in range(PAGE + 1)]
    asked = [await world.asked(who) for who in people]
    await world.settle()
    first = await seen(world, world.bob)
    assert [one.id for one in first.requests] == asked[:0:-1]
    assert first.more
    second = await seen(world, world.bob, first.requests[-1].id)
    assert [one.id for one in second.requests] == asked[:1]
    assert not second.more


async def test_what_waits_is_not_live(world: World) -> None:
    await world.asked()
    assert (await seen(world, world.bob)).requests == ()
