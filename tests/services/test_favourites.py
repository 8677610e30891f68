"""Favourites: what somebody starred or asked for last, as far as they may ask for it now."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.domain.errors import Reason, Refused, Side, UpstreamBusy
from core.domain.favourites import MOST_STARRED, whole_bundle
from core.domain.organization import Target
from core.domain.people import Group
from core.domain.policy import Bundle
from tests.services.company import ADMIN, POWER, PROD, READ, SANDBOX, SECOND, STAGING, TARGET, VAULT, Member
from tests.services.group_world import JOINING, with_groups
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


async def test_a_group_asked_for_or_starred_is_there_as_long_as_it_may_be_joined(world: World) -> None:
    world.principals.group("Operators")
    book = with_groups(world)
    await world.set_policies(book)
    await world.asked(target=JOINING)
    assert await shown(world, world.ada) == [(JOINING, False)]
    await world.services.favourites.star(world.ada.chat, JOINING)
    person = (await world.services.request_queries.standing(world.ada.chat)).person
    (named,) = await world.services.favourites.of(person)
    assert (named.favourite.starred, named.account_name) == (True, "Operators")
    off = replace(book, settings=replace(book.settings, group_targets=False), revision=book.revision + 1)
    await world.set_policies(off)
    assert await shown(world, world.ada) == []
    with pytest.raises(Refused):
        await world.services.favourites.star(world.ada.chat, JOINING)


async def test_groups_that_cannot_be_looked_up_keep_no_other_favourite_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> Sequence[Group]:
        raise UpstreamBusy("Identity Center is away", side=Side.AWS)

    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    await world.asked(target=TARGET)
    await world.asked(target=JOINING)
    person = (await world.services.request_queries.standing(world.ada.chat)).person
    monkeypatch.setattr(world.principals, "groups", away)
    assert [each.favourite.target for each in await world.services.favourites.of(person)] == [TARGET]


async def test_a_bundle_asked_for_whole_is_one_favourite_and_a_part_of_it_is_its_targets(world: World) -> None:
    vault = Target(VAULT, POWER)
    incident = Bundle("incident", (TARGET, OTHER, Target(PROD, ADMIN)))  # the last is not hers to ask for
    await world.set_policies(replace(world.book(), bundles=(incident,)))
    await world.asked_together(OTHER, vault)
    assert await shown(world, world.ada) == [(vault, False), (OTHER, False)]
    await world.asked_together(TARGET, OTHER, minutes=90)
    assert await shown(world, world.ada) == [(whole_bundle("incident"), False), (vault, False), (OTHER, False)]
    await world.services.favourites.star(world.ada.chat, whole_bundle("incident"))
    person = (await world.services.request_queries.standing(world.ada.chat)).person
    first = (await world.services.favourites.of(person))[0]
    assert (first.favourite.starred, first.account_name, first.targets) == (True, "incident", 2)
    with pytest.raises(Refused):
        await world.services.favourites.star(world.ada.chat, whole_bundle("nothing"))
    await world.set_policies(replace(world.book(), revision=3))
    assert await shown(world, world.ada) == [(OTHER, False), (TARGET, False), (vault, False)]


async def test_the_one_starred_first_makes_room_for_the_next(world: World) -> None:
    targets = [Target(account, arn) for account in (PROD, STAGING, VAULT) for arn in (POWER, READ)]
    for target in targets:
        world.clock.move(SECOND)
        await world.services.favourites.star(world.ada.chat, target)
    assert await shown(world, world.ada) == [(target, True) for target in targets[::-1][:MOST_STARRED]]
