"""A message finds its reader, is not posted where another company reads it, and whoever is lost is told of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.ids import ConversationId
from core.domain.notice_content import Unreached
from core.domain.people import ChatUser
from core.domain.request import Status
from core.ports import Conversation
from tests.contents import content_of
from tests.fakes.chat import TEAM, gone
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, PAYMENTS_CHANNEL, REJECT, SECOND, Member
from tests.services.world import World


def share(world: World, *channels: str, outside: bool = True) -> None:
    for channel in channels:
        known = Conversation(ConversationId(channel), is_shared_outside=outside)
        world.chat.conversations[ConversationId(channel)] = known


async def rounds(world: World, length: timedelta, every: timedelta) -> None:
    until = world.clock.now() + length
    while world.clock.now() < until:
        await world.services.dispatcher.deliver()
        world.clock.move(every)


def made_anew(world: World, who: Member) -> ChatUser:
    """The account is deactivated, as messages to it tell first, and there is another of the same address."""
    world.messenger.fails_for[who.chat.user] = gone("user_disabled")
    fresh = ChatUser("slack", TEAM, f"{who.chat.user}2")
    world.chat.profiles[fresh] = replace(world.chat.profiles.pop(who.chat), chat_user=fresh)
    return fresh


async def test_a_channel_shared_after_it_was_named_gets_no_card_and_the_approvers_do(world: World) -> None:
    first = await world.asked()
    await world.settle()
    share(world, PAYMENTS_CHANNEL)
    world.clock.move(2 * MINUTE)
    second = await world.asked(world.dan)
    await world.decide(world.bob, first, REJECT)
    await world.settle()
    assert [card.request.status for card in world.messenger.cards_in(PAYMENTS_CHANNEL)] == [Status.PENDING]
    assert world.messenger.topics(f"thread:{PAYMENTS_CHANNEL}") == []
    assert second in {card.request.id for card in world.messenger.cards_in("UBOB")}
    assert world.messenger.topics("UFRANK") == ["channel_shared"]


async def test_an_audit_channel_shared_later_gets_no_line(world: World) -> None:
    share(world, AUDIT_CHANNEL)
    await world.approved()
    await world.settle()
    assert world.messenger.topics(AUDIT_CHANNEL) == []
    assert world.messenger.topics("UFRANK") == ["channel_shared"]
    share(world, AUDIT_CHANNEL, outside=False)
    world.clock.move(2 * MINUTE)
    await world.asked(world.dan)
    await world.settle()
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted"]


async def test_no_click_shows_a_card_in_a_channel_that_is_shared(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    (card,) = world.messenger.cards.values()
    stray = await world.messenger.show_card(card, ConversationId("C-SHARED"), None)
    share(world, "C-SHARED")
    await world.decide(world.bob, request_id, REJECT)
    await world.services.dispatcher.redraw(request_id, stray, world.bob.chat)
    assert world.messenger.cards[stray].request.status is Status.PENDING


async def test_while_nobody_can_say_whether_it_is_shared_the_last_answer_is_good_for_an_hour(world: World) -> None:
    await world.asked()
    await world.settle()
    world.clock.move(HOUR / 2)
    await world.asked(world.dan)
    world.chat.down = UpstreamBusy("away")
    await world.services.dispatcher.deliver()
    assert len(world.messenger.cards_in(PAYMENTS_CHANNEL)) == 2


async def test_a_channel_of_which_nothing_is_known_gets_nothing_and_holds_nothing_for_ever(world: World) -> None:
    known = world.chat.conversation

    async def refuse(conversation: ConversationId) -> Conversation:
        raise UpstreamBusy(f"missing_scope for {conversation}", retry_after=5 * MINUTE)

    world.chat.conversation = refuse  # type: ignore[method-assign]
    await world.asked()
    await rounds(world, 8 * MINUTE, 20 * SECOND)
    assert world.messenger.cards_in(PAYMENTS_CHANNEL) == []
    assert world.messenger.topics(AUDIT_CHANNEL) == []
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UCAROL", "UDAN"}
    world.chat.conversation = known  # type: ignore[method-assign]
    await rounds(world, 6 * MINUTE, MINUTE)
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted"]


async def test_an_account_made_anew_gets_what_was_for_the_old_one(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    await world.services.identity.identify(world.bob.chat)
    fresh = made_anew(world, world.bob)
    request_id = await world.asked()
    await world.settle()
    assert [card.request.id for card in world.messenger.cards_in(fresh.user)] == [request_id]
    assert await world.undeliverable() == 0
    await world.decide(world.carol, request_id, REJECT)
    await world.settle()
    assert [card.request.status for card in world.messenger.cards_in(fresh.user)] == [Status.REJECTED]


async def test_a_requester_whose_account_was_made_anew_is_told_there(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    fresh = made_anew(world, world.ada)
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    assert world.messenger.topics(fresh.user) == ["rejected"]


@pytest.mark.parametrize("code", ["user_disabled", "cannot_dm_bot"])
async def test_an_approver_whom_no_card_reaches_is_told_to_requester_and_admins_once(world: World, code: str) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    for lost in (world.bob, world.carol):
        await world.services.identity.identify(lost.chat)
        world.messenger.fails_for[lost.chat.user] = gone(code)
    await world.asked()
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted", "unreached"]
    assert world.messenger.topics("UFRANK") == ["unreached"]
    (told,) = [content_of(said.notice, Unreached) for said in world.messenger.said if said.to == "UFRANK"]
    assert told.who in {"Bob Kahn", "Carol Shaw"}


async def test_what_another_process_has_told_is_not_told_again(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    for lost in (world.bob, world.carol):
        await world.services.identity.identify(lost.chat)
    share(world, AUDIT_CHANNEL)
    world.messenger.fails_for = {"UBOB": gone("user_disabled"), "UCAROL": UpstreamBusy("away")}
    await world.asked()
    await rounds(world, 2 * MINUTE, 5 * SECOND)
    world.start()
    world.messenger.fails_for["UCAROL"] = gone("user_disabled")
    await world.asked(minutes=30)
    await rounds(world, 5 * MINUTE, 10 * SECOND)
    assert world.messenger.topics("UADA") == ["submitted", "unreached", "submitted", "unreached"]
    assert sorted(world.messenger.topics("UFRANK")) == ["channel_shared", "unreached", "unreached"]


async def test_when_no_approver_is_on_the_chat_platform_it_is_told(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    for lost in (world.bob, world.carol, world.dan):
        world.chat.profiles.pop(lost.chat)
    await world.asked()
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted", "unreached"]
    assert [content_of(said.notice, Unreached).nobody for said in world.messenger.said if said.to == "UFRANK"] == [True]


async def test_a_restart_does_not_say_so_before_the_cards_of_the_others_have_come(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    for lost in (world.carol, world.dan):
        world.chat.profiles.pop(lost.chat)
    world.messenger.fails_for["UBOB"] = UpstreamBusy("away", retry_after=20 * SECOND)
    await world.asked()
    await rounds(world, 10 * SECOND, SECOND)
    world.start()
    await world.database.draw_near(world.clock.now())
    await rounds(world, 10 * SECOND, SECOND)
    world.messenger.fails_for.clear()
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted"]
    assert len(world.messenger.cards_in("UBOB")) == 1


async def test_who_is_no_approver_any_more_is_shown_no_more_of_the_request(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    for who in (world.bob, world.carol):
        await world.services.identity.identify(who.chat)
    request_id = await world.asked()
    await world.settle()
    world.principals.leave("Payments Leads", world.bob.id)
    await world.decide(world.carol, request_id)
    await world.settle()
    assert [card.request.status for card in world.messenger.cards_in("UBOB")] == [Status.PENDING]
    assert [card.request.status for card in world.messenger.cards_in("UCAROL")] == [Status.ACTIVE]
    assert world.messenger.topics("thread:UBOB") == []


async def test_a_former_approver_who_is_an_auditor_goes_on_seeing_it(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    await world.services.identity.identify(world.bob.chat)
    request_id = await world.asked()
    await world.settle()
    world.principals.leave("Payments Leads", world.bob.id)
    world.principals.join("Auditors", world.bob.id)
    await world.decide(world.carol, request_id, REJECT)
    await world.settle()
    assert [card.request.status for card in world.messenger.cards_in("UBOB")] == [Status.REJECTED]
