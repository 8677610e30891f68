"""The identity of people: pinned on first use, read anew for what counts, written to only when both ways agree."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.errors import Conflict, Reason, Refused, UpstreamBusy
from core.domain.ids import PrincipalId
from core.domain.notice_content import PairsSuspended
from core.domain.people import ChatUser, Pin, PinState
from core.domain.request import Actor
from tests.services.company import Member
from tests.services.world import World

ADMIN = Actor("operator")


async def pin_of(world: World, who: Member) -> Pin | None:
    async with world.database.open() as unit:
        return await unit.pins.get(who.chat)


async def refusal(world: World, who: Member, *, fresh: bool = False) -> Reason:
    with pytest.raises(Refused) as caught:
        await world.services.identity.identify(who.chat, fresh=fresh)
    return caught.value.refusal.reason


async def test_a_pair_is_pinned_on_first_use_and_audited(world: World) -> None:
    person = await world.services.identity.identify(world.ada.chat)
    assert (person.id, person.chat_user) == (world.ada.id, world.ada.chat)
    assert person.groups == {world.principals.group("Payments")}
    assert await pin_of(world, world.ada) == Pin(world.ada.chat, world.ada.id)
    await world.services.identity.identify(world.ada.chat)
    assert (await world.actions()).count("identity.pinned") == 1


async def test_first_acts_at_once_pin_once(world: World) -> None:
    await asyncio.gather(*(world.services.identity.identify(world.ada.chat, fresh=True) for _ in range(5)))
    assert (await world.actions()).count("identity.pinned") == 1


async def test_an_address_is_matched_without_regard_to_case_and_by_user_name_last(world: World) -> None:
    world.chat.change(world.ada.chat, email=" ADA@Example.COM ")
    assert (await world.services.identity.identify(world.ada.chat)).id == world.ada.id
    world.principals.change(world.bob.id, emails=())
    assert (await world.services.identity.identify(world.bob.chat)).id == world.bob.id


async def test_a_pair_that_leads_elsewhere_is_suspended_and_the_admins_are_told(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.change(world.ada.chat, email="grace@example.com")
    for _ in range(2):
        assert await refusal(world, world.ada) is Reason.IDENTITY_SUSPENDED
    pin = await pin_of(world, world.ada)
    assert pin == Pin(world.ada.chat, world.ada.id, PinState.SUSPENDED, claimed=world.grace.id)
    assert (await world.actions()).count("identity.suspended") == 1
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["identity_suspended"]


async def test_pairs_suspended_within_minutes_are_told_together(world: World) -> None:
    people = [world.ada, world.bob, world.carol, world.dan, world.erin]
    for who in people:
        await world.services.identity.identify(who.chat)
        world.chat.change(who.chat, email="grace@example.com")
    for who in people:
        await refusal(world, who)
        world.clock.move(timedelta(minutes=1))
        await world.services.identity.pairs.tell()
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["identity_suspended"]
    world.clock.move(timedelta(minutes=10))
    for _ in range(3):
        await world.services.identity.pairs.tell()
    await world.settle()
    told = [said.notice.content for said in world.messenger.said if said.to == "UFRANK"]
    assert told[1:] == [PairsSuspended(4, "UBOB, UCAROL, UDAN, UERIN")]


async def anew(world: World, who: Member, *, name: str = "") -> None:
    """The same person under another UserId, as after a change of the identity source."""
    old = world.principals.users.pop(who.id)
    changed: dict[str, Any] = {"user_name": name, "emails": (name,)} if name else {}
    made = replace(old, id=PrincipalId(f"{who.id}-anew"), **changed)
    world.principals.users[made.id] = made
    for members in world.principals.members.values():
        if who.id in members:
            members.symmetric_difference_update({who.id, made.id})


async def test_alarms_reach_the_pinned_account_of_an_admin_who_is_suspended(world: World) -> None:
    """Every admin is, at once, when the identity source is changed."""
    await world.services.identity.identify(world.frank.chat)
    await world.services.identity.identify(world.ada.chat)
    for who in (world.frank, world.ada):
        await anew(world, who)
        await refusal(world, who)
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["identity_suspended"]


async def test_alarms_do_not_reach_a_stranger_whose_address_leads_to_an_admin(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.profiles.pop(world.frank.chat)
    world.chat.change(world.ada.chat, email="frank@example.com")
    await refusal(world, world.ada)
    await world.settle()
    assert not world.messenger.topics("UADA")


async def test_going_back_does_not_release(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.change(world.ada.chat, email="frank@example.com")
    await refusal(world, world.ada)
    world.chat.change(world.ada.chat, email="ada@example.com")
    assert await refusal(world, world.ada) is Reason.IDENTITY_SUSPENDED


async def test_released_the_user_acts_as_the_one_the_address_led_to(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.change(world.ada.chat, email="frank@example.com")
    await refusal(world, world.ada)
    assert (await world.services.identity.release(world.ada.chat, ADMIN)).principal_id == world.frank.id
    assert (await world.services.identity.identify(world.ada.chat)).id == world.frank.id
    event = (await world.events())[-1]
    assert event["facts"] == {"user": "UADA", "was": world.ada.id, "is": world.frank.id}
    world.chat.change(world.ada.chat, email="ada@example.com")
    assert await refusal(world, world.ada) is Reason.IDENTITY_SUSPENDED


async def test_only_what_is_suspended_is_released(world: World) -> None:
    with pytest.raises(Conflict):
        await world.services.identity.release(world.ada.chat, ADMIN)
    await world.services.identity.identify(world.ada.chat)
    with pytest.raises(Conflict):
        await world.services.identity.release(world.ada.chat, ADMIN)


async def test_a_decision_takes_nothing_from_a_cache(world: World) -> None:
    world.principals.remember()
    world.principals.leave("Payments", world.ada.id)
    assert (await world.services.identity.identify(world.ada.chat)).groups
    assert not (await world.services.identity.identify(world.ada.chat, fresh=True)).groups
    assert world.chat.asked_fresh == 1
    world.principals.disable(world.ada.id)
    assert await refusal(world, world.ada, fresh=True) is Reason.PRINCIPAL_DISABLED


async def test_a_user_who_was_added_a_moment_ago_is_asked_for_before_being_refused(world: World) -> None:
    world.principals.remember()
    heidi = world.hire("Heidi Roizen")
    assert (await world.services.identity.identify(heidi.chat)).id == heidi.id


async def test_a_refused_act_is_audited_and_a_refused_look_is_not(world: World) -> None:
    world.chat.change(world.ada.chat, is_guest=True)
    await refusal(world, world.ada)
    assert "identity.refused" not in await world.actions()
    await refusal(world, world.ada, fresh=True)
    event = (await world.events())[-1]
    assert (event["action"], event["facts"]) == ("identity.refused", {"reasons": ["guest"]})
    assert event["actor"]["chat_user"] == ["slack", "T1", "UADA"]


async def test_what_cannot_be_known_is_neither_a_yes_nor_a_no(world: World) -> None:
    world.chat.down = UpstreamBusy("Slack is away")
    with pytest.raises(UpstreamBusy):
        await world.services.identity.identify(world.ada.chat)
    world.chat.down, world.principals.down = None, UpstreamBusy("AWS is away")
    with pytest.raises(UpstreamBusy):
        await world.services.identity.identify(world.ada.chat)
    assert await pin_of(world, world.ada) is None


async def test_a_stored_requester_is_read_anew(world: World) -> None:
    world.principals.remember()
    world.principals.disable(world.ada.id)
    for gone in (world.ada.id, PrincipalId("user-nobody")):
        with pytest.raises(Refused):
            await world.services.identity.person(gone)


# --- whom to write to --------------------------------------------------------------------------------


async def chat_user_of(world: World, who: Member) -> ChatUser | None:
    return await world.services.identity.chat_user_of(who.id)


async def test_somebody_who_has_never_acted_is_found_by_address(world: World) -> None:
    assert await chat_user_of(world, world.bob) == world.bob.chat


async def test_the_account_that_was_there_first_is_written_to(world: World) -> None:
    second = world.chat.add(world.bob.principal, suffix="2")
    await world.services.identity.identify(second)
    assert await chat_user_of(world, world.bob) == second
    world.clock.move(timedelta(minutes=1))
    await world.services.identity.identify(world.bob.chat)
    assert await chat_user_of(world, world.bob) == second


@pytest.mark.parametrize("facts", [{"is_guest": True}, {"is_stranger": True}, {"email_confirmed": False}])
async def test_whoever_could_not_act_is_not_written_to(world: World, facts: dict[str, object]) -> None:
    world.chat.change(world.bob.chat, **facts)
    assert await chat_user_of(world, world.bob) is None


async def test_an_address_that_leads_back_to_somebody_else_is_not_written_to(world: World) -> None:
    world.chat.profiles.pop(world.grace.chat)
    world.principals.change(world.grace.id, emails=("bob@example.com",))
    assert await chat_user_of(world, world.grace) is None


async def test_a_chat_user_that_is_pinned_to_somebody_else_is_not_written_to(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.profiles.pop(world.grace.chat)
    world.chat.change(world.ada.chat, email="grace@example.com")
    assert await chat_user_of(world, world.grace) is None


async def test_a_suspended_chat_user_is_not_written_to(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.profiles.pop(world.grace.chat)
    world.chat.change(world.ada.chat, email="grace@example.com")
    await refusal(world, world.ada)
    assert await chat_user_of(world, world.ada) is None
    assert await chat_user_of(world, world.grace) is None


async def test_nobody_is_written_to_for_a_principal_that_is_gone(world: World) -> None:
    assert await world.services.identity.chat_user_of(PrincipalId("user-nobody")) is None
