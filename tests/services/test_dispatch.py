"""Messages that storage holds are sent: in order, until each is, and to everybody whom it concerns."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from core.domain.assignment import LISTS_LAG
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import ConversationId, RequestId
from core.domain.notices import Audience, Form, Notice, Plain, Recipient, Topic
from core.domain.organization import Target
from core.domain.outcome import Result
from core.domain.people import ChatUser
from core.domain.policy import Notify, PolicyBook
from core.domain.request import Status
from core.ports import MessageRef, UnitOfWork
from core.services.runtime.lease_renewal import LEASE
from tests.fakes.chat import gone
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, PAYMENTS_CHANNEL, POWER, REJECT, SANDBOX, SECOND
from tests.services.pause import Pause
from tests.services.trouble import Killed
from tests.services.world import World

SLOW = UpstreamBusy("ratelimited", retry_after=timedelta(seconds=30))
SUCCESSES = {"approved", "active"}


async def test_everybody_whom_it_concerns_is_told_in_order(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    await world.decide(world.bob, request_id)
    await world.settle()
    await world.revoke(world.bob, request_id)
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted", "approved", "active", "revoked"]
    assert world.messenger.topics(f"thread:{PAYMENTS_CHANNEL}") == ["approved", "active", "being_ended", "revoked"]
    assert world.messenger.topics(AUDIT_CHANNEL) == [
        *("submitted", "approved", "granting", "active", "being_ended", "revoked")
    ]
    assert world.messenger.card_in(PAYMENTS_CHANNEL).request.status is Status.REVOKED


async def test_the_card_shows_what_the_approver_has_to_know(world: World) -> None:
    await world.active(minutes=30)
    request_id = await world.asked()
    await world.settle()
    card = world.messenger.cards_in(PAYMENTS_CHANNEL)[-1]
    assert card.request.id == request_id
    assert list(card.approver_names) == ["Bob Kahn", "Carol Shaw", "Dan Bricklin"]
    assert (list(card.account_path), card.recent_requests) == (["Workloads", "Payments"], 2)
    assert [other.status for other in card.live_elsewhere] == [Status.ACTIVE]
    assert list(card.requester_users) == [world.ada.chat]


async def test_a_card_is_drawn_again_with_every_change_and_posted_once(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    (card,) = world.messenger.cards.values()
    assert card.request.status is Status.REJECTED
    assert [vote.name for vote in card.votes] == ["Bob Kahn"]


async def test_a_card_that_was_deleted_is_posted_again(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    (ref,) = world.messenger.cards
    world.messenger.delete(ref)
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    (again,) = world.messenger.cards
    assert again != ref
    assert world.messenger.topics(f"thread:{PAYMENTS_CHANNEL}") == ["rejected"]


async def test_where_no_channel_is_named_each_approver_has_the_card_and_nobody_else(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    request_id = await world.asked(world.dan)
    await world.settle()
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UCAROL"}
    await world.decide(world.carol, request_id)
    await world.settle()
    assert {card.request.status for card in world.messenger.cards.values()} == {Status.ACTIVE}
    assert world.messenger.topics("thread:UBOB") == ["approved", "active"]


@pytest.mark.parametrize(("notify", "in_channel"), [(Notify.EACH, set()), (Notify.BOTH, {PAYMENTS_CHANNEL})])
async def test_a_policy_may_have_each_approver_told_instead_of_the_channel_or_beside_it(
    world: World, notify: Notify, in_channel: set[str]
) -> None:
    await world.set_policies(world.book_with_approval(notify=notify))
    request_id = await world.asked(world.dan)
    await world.settle()
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UCAROL", *in_channel}
    await world.decide(world.bob, request_id)
    await world.settle()
    assert {card.request.status for card in world.messenger.cards.values()} == {Status.ACTIVE}
    assert world.messenger.topics("thread:UCAROL") == ["approved", "active"]


async def test_what_was_asked_before_a_policy_tells_each_is_told_as_it_was_asked(world: World) -> None:
    await world.asked()
    await world.set_policies(world.book_with_approval(notify=Notify.BOTH))
    await world.settle()
    assert {ref.conversation for ref in world.messenger.cards} == {PAYMENTS_CHANNEL}


async def test_who_becomes_an_approver_after_the_decision_gets_no_card(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    request_id = await world.asked()
    await world.settle()
    world.principals.join("Payments Leads", world.grace.id)
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    assert "UGRACE" not in {ref.conversation for ref in world.messenger.cards}


async def test_an_approver_who_cannot_be_looked_up_keeps_no_other_approver_waiting(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    world.chat.down_for = set(world.carol.principal.emails)
    world.chat.profiles.pop(world.dan.chat)
    request_id = await world.asked()
    await world.pass_time(timedelta(minutes=1))
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB"}
    world.chat.down_for.clear()
    await world.pass_time(timedelta(minutes=6))
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UCAROL"}
    assert (await world.status(request_id), await world.undeliverable()) == (Status.PENDING, 0)


async def test_who_could_not_be_looked_up_until_it_was_decided_gets_no_card(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    world.chat.down_for = set(world.carol.principal.emails)
    request_id = await world.asked()
    await world.pass_time(timedelta(minutes=1))
    await world.decide(world.bob, request_id, REJECT)
    world.chat.down_for.clear()
    await world.pass_time(timedelta(minutes=6))
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UDAN"}


async def test_a_card_that_is_posted_while_it_is_decided_shows_the_decision(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    request_id = await world.asked()

    async def decide(call: str) -> None:
        if call == "show_card":
            world.messenger.before = None
            await world.decide(world.bob, request_id, REJECT)
            await world.services.dispatcher.deliver()  # before where this card stands is known

    world.messenger.before = decide
    await world.settle()
    assert {card.request.status for card in world.messenger.cards.values()} == {Status.REJECTED}


async def test_what_needs_no_approval_has_no_card_and_is_told_all_the_same(world: World) -> None:
    await world.active(target=Target(SANDBOX, POWER))
    assert not world.messenger.cards
    assert world.messenger.topics("UADA") == ["submitted", "active"]


async def test_a_recipient_who_cannot_be_reached_keeps_nobody_else_waiting(world: World) -> None:
    world.messenger.fails_for["UADA"] = UpstreamBusy("away")
    request_id = await world.approved()
    await world.pass_time(timedelta(minutes=10))
    assert await world.status(request_id) is Status.ACTIVE
    assert world.messenger.topics(AUDIT_CHANNEL)[-1] == "active"
    assert world.messenger.topics("UADA") == []
    del world.messenger.fails_for["UADA"]
    await world.pass_time(timedelta(minutes=6))
    assert world.messenger.topics("UADA") == ["submitted", "approved", "active"]


async def test_a_retry_waits_as_long_as_was_asked_for_and_keeps_the_order(world: World) -> None:
    world.messenger.fails_for["UADA"] = SLOW
    request_id = await world.asked()
    begun = world.clock.now()
    await world.services.dispatcher.deliver()
    await world.decide(world.bob, request_id, REJECT)
    del world.messenger.fails_for["UADA"]
    while not world.messenger.topics("UADA"):
        await world.services.dispatcher.deliver()
        world.clock.move(SECOND)
    assert world.clock.now() - begun == timedelta(seconds=31)
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted", "rejected"]


async def test_the_first_word_to_a_requester_follows_its_card_at_once(world: World) -> None:
    await world.asked()
    await world.services.dispatcher.deliver()
    assert world.messenger.topics("UADA") == ["submitted"]
    assert world.messenger.links[-1] is not None


async def test_the_pauses_grow_to_five_minutes_and_it_never_gives_up(world: World) -> None:
    world.messenger.fails_for["UADA"] = UpstreamBusy("away")
    await world.asked()
    await world.pass_time(3 * HOUR - MINUTE)
    del world.messenger.fails_for["UADA"]
    await world.pass_time(timedelta(minutes=5))
    assert world.messenger.topics("UADA")[0] == "submitted"


async def test_a_message_whose_answer_is_lost_is_at_worst_repeated(world: World) -> None:
    world.messenger.answers_lost = 1
    await world.asked()
    await world.settle()
    assert len(world.messenger.cards) + len(world.messenger.said) == 4  # a card, a message, a line; one of them twice
    assert await world.undeliverable() == 0


async def test_a_crash_between_saying_and_noting_at_worst_repeats(world: World) -> None:
    await world.asked()

    async def die(call: str) -> None:
        if call == "tell":
            world.messenger.before = None
            world.services.dispatcher._retries._open_unit = dead

    def dead() -> AbstractAsyncContextManager[UnitOfWork]:
        raise Killed

    world.messenger.before = die
    with pytest.raises(Killed):
        await world.services.dispatcher.deliver()
    for _ in range(50):
        await asyncio.sleep(0)
    world.start()
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted"] * 2
    assert {card.request.status for card in world.messenger.cards_in(PAYMENTS_CHANNEL)} == {Status.PENDING}


async def test_a_sender_that_was_too_slow_disturbs_nobody(world: World) -> None:
    await world.asked(target=Target(SANDBOX, POWER))
    pause = Pause(world.messenger)
    slow = asyncio.ensure_future(world.services.dispatcher.deliver())
    await pause.reached.wait()
    world.clock.move(LEASE)
    await world.settle()
    pause.go_on.set()
    await slow
    assert 1 <= world.messenger.topics("UADA").count("submitted") <= 2
    assert await world.undeliverable() == 0


async def test_what_cannot_be_delivered_is_kept_and_the_rest_goes_on(world: World) -> None:
    world.messenger.fails_for["UADA"] = gone("cannot_dm_bot")
    request_id = await world.asked()
    await world.settle()
    assert await world.undeliverable() == 1
    del world.messenger.fails_for["UADA"]
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    assert world.messenger.topics("UADA") == ["rejected"]


async def test_a_card_that_no_channel_takes_goes_to_each_approver(world: World) -> None:
    world.messenger.fails_for[PAYMENTS_CHANNEL] = gone("is_archived")
    request_id = await world.asked()
    await world.settle()
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UCAROL", "UDAN"}
    assert (await world.decide(world.carol, request_id)).result is Result.APPROVED
    await world.settle()
    assert {card.request.status for card in world.messenger.cards.values()} == {Status.ACTIVE}


async def lose(world: World, request_id: RequestId) -> None:
    """Somebody takes the access away by hand, and two looks far enough apart agree."""
    world.cloud.remove(world.ada.id, (await world.request(request_id)).target)
    for _ in range(3):
        world.clock.move(LISTS_LAG + SECOND)
        await world.services.drift.look_again()
        await world.settle()


async def test_somebody_without_a_chat_user_is_undeliverable_and_stops_nobody(world: World) -> None:
    world.chat.profiles.pop(world.frank.chat)
    request_id = await world.active()
    await lose(world, request_id)
    assert await world.undeliverable() == 1
    assert "drift" in world.messenger.topics(AUDIT_CHANNEL)


async def test_every_admin_is_told(world: World) -> None:
    world.principals.join("Admins", world.grace.id)
    request_id = await world.active()
    await lose(world, request_id)
    for admin in ("UFRANK", "UGRACE"):
        assert world.messenger.topics(admin) == ["drift"]


async def test_a_message_links_to_a_card_that_its_reader_can_open(world: World) -> None:
    await world.asked()
    await world.settle()
    (ref,) = world.messenger.cards
    await world.services.dispatcher.deliver()
    (request,) = await world.requests()
    notice = Notice(Form.DIRECT, Plain(Topic.APPROVED), Recipient.principal(world.ada.id), request.id)
    async with world.database.open() as unit:
        await unit.outbox.put([notice], world.clock.now())
        await unit.commit()
    await world.settle()
    assert world.messenger.links[-1] == ref


async def test_the_first_word_leads_to_the_card_and_does_not_wait_for_it_long(world: World) -> None:
    await world.asked()
    await world.settle()
    (ref,) = world.messenger.cards
    assert world.messenger.links == [ref]
    world.messenger.fails_for[PAYMENTS_CHANNEL] = SLOW
    await world.asked(minutes=30)
    await world.pass_time(3 * SECOND)
    assert world.messenger.links == [ref, None]


async def test_a_card_in_somebody_elses_conversation_is_not_linked_to(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    request_id = await world.asked()
    await world.settle()
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    assert world.messenger.links[-1] is None


@pytest.mark.parametrize("way", ["refused", "failed", "lost the right"])
async def test_of_a_failure_no_success_is_ever_told(world: World, way: str) -> None:
    request_id = await world.asked()
    if way == "lost the right":
        world.principals.leave("Payments", world.ada.id)
    await world.decide(world.bob, request_id)
    world.cloud.begin_fails.extend([gone("AccessDeniedException")] * 3)
    await world.settle()
    assert await world.status(request_id) is Status.FAILED
    told = [said for said in world.messenger.said if said.notice.topic == "active"]
    assert told == []
    assert world.messenger.topics("UADA")[-1] == "failed"
    if way == "lost the right":
        assert not SUCCESSES & set(world.messenger.topics("UADA"))


async def test_the_approvers_of_one_request_do_not_wait_for_those_of_another(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    first, second = await world.asked_often(2)
    async with world.open_unit() as unit:
        claimed = await unit.outbox.claim(world.clock.now(), LEASE, 50)
    asked = [outgoing.notice for outgoing in claimed if outgoing.notice.to.audience is Audience.APPROVERS]
    assert {notice.request_id for notice in asked} == {first, second}


async def test_a_card_that_somebody_clicked_and_nobody_keeps_is_drawn_again(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    (kept,) = world.messenger.cards
    card = world.messenger.cards[kept]
    stray = await world.messenger.show_card(card, ConversationId("C-OLD"), None)
    await world.decide(world.bob, request_id, REJECT)
    await world.services.dispatcher.redraw(request_id, stray, world.bob.chat)
    assert world.messenger.cards[stray].request.status is Status.REJECTED
    await world.services.dispatcher.redraw(request_id, kept, world.bob.chat)  # the outbox keeps this one
    assert world.messenger.cards[kept].request.status is Status.PENDING


async def test_a_card_in_a_channel_that_was_archived_for_a_while_is_drawn_again_when_somebody_clicks_it(
    world: World,
) -> None:
    request_id = await world.asked()
    await world.settle()
    (kept,) = world.messenger.cards
    world.messenger.fails_for[PAYMENTS_CHANNEL] = UpstreamRefused("is_archived", code="is_archived", side=Side.SLACK)
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    del world.messenger.fails_for[PAYMENTS_CHANNEL]
    assert world.messenger.cards[kept].request.status is Status.PENDING
    await world.services.dispatcher.redraw(request_id, kept, world.bob.chat)
    await world.settle()
    assert world.messenger.cards[kept].request.status is Status.REJECTED


async def test_no_click_draws_a_card_for_whoever_may_not_see_it_or_where_none_is(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    (card,) = world.messenger.cards.values()
    stray = await world.messenger.show_card(card, ConversationId("C-OLD"), None)
    await world.decide(world.bob, request_id, REJECT)
    before = dict(world.messenger.cards)
    redraw = world.services.dispatcher.redraw
    await redraw(request_id, stray, world.grace.chat)
    await redraw(request_id, stray, ChatUser("slack", "T0EXAMPLE", "USTRANGER"))
    await redraw(request_id, MessageRef("slack", "C-ELSEWHERE", "1.0"), world.bob.chat)
    world.principals.down = UpstreamBusy("away")
    await redraw(request_id, stray, world.bob.chat)
    assert world.messenger.cards == before


async def test_a_card_is_drawn_without_what_aws_cannot_tell(world: World) -> None:
    await world.asked()
    world.principals.down = UpstreamBusy("away")
    world.start()
    await world.settle()
    assert list(world.messenger.card_in(PAYMENTS_CHANNEL).approver_names) == []


async def test_a_card_outlives_its_policies(world: World) -> None:
    request_id = await world.asked()
    await world.set_policies(PolicyBook())
    await world.settle()
    assert world.messenger.card_in(PAYMENTS_CHANNEL).request.id == request_id


async def test_many_senders_at_once_say_everything_once(world_on_both: World) -> None:
    world = world_on_both
    await world.asked_often(4)
    for _ in range(8):
        world.clock.move(SECOND)
        await asyncio.gather(*(world.services.dispatcher.deliver() for _ in range(4)))
    assert world.messenger.topics("UADA") == ["submitted"] * 4
    assert len(world.messenger.cards) == 4


async def test_a_card_names_those_whose_approval_is_missing_and_who_is_named_beside_the_groups(world: World) -> None:
    named = frozenset({world.erin.id})
    await world.set_policies(world.book_with_approval(approver_users=named, approvals_required=2))
    await world.decide(world.bob, await world.asked())
    await world.settle()
    card = world.messenger.card_in(PAYMENTS_CHANNEL)
    assert (list(card.approver_names), list(card.personal_names)) == (["Carol Shaw", "Dan Bricklin"], ["Erin Gray"])


async def test_each_of_several_audit_channels_gets_every_line_and_waits_for_no_other(world: World) -> None:
    second = ConversationId("C-AUDIT-2")
    world.audit_channels = (AUDIT_CHANNEL, second)
    world.start()
    request_id = await world.asked()
    await world.settle()
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted"]
    world.audit_channels = (second,)
    world.start()
    await world.decide(world.bob, request_id)
    await world.settle()
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted"]
    assert world.messenger.topics(second)[:2] == ["submitted", "approved"]
