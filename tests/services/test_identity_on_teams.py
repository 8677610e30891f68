"""People on Teams are known by the name they sign in with and their address, or by the identity provider's id."""

from collections.abc import AsyncIterator

import pytest

from core.domain.errors import Reason, Refused
from core.domain.people import PinState
from tests.services.company import Member
from tests.services.quick import QuickSqlite
from tests.services.two_platforms import TwoPlatforms, both


@pytest.fixture
async def world(quick_sqlite: QuickSqlite) -> AsyncIterator[TwoPlatforms]:
    async with both(quick_sqlite.fresh()) as world:
        yield world


async def why_not(world: TwoPlatforms, who: Member) -> Reason:
    with pytest.raises(Refused) as refused:
        await world.services.identity.identify(who.chat, fresh=True)
    return refused.value.refusal.reason


@pytest.fixture
def bob(world: TwoPlatforms) -> Member:
    return world.on_teams(world.bob)


async def test_the_name_one_signs_in_with_leads_to_the_principal(world: TwoPlatforms, bob: Member) -> None:
    world.teams_chat.change(bob.chat, email="")
    assert (await world.services.identity.identify(bob.chat, fresh=True)).id == bob.id


async def test_name_and_address_must_lead_to_the_same_user(world: TwoPlatforms, bob: Member) -> None:
    world.teams_chat.change(bob.chat, email="carol@example.com")
    assert await why_not(world, bob) is Reason.ADDRESSES_DIFFER
    world.teams_chat.change(bob.chat, email="nobody@example.com")
    assert await why_not(world, bob) is Reason.NO_PRINCIPAL
    world.principals.disable(world.carol.id)
    world.teams_chat.change(bob.chat, email="carol@example.com")
    assert await why_not(world, bob) is Reason.PRINCIPAL_DISABLED


async def test_an_address_alone_leads_to_nobody(world: TwoPlatforms, bob: Member) -> None:
    """Anyone who manages a mailbox may write another person's address into the profile."""
    world.teams_chat.change(bob.chat, user_principal_name="")
    assert await why_not(world, bob) is Reason.NO_USER_PRINCIPAL_NAME


async def test_where_an_external_id_leads_no_address_counts(world: TwoPlatforms, bob: Member) -> None:
    world.teams_chat.change(bob.chat, external_id="object-of-bob", user_principal_name="x", email="carol@example.com")
    assert await why_not(world, bob) is Reason.EXTERNAL_ID_UNKNOWN
    world.principals.change(bob.id, external_ids=("https://issuer.example.com object-of-bob",))
    assert (await world.services.identity.identify(bob.chat, fresh=True)).id == bob.id
    world.principals.disable(bob.id)
    assert await why_not(world, bob) is Reason.PRINCIPAL_DISABLED


async def test_who_leads_elsewhere_by_now_is_suspended_on_teams_and_not_on_slack(
    world: TwoPlatforms, bob: Member
) -> None:
    for who in (world.bob, bob):
        await world.services.identity.identify(who.chat)
    world.teams_chat.change(bob.chat, user_principal_name="carol@example.com", email="carol@example.com")
    assert await why_not(world, bob) is Reason.IDENTITY_SUSPENDED
    person = await world.services.identity.identify(world.bob.chat, fresh=True)
    assert person.barred_by is None
    async with world.open_unit() as unit:
        states = {pin.chat_user.platform: pin.state for pin in await unit.pins.of_principal(bob.id)}
    assert states == {"slack": PinState.ACTIVE, "teams": PinState.SUSPENDED}


async def test_each_outsider_is_refused_with_a_reason_of_its_own(world: TwoPlatforms, bob: Member) -> None:
    profile = world.teams_chat.profiles[bob.chat]
    for fact, value, reason in (
        ("is_guest", True, Reason.GUEST),
        ("is_anonymous", True, Reason.ANONYMOUS),
        ("is_bot", True, Reason.BOT),
        ("is_of_this_workspace", False, Reason.OTHER_TENANT),
        ("is_stranger", True, Reason.STRANGER),
    ):
        world.teams_chat.profiles[bob.chat] = profile
        world.teams_chat.change(bob.chat, **{fact: value})
        assert await why_not(world, bob) is reason
