"""A request that nobody is left to approve is not left to expire in silence (rule 7)."""

from collections.abc import Callable

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.request import Status
from tests.services.company import AUDIT_CHANNEL, MINUTE
from tests.services.world import World

LEADS = ("bob", "carol", "dan")


async def all_leave(world: World) -> None:
    for who in LEADS:
        world.principals.leave("Payments Leads", getattr(world, who).id)


async def all_are_disabled(world: World) -> None:
    for who in LEADS:
        world.principals.disable(getattr(world, who).id)


async def more_are_needed(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=3))
    world.principals.leave("Payments Leads", world.dan.id)


async def the_requester_is_left(world: World) -> None:
    world.principals.join("Payments Leads", world.ada.id)
    await all_leave(world)


@pytest.mark.parametrize("change", [all_leave, all_are_disabled, more_are_needed, the_requester_is_left])
async def test_requester_and_admins_are_told_once_and_it_stays_open(
    world: World, change: Callable[..., object]
) -> None:
    request_id = await world.asked()
    await world.services.schedule.tell_undecidable()
    await change(world)  # type: ignore[misc]
    for _ in range(3):
        await world.services.schedule.tell_undecidable()
        world.clock.move(MINUTE)
    await world.settle()
    for told in ("UADA", "UFRANK", AUDIT_CHANNEL):
        assert world.messenger.topics(told).count("undecidable") == 1
    assert await world.status(request_id) is Status.PENDING
    assert (await world.actions(request_id)).count("request.undecidable") == 1


async def test_somebody_who_joins_can_decide_and_the_next_time_is_told_again(world: World) -> None:
    request_id = await world.asked()
    await all_leave(world)
    await world.services.schedule.tell_undecidable()
    world.principals.join("Payments Leads", world.carol.id)
    await world.services.schedule.tell_undecidable()
    assert (await world.request(request_id)).undecidable_since is None
    world.principals.leave("Payments Leads", world.carol.id)
    await world.services.schedule.tell_undecidable()
    await world.settle()
    assert world.messenger.topics("UADA").count("undecidable") == 2
    world.principals.join("Payments Leads", world.carol.id)
    await world.decide(world.carol, request_id)
    assert await world.status(request_id) is Status.SCHEDULED


@pytest.mark.parametrize("away", ["down", "members_down"])
async def test_what_cannot_be_known_is_not_said(world: World, away: str) -> None:
    await world.asked()
    setattr(world.principals, away, UpstreamBusy("away"))
    await world.services.schedule.tell_undecidable()
    assert "request.undecidable" not in await world.actions()
