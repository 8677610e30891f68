"""Favourites: what somebody starred or asked for last, as far as they may ask for it now."""

import pytest

from core.domain.errors import Reason, Refused
from core.domain.favourites import MOST_STARRED
from core.domain.organization import Target
from tests.services.company import POWER, PROD, READ, SANDBOX, SECOND, STAGING, TARGET, VAULT, Member
from tests.services.world import World

OTHER = Target(STAGING, READ)


async def shown(world: World, who: Member) -> list[tuple[Target, bool]]:
    person = (await world.services.request_queries.standing(who.chat)).person
    return [(each.favourite.target, each.favourite.starred) for each in await world.services.favourites.of(person)]


async def test_targets_asked_for_last_are_there_and_a_starred_one_stays_first(world: World) -> None:
    await world.asked(target=TARGET)
    await world.asked(target=Target(SANDBOX, POWER))
    await world.services.favourites.star(world.ada.chat, OTHER)
    assert await shown(world, world.ada) == [(OTHER, True), (Target(SANDBOX, POWER), False), (TARGET, False)]
    await world.services.favourites.unstar(world.ada.chat, OTHER)
    assert await shown(world, world.ada) == [(Target(SANDBOX, POWER), False), (TARGET, False)]
    assert await shown(world, world.dan) == []


async def test_what_may_not_be_asked_for_any_more_is_not_shown_and_not_starred(world: World) -> None:
    """Rule 22: what exists is not told from what does not."""
    await world.asked(target=TARGET)
    await world.services.favourites.star(world.ada.chat, OTHER)
    world.principals.leave("Payments", world.ada.id)
    world.principals.remember()
    assert await shown(world, world.ada) == []
    for target in (TARGET, Target(PROD, type(POWER)("arn:none"))):
        with pytest.raises(Refused) as refused:
            await world.services.favourites.star(world.grace.chat, target)
        assert refused.value.refusal.reason is Reason.NOT_ELIGIBLE


async def test_the_one_starred_first_makes_room_for_the_next(world: World) -> None:
    targets = [Target(account, arn) for account in (PROD, STAGING, VAULT) for arn in (POWER, READ)]
    for target in targets:
        world.clock.move(SECOND)
        await world.services.favourites.star(world.ada.chat, target)
    assert await shown(world, world.ada) == [(target, True) for target in targets[::-1][:MOST_STARRED]]
