"""One person, several chat accounts (rule 1): the first is told, the others only ask; one account, several places."""

import asyncio
from dataclasses import replace

import pytest

from core.domain.approval import Verdict
from core.domain.errors import Reason, Refused
from core.domain.outcome import Result
from core.domain.people import ChatUser, Persona, Pin, PinState
from core.domain.request import Actor
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, SANDBOX, TARGET, Member
from tests.services.world import World

ADMIN = Actor("operator")


def second_account(world: World, who: Member) -> Member:
    return Member(who.principal, world.chat.add(who.principal, suffix="2"))


async def look(world: World, *people: Member) -> None:
    for who in people:
        await world.services.identity.identify(who.chat)
    await world.settle()


async def test_it_is_told_to_the_first_account_to_the_admins_and_in_the_audit_channel(world: World) -> None:
    await look(world, world.bob, second_account(world, world.bob))
    assert world.messenger.topics("UBOB") == ["second_account"]
    assert world.messenger.topics("UFRANK") == ["second_account"]
    assert world.messenger.topics(AUDIT_CHANNEL) == ["second_account"]
    assert "identity.second_account" in await world.actions()


async def test_it_asks_and_decides_nothing_until_it_is_released(world: World) -> None:
    second = second_account(world, world.dan)
    await look(world, world.dan, second)
    request_id = await world.asked(world.ada)
    for verdict in Verdict:
        outcome = await world.decide(second, request_id, verdict)
        assert [refusal.reason for refusal in outcome.refusals] == [Reason.SECOND_ACCOUNT]
    assert (await world.submit(second)).result is Result.SUBMITTED
    await world.services.identity.release(second.chat, ADMIN)
    assert (await world.decide(second, request_id)).result is Result.APPROVED


async def test_what_it_asks_for_is_known_as_such_for_good(world: World) -> None:
    second = second_account(world, world.ada)
    await look(world, world.ada, second)
    theirs, own = await world.asked(second), await world.asked(world.ada, minutes=30)
    await world.services.identity.release(second.chat, ADMIN)
    later = await world.asked(second, minutes=45)
    assert [(await world.request(each)).second_account for each in (theirs, own, later)] == [True, False, False]
    facts = [(await world.events(each))[0]["facts"].get("second_account") for each in (theirs, own, later)]
    assert facts == [True, None, None]


async def test_it_administers_nothing_and_sees_nothing_of_others(world: World) -> None:
    live = await world.active()
    second = second_account(world, world.frank)
    await look(world, world.frank, second)
    with pytest.raises(Refused) as caught:
        await world.services.administration.warnings.report(second.chat)
    assert caught.value.refusal.reason is Reason.SECOND_ACCOUNT
    assert (await world.services.request_queries.standing(second.chat)).personas == frozenset()
    assert (await world.revoke(second, live)).result is Result.NOT_FOUND
    assert (await world.revoke(world.frank, live)).result is Result.REVOKED


async def test_one_whose_address_is_gone_is_still_known_as_second_and_rejects_nothing(world: World) -> None:
    """Or its screens would tell it that it can reject."""
    asked = await world.asked(world.ada)
    second = second_account(world, world.dan)
    await look(world, world.dan, second)
    world.chat.change(second.chat, email="")
    person = (await world.services.request_queries.standing(second.chat)).person
    assert person.barred_by is not None
    assert person.is_second
    assert (await world.decide(second, asked, Verdict.REJECT)).refusals[0].reason is Reason.SECOND_ACCOUNT


async def test_it_ends_what_is_its_own(world: World) -> None:
    live = await world.active()
    second = second_account(world, world.ada)
    assert (await world.revoke(second, live)).result is Result.REVOKED


async def test_messages_go_on_to_the_first_account(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    second, dans = second_account(world, world.bob), second_account(world, world.dan)
    await look(world, world.bob, second, world.dan, dans)
    request_id = await world.asked(dans, replace(TARGET, account=SANDBOX))
    await world.asked(world.ada)
    await world.settle()
    assert world.messenger.cards_in("UBOB")
    assert not world.messenger.cards_in("UBOB2")
    assert "active" in world.messenger.topics("UDAN")
    assert "active" not in world.messenger.topics("UDAN2")
    assert request_id is not None


async def test_an_account_made_anew_gets_the_messages_once_the_first_is_deactivated(world: World) -> None:
    """The new account gets them whether or not it has used the bot yet; deciding waits for a release all the same."""
    await world.set_policies(world.book_with_approval(channels=()))
    await look(world, world.bob)
    world.chat.change(world.bob.chat, is_deactivated=True)
    anew = second_account(world, world.bob)
    first = await world.asked(world.ada)
    await world.settle()
    assert [card.request.id for card in world.messenger.cards_in("UBOB2")] == [first]
    outcome = await world.decide(anew, first)
    assert [refusal.reason for refusal in outcome.refusals] == [Reason.SECOND_ACCOUNT]
    await world.asked(world.ada, start_at=world.clock.now() + 5 * HOUR)
    await world.settle()
    assert len(world.messenger.cards_in("UBOB2")) == 2
    assert not world.messenger.cards_in("UBOB")
    await world.services.identity.release(anew.chat, ADMIN)
    assert (await world.decide(anew, first)).result is Result.APPROVED


async def test_a_second_account_gets_nothing_while_the_first_is_suspended(world: World) -> None:
    second = second_account(world, world.bob)
    await look(world, world.bob, second)
    world.chat.change(world.bob.chat, email="grace@example.com")
    with pytest.raises(Refused):
        await world.services.identity.identify(world.bob.chat)
    assert await world.services.identity.chat_user_of(world.bob.id) is None


async def test_an_address_that_another_pair_waits_for_makes_a_second_account_too(world: World) -> None:
    """Or whoever is quick while all pairs are suspended would be the first."""
    await look(world, world.ada)
    world.chat.change(world.ada.chat, email="grace@example.com")
    with pytest.raises(Refused):
        await world.services.identity.identify(world.ada.chat)
    person = await world.services.identity.identify(world.grace.chat)
    assert person.only_asks


async def test_a_second_account_that_leads_elsewhere_is_suspended_and_a_release_shows_the_first_one(
    world: World,
) -> None:
    second = second_account(world, world.bob)
    await look(world, world.bob, world.carol, second)
    world.chat.change(second.chat, email="carol@example.com")
    with pytest.raises(Refused):
        await world.services.identity.identify(second.chat)
    await world.services.identity.release(second.chat, ADMIN)
    await world.settle()
    assert "pair_released" in world.messenger.topics("UCAROL")
    assert "pair_released" in world.messenger.topics("UBOB2")


# --- one account of an enterprise acts from several of its workspaces ----------------------------------


def from_elsewhere(world: World, who: Member) -> Member:
    other = ChatUser("slack", "T-TWO", who.chat.user)
    world.chat.profiles[other] = replace(world.chat.profiles[who.chat], chat_user=other)
    return Member(who.principal, other)


async def test_a_suspended_account_is_suspended_in_every_workspace(world: World) -> None:
    await look(world, world.ada)
    world.chat.change(world.ada.chat, email="grace@example.com")
    with pytest.raises(Refused):
        await world.services.identity.identify(world.ada.chat)
    with pytest.raises(Refused) as caught:
        await world.services.identity.identify(from_elsewhere(world, world.ada).chat)
    assert caught.value.refusal.reason is Reason.IDENTITY_SUSPENDED


async def test_the_same_account_in_another_workspace_is_no_second_one(world: World) -> None:
    await look(world, world.bob)
    person = await world.services.identity.identify(from_elsewhere(world, world.bob).chat)
    assert (person.barred_by, person.chat_user) == (None, world.bob.chat)
    async with world.open_unit() as unit:
        assert len(await unit.pins.of_principal(world.bob.id)) == 1
    standing = await world.services.request_queries.standing(from_elsewhere(world, world.bob).chat)
    assert Persona.APPROVER in standing.personas


@pytest.mark.parametrize("suspended", [False, True])
async def test_pairs_that_were_kept_for_each_workspace_are_still_known(world: World, *, suspended: bool) -> None:
    """Of several the strictest; they become one, which keeps its turn before later accounts."""
    state, claimed = (PinState.SUSPENDED, world.grace.id) if suspended else (PinState.ACTIVE, None)
    old = [
        Pin(ChatUser("slack", "T-OLD", "UBOB"), world.bob.id),
        Pin(ChatUser("slack", "T-TWO", "UBOB"), world.bob.id, state, claimed),
    ]
    async with world.open_unit() as unit:
        for pin in old:
            await unit.pins.put(pin, world.clock.now())
        await unit.commit()
    world.clock.move(MINUTE)
    if suspended:
        with pytest.raises(Refused):
            await world.services.identity.identify(world.bob.chat)
    else:
        assert not (await world.services.identity.identify(world.bob.chat)).only_asks
    async with world.open_unit() as unit:
        kept = await unit.pins.of_account(world.bob.chat)
    assert [(pin.chat_user, pin.state) for pin in kept] == [(world.bob.chat, state)]


async def test_two_accounts_at_once_are_a_first_and_a_second(world: World) -> None:
    second = second_account(world, world.bob)
    people = await asyncio.gather(*(world.services.identity.identify(who.chat) for who in (world.bob, second)))
    assert sorted(person.only_asks for person in people) == [False, True]


async def test_a_card_mentions_the_account_that_asked_and_no_other(world: World) -> None:
    await look(world, world.ada, second_account(world, world.ada))
    await world.asked()
    await world.settle()
    assert world.messenger.card_in("C-PAY").requester_users == (world.ada.chat,)


async def test_a_card_shows_the_second_account_that_asked(world: World) -> None:
    second = second_account(world, world.ada)
    await look(world, world.ada, second)
    await world.asked(second)
    await world.settle()
    assert world.messenger.card_in("C-PAY").requester_users == (second.chat,)
