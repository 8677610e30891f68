"""One message that cannot be said stops no other one, and is neither tried for ever nor lost for an outage."""

from datetime import timedelta
from typing import Any

import pytest

from core.domain.conversations import Place
from core.domain.errors import AnswerLost, Side, UpstreamBusy, UpstreamRefused
from core.domain.notices import ADMINS, Form, Notice, Topic
from core.domain.request import Request, Status
from core.ports import Card, MessageRef
from core.services.notifications.delivery_retries import MOST_FAULTS, TRIED_FOR
from tests.contents import by_topic
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, PAYMENTS_CHANNEL, SECOND
from tests.services.world import World

UNANSWERED = AnswerLost("internal_error")
FAULTS = [KeyError("AccountAssignments"), RecursionError()]


def poison_lines(world: World, poisoned: int, error: Exception) -> None:
    """No line about this request is taken; others are."""
    write = world.messenger.write_line

    async def line(to: Any, notice: Notice, request: Request | None, link: Any) -> None:
        if request is not None and request.id == poisoned:
            raise error
        await write(to, notice, request, link)

    world.messenger.write_line = line  # type: ignore[method-assign]


def poison_cards(world: World, poisoned: int, error: Exception) -> None:
    show = world.messenger.show_card

    async def show_card(card: Card, place: Place, known: MessageRef | None) -> MessageRef:
        if card.request.id == poisoned and place == PAYMENTS_CHANNEL:
            raise error
        return await show(card, place, known)

    world.messenger.show_card = show_card  # type: ignore[method-assign]


async def rounds(world: World, length: timedelta, every: timedelta) -> None:
    until = world.clock.now() + length
    while world.clock.now() < until:
        await world.services.dispatcher.deliver()
        world.clock.move(every)


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
async def test_a_fault_in_one_message_is_tried_a_few_times_and_keeps_no_other_waiting(
    world: World, error: Exception
) -> None:
    poisoned = await world.asked()
    poison_lines(world, poisoned, error)
    later = await world.asked(world.dan)
    await world.settle()
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted"]
    assert world.messenger.said[-1].notice.request_id == later
    assert (await world.undeliverable(), world.messenger.topics("UADA")) == (1, ["submitted"])


@pytest.mark.parametrize("error", [KeyError("blocks"), UNANSWERED], ids=["fault", "unanswered"])
async def test_what_alone_is_in_trouble_keeps_no_other_request_waiting_for_longer_than_seconds(
    world: World, error: Exception
) -> None:
    """The platform takes everything else, so that nothing is to be waited for."""
    poisoned = await world.asked()
    poison_lines(world, poisoned, error)
    await world.asked(world.dan)
    await rounds(world, 5 * SECOND, SECOND)
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted"]


async def test_a_fault_that_passes_loses_nothing(world: World) -> None:
    request_id = await world.asked()
    world.messenger.fails.extend([KeyError("ts")] * (MOST_FAULTS - 1))
    await world.settle()
    assert world.messenger.card_in(PAYMENTS_CHANNEL).request.id == request_id
    assert (world.messenger.topics("UADA"), await world.undeliverable()) == (["submitted"], 0)


async def test_the_tries_of_an_outage_do_not_count_as_faults_of_the_program(world: World) -> None:
    world.messenger.fails_for[PAYMENTS_CHANNEL] = UpstreamBusy("away")
    await world.asked()
    await world.pass_time(timedelta(minutes=3))
    world.messenger.fails_for[PAYMENTS_CHANNEL] = KeyError("ts")
    await world.pass_time(timedelta(seconds=10))
    del world.messenger.fails_for[PAYMENTS_CHANNEL]
    await world.pass_time(timedelta(minutes=6))
    assert (len(world.messenger.cards_in(PAYMENTS_CHANNEL)), await world.undeliverable()) == (1, 0)


async def test_a_card_that_meets_a_fault_goes_to_each_approver(world: World) -> None:
    poisoned = await world.asked()
    poison_cards(world, poisoned, ValueError("too long"))
    others = [await world.asked(world.dan, minutes=minutes) for minutes in (20, 25)]
    await world.settle()
    assert {card.request.id for card in world.messenger.cards_in(PAYMENTS_CHANNEL)} == set(others)
    for approver in ("UBOB", "UCAROL"):
        assert poisoned in {card.request.id for card in world.messenger.cards_in(approver)}


async def test_a_card_that_is_never_answered_reaches_approvers_long_before_the_request_expires(world: World) -> None:
    poisoned = await world.asked()
    poison_cards(world, poisoned, UNANSWERED)
    await rounds(world, 8 * MINUTE, 15 * SECOND)
    assert await world.status(poisoned) is Status.PENDING
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UCAROL", "UDAN"}
    assert await world.undeliverable() == 0


async def test_in_an_outage_no_card_goes_to_approvers_besides(world: World) -> None:
    world.messenger.before = away
    await world.asked()
    await rounds(world, HOUR, 4 * MINUTE)
    world.messenger.before = None
    await rounds(world, 10 * MINUTE, 2 * MINUTE)
    assert {ref.conversation for ref in world.messenger.cards} == {PAYMENTS_CHANNEL}


async def away(_: str) -> None:
    raise UpstreamBusy("internal_error")


async def test_what_is_never_answered_lets_other_requests_pass_and_is_given_up_after_a_day(world: World) -> None:
    poisoned = await world.approved()
    poison_lines(world, poisoned, UNANSWERED)
    later = await world.approved(world.dan)
    await rounds(world, HOUR, 3 * MINUTE)
    assert {said.notice.request_id for said in world.messenger.said if said.to == AUDIT_CHANNEL} == {later}
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted", "approved"]
    assert await world.undeliverable() == 0
    await rounds(world, TRIED_FOR - HOUR, 2 * HOUR)
    await world.asked(world.dan)  # something else is said, and taken
    await rounds(world, 10 * MINUTE, 5 * MINUTE)
    assert await world.undeliverable() == 1  # what comes next about the same request is tried as often


async def test_an_outage_of_days_loses_nothing(world: World) -> None:
    await world.asked()
    await world.services.dispatcher.deliver()
    world.messenger.before = away
    request_id = await world.asked(world.dan)
    await rounds(world, timedelta(days=3), 6 * HOUR)
    world.messenger.before = None
    await rounds(world, 15 * MINUTE, 4 * MINUTE)
    assert await world.undeliverable() == 0
    assert request_id in {card.request.id for card in world.messenger.cards_in(PAYMENTS_CHANNEL)}
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted", "submitted"]


@pytest.mark.parametrize("side", [Side.AWS, Side.STORAGE])
async def test_what_waits_for_aws_or_the_database_is_not_given_up(world: World, side: Side) -> None:
    notice = Notice(Form.DIRECT, by_topic()[Topic.DRIFT], ADMINS)
    world.principals.down = UpstreamBusy("away").at(side)
    async with world.open_unit() as unit:
        await unit.outbox.put([notice], world.clock.now())
        await unit.commit()
    await rounds(world, TRIED_FOR + HOUR, 2 * HOUR)
    world.principals.down = None
    await rounds(world, 30 * MINUTE, 5 * MINUTE)
    assert (world.messenger.topics("UFRANK"), await world.undeliverable()) == (["drift"], 0)


async def test_one_admin_who_cannot_be_looked_up_keeps_no_other_from_being_known(world: World) -> None:
    world.principals.join("Admins", world.grace.id)
    world.chat.down_for = set(world.grace.principal.emails)
    await world.services.dispatcher.know_admins()
    world.principals.down = UpstreamBusy("away")
    notice = Notice(Form.DIRECT, by_topic()[Topic.DRIFT], ADMINS)
    async with world.open_unit() as unit:
        await unit.outbox.put([notice], world.clock.now())
        await unit.commit()
    await rounds(world, MINUTE, 5 * SECOND)
    assert world.messenger.topics("UFRANK") == ["drift"]
    world.principals.down = None
    world.chat.down_for.clear()
    await rounds(world, 6 * MINUTE, 20 * SECOND)
    assert world.messenger.topics("UGRACE") == ["drift"]


async def test_a_home_that_cannot_be_drawn_is_left_at_that(world: World) -> None:
    world.screens.fails.append(KeyError("blocks"))
    for who in (world.ada, world.bob):
        await world.services.homes.note(who.chat, who.id, "", "")
    await world.asked()
    await world.settle()
    assert (world.screens.redrawn, await world.undeliverable()) == ([world.bob.chat], 0)


@pytest.mark.parametrize(("told", "side"), [("asked", Side.AWS), ("approved", Side.AWS), ("asked", Side.STORAGE)])
async def test_what_aws_or_the_database_refuses_for_a_while_loses_no_message(
    world: World, told: str, side: Side
) -> None:
    """A role or a password that was taken away, and given back: who is to read it is known again."""
    await world.set_policies(world.book_with_approval(channels=()))
    number = await world.asked()
    if told == "approved":
        await world.settle()
        await world.decide(world.bob, number)
    world.principals.down = UpstreamRefused("not now", code="refused", side=side)
    await rounds(world, MINUTE, 10 * SECOND)
    world.principals.down = None
    await world.pass_time(10 * MINUTE)
    await world.settle()
    assert await world.undeliverable() == 0
    assert world.messenger.card_in(world.bob.chat.user).request.id == number


async def test_what_aws_refuses_for_a_day_is_given_up(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    await world.asked()
    world.principals.members_down = UpstreamRefused("ListGroupMemberships", code="ValidationException", side=Side.AWS)
    await world.services.dispatcher.deliver()
    world.clock.move(TRIED_FOR)
    await world.services.dispatcher.deliver()
    assert await world.undeliverable() > 0
