"""``policy explain`` knows what stands in somebody's way besides the policies: rules 1, 3, 4 and 26."""

from datetime import timedelta

import pytest

from core.domain.errors import NotFound
from core.domain.ids import permission_set_id
from core.domain.people import Pin, PinState
from handlers.words import explain_words
from tests.services.company import POWER, PROD
from tests.services.world import World


async def said(world: World) -> str:
    told = await world.services.explainer.explain("ada@example.com", PROD, "PowerUserAccess")
    assert told.around is not None
    return "\n".join(explain_words.around(told.around))


async def test_open_requests_are_counted_against_the_limit(world: World) -> None:
    await world.set_policies(world.book(max_open_requests=2))
    await world.asked()
    assert "Open requests: 1 of 2." in await said(world)
    await world.asked(minutes=30)
    assert "Open requests: 2 of 2: nothing more can be asked for" in await said(world)


async def test_suspended_pairs_and_second_accounts_are_named(world: World) -> None:
    await world.asked()
    assert "none of this person's accounts is suspended" in await said(world)
    for state, words in ((PinState.SUSPENDED, "is suspended"), (PinState.SECOND, "is a second account")):
        async with world.open_unit() as unit:
            await unit.pins.put(Pin(world.ada.chat, world.ada.id, state), world.clock.now())
            await unit.commit()
        assert f"Chat account: UADA {words}" in await said(world)


async def test_a_policy_above_the_global_maximum_is_said_to_be_capped(world: World) -> None:
    assert "Cap:" not in await said(world)
    await world.set_policies(world.book(max_duration=timedelta(hours=2)))
    assert "the global maximum of 2 h is in effect" in await said(world)


async def test_a_picture_of_the_organization_that_is_too_old_is_said(world: World) -> None:
    assert "Organization:" not in await said(world)
    world.clock.move(timedelta(minutes=20))
    assert "too long ago" in await said(world)


async def test_everything_may_be_called_by_its_id(world: World) -> None:
    by_name = await world.services.explainer.explain("ada@example.com", PROD, "PowerUserAccess")
    for permission_set in (POWER, permission_set_id(POWER)):
        assert await world.services.explainer.explain(world.ada.id, PROD, permission_set) == by_name
    assert await world.services.explainer.explain("ada@example.com", PROD, '"poweruseraccess"') == by_name
    with pytest.raises(NotFound):
        await world.services.explainer.explain("user-nobody", PROD, POWER)
