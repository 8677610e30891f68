"""Several targets in one go: all of them or none, each a request with its own number and life, on cards they share."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, permutations, product

import pytest

from core.domain.approval import Verdict
from core.domain.errors import Field, Reason
from core.domain.ids import AccountId, ConversationId, RequestId
from core.domain.notice_content import AskedTogether, Reminder
from core.domain.notices import Topic
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.domain.policy import ApprovalPolicy, Notify
from core.domain.request import Request, Status, digest
from core.ports import Card, Conversation
from tests.services.company import (
    ADMIN,
    APPROVE,
    OLD,
    PAYMENTS_CHANNEL,
    POWER,
    PROD,
    READ,
    REJECT,
    SANDBOX,
    STAGING,
    VAULT,
)
from tests.services.world import World

PATIENCE = timedelta(seconds=30)
EVERY_CHOICE = tuple(product((APPROVE, REJECT, None), repeat=2))
PROD_POWER, PROD_READ, STAGING_READ = Target(PROD, POWER), Target(PROD, READ), Target(STAGING, READ)
OPEN_SANDBOX = Target(SANDBOX, POWER)
OTHERS = ConversationId("C-OTHERS")


def cards(world: World, channel: ConversationId = PAYMENTS_CHANNEL) -> list[Card]:
    return [card for at, card in world.messenger.cards.items() if at.conversation == channel]


def shown(card: Card) -> list[RequestId]:
    return [each.request.id for each in (card, *card.others)]


async def made(world: World, *numbers: RequestId) -> list[Request]:
    return [await world.request(number) for number in numbers]


def texts(outcome: Outcome) -> list[tuple[str, Reason, str | None]]:
    return [(no.of, no.reason, no.field) for no in outcome.refusals]


async def test_each_target_becomes_a_request_of_its_own_and_all_name_the_first(world: World) -> None:
    numbers = await world.asked_together(PROD_POWER, STAGING_READ, OPEN_SANDBOX, ticket="PAY-1")
    requests = await made(world, *numbers)
    assert [one.target for one in requests] == [PROD_POWER, STAGING_READ, OPEN_SANDBOX]
    assert [one.status for one in requests] == [Status.PENDING, Status.PENDING, Status.SCHEDULED]
    assert {one.submission for one in requests} == {numbers[0]}
    assert [one.card for one in requests] == [numbers[0], numbers[0], None]
    assert {one.ticket for one in requests} == {"PAY-1"}
    assert len({(one.created_at, one.expires_at) for one in requests[:2]}) == 1
    async with world.database.open() as unit:
        assert [one.id for one in await unit.requests.asked_with(requests[2])] == numbers
    for number in numbers:
        (event,) = await world.events(number)
        assert event["facts"]["submission"] == f"R-{numbers[0]}"
        assert event["actor"]["principal_id"] == world.ada.id


async def test_one_that_is_not_allowed_keeps_all_from_being_stored_and_is_named(world: World) -> None:
    wanted = (PROD_POWER, Target(VAULT, ADMIN), STAGING_READ, Target(OLD, POWER), Target(SANDBOX, READ))
    outcome = await world.done(world.form_for(world.ada, wanted))
    assert outcome.result is Result.DECLINED
    assert texts(outcome) == [  # by its ids what is not theirs to ask for (rule 22)
        (f"ps-admin in {VAULT}", Reason.NOT_ELIGIBLE, Field.PERMISSION_SET),
        ("PowerUserAccess in Old Billing", Reason.UNKNOWN_ACCOUNT, Field.ACCOUNT),
        (f"ps-read in {SANDBOX}", Reason.NOT_ELIGIBLE, Field.PERMISSION_SET),
    ]
    assert await world.requests() == ()
    (event,) = [event for event in await world.events() if event["action"] == "request.refused"]
    assert [each["account"] for each in event["facts"]["targets"]] == [VAULT, OLD, SANDBOX]


async def test_what_is_wrong_with_the_form_is_said_once_and_what_is_wrong_with_a_target_of_that_target(
    world: World,
) -> None:
    world.cloud.make(world.ada.id, PROD_READ)
    outcome = await world.done(world.form_for(world.ada, (PROD_POWER, PROD_READ), justification=" "))
    assert texts(outcome) == [
        ("", Reason.JUSTIFICATION_MISSING, Field.JUSTIFICATION),
        ("ReadOnlyAccess in Payments Prod", Reason.ALREADY_ASSIGNED, Field.PERMISSION_SET),
    ]
    again = await world.done(world.form_for(world.ada, (PROD_POWER, STAGING_READ)))
    assert again.result is Result.SUBMITTED


@pytest.mark.parametrize(("most", "fits"), [(3, True), (2, False)])
async def test_each_counts_towards_what_one_person_may_have_open(world: World, most: int, fits: bool) -> None:
    await world.set_policies(world.book(max_open_requests=most))
    await world.asked(target=PROD_POWER)
    outcome = await world.done(world.form_for(world.ada, (PROD_READ, STAGING_READ)))
    assert (outcome.result is Result.SUBMITTED) is fits
    assert len(await world.requests()) == (3 if fits else 1)
    if not fits:
        assert [(no.reason, no.detail) for no in outcome.refusals] == [(Reason.TOO_MANY_OPEN, "1 of 2")]


async def test_no_more_than_ten_are_taken_and_one_that_is_named_twice_is_asked_for_once(world: World) -> None:
    eleven = [Target(AccountId(f"{number:012}"), POWER) for number in range(11)]
    outcome = await world.done(world.form_for(world.ada, eleven))
    assert [(no.reason, no.detail) for no in outcome.refusals] == [(Reason.TOO_MANY_TARGETS, "11")]
    twice = await world.done(world.form_for(world.ada, (PROD_POWER, PROD_POWER)))
    (request,) = await made(world, twice.request_id or RequestId(0))
    assert (request.submission, request.card, twice.together) == (None, None, ())


async def test_the_same_form_delivered_twice_is_one_submission(world: World) -> None:
    form = world.form_for(world.ada, (PROD_POWER, STAGING_READ), key="form:1")
    first, second = await world.done(form), await world.done(form)
    assert first == second
    assert len(await world.requests()) == 2


async def test_those_with_the_same_approvers_share_one_message_and_others_have_their_own(world: World) -> None:
    book = world.book()
    carol = frozenset({world.carol.id})
    others = ApprovalPolicy("others", accounts=frozenset({STAGING}), approver_users=carol, channels=(OTHERS,))
    await world.set_policies(replace(book, approval=(*book.approval, others)))
    world.chat.conversations[OTHERS] = Conversation(OTHERS, "others")
    power, read, apart = await world.asked_together(PROD_POWER, PROD_READ, STAGING_READ)
    await world.settle()
    assert [shown(card) for card in cards(world)] == [[power, read], [apart]]
    assert [shown(card) for card in cards(world, OTHERS)] == [[apart]]
    assert [one.id for one in cards(world)[0].together] == [read, apart]
    await world.decide(world.bob, read, REJECT)
    await world.settle()
    (card, _) = cards(world)
    assert [each.request.status for each in (card, *card.others)] == [Status.PENDING, Status.REJECTED]


async def test_the_requester_reads_one_message_about_all_and_it_follows_them(world: World) -> None:
    numbers = await world.asked_together(PROD_POWER, STAGING_READ)
    await world.settle()
    (told,) = [at for at, said in world.messenger.messages.items() if said.to == "UADA"]
    await world.decide(world.bob, numbers[1], REJECT)
    await world.settle()
    content = world.messenger.messages[told].notice.content
    assert isinstance(content, AskedTogether)
    assert [(one.id, one.status) for one in content.requests] == [
        (numbers[0], Status.PENDING),
        (numbers[1], Status.REJECTED),
    ]
    assert world.messenger.topics("UADA") == [Topic.ASKED_TOGETHER, Topic.REJECTED]


async def test_of_several_that_are_decided_at_once_one_that_has_changed_is_refused_and_the_others_go_on(
    world: World,
) -> None:
    """Rule 13."""
    numbers = await world.asked_together(PROD_POWER, PROD_READ, STAGING_READ)
    requests = await made(world, *numbers)
    clicks = [world.click(world.bob, one, key=f"press:{one.id}") for one in requests]
    clicks[1] = replace(clicks[1], digest=digest(replace(requests[1], justification="something else")))
    came = await world.services.commands.perform_all(clicks, PATIENCE)
    assert [each.result for each in came if isinstance(each, Outcome)] == [
        Result.APPROVED,
        Result.DECLINED,
        Result.APPROVED,
    ]
    assert [one.status for one in await made(world, *numbers)] == [Status.SCHEDULED, Status.PENDING, Status.SCHEDULED]


async def test_a_message_to_an_approver_shows_only_what_that_approver_may_see(world: World) -> None:
    """Rule 22: policies may part what one submission has put on one card."""
    await world.set_policies(world.book_with_approval(channels=(), notify=Notify.EACH))
    power, apart = await world.asked_together(PROD_POWER, STAGING_READ)
    await world.settle()
    assert shown(cards(world, ConversationId("UBOB"))[0]) == [power, apart]
    book = world.book_with_approval(channels=(), notify=Notify.EACH)
    narrower = replace(book.approval[0], ous=frozenset(), accounts=frozenset({PROD}))
    carol = frozenset({world.carol.id})
    others = ApprovalPolicy("others", accounts=frozenset({STAGING}), approver_users=carol)
    await world.set_policies(replace(book, approval=(narrower, others)))
    await world.decide(world.bob, power, APPROVE)
    await world.settle()
    assert shown(cards(world, ConversationId("UBOB"))[0]) == [power]


async def test_cards_that_a_release_before_posted_apart_stay_apart(world: World) -> None:
    power, read = await world.asked_together(PROD_POWER, PROD_READ)
    refs, reader = [], world.services.dispatcher._cards
    for number in (power, read):
        card = await reader.read(await world.request(number), "slack")
        refs.append(await world.messenger.show_card(card, PAYMENTS_CHANNEL, None))
        async with world.database.open() as unit:
            await unit.cards.put(number, PAYMENTS_CHANNEL, refs[-1], world.clock.now())
            await unit.commit()
    await world.settle()
    await world.decide(world.bob, read, REJECT)
    await world.settle()
    assert [shown(world.messenger.cards[ref]) for ref in refs] == [[power], [read]]


async def test_one_reminder_is_about_all_that_wait_on_a_card(world: World) -> None:
    first, second, third = await world.asked_together(PROD_POWER, PROD_READ, STAGING_READ)
    await world.settle()
    await world.decide(world.bob, first, REJECT)
    world.clock.move(timedelta(minutes=15))
    await world.services.schedule.remind()
    await world.settle()
    told = [said.notice for said in world.messenger.said if said.notice.topic is Topic.REMINDER]
    assert {(notice.request_id, notice.content) for notice in told} == {(second, Reminder(1, (third,)))}
    assert [one.reminders for one in await made(world, second, third)] == [1, 1]


def ends(requests: Sequence[Request]) -> list[tuple[object, ...]]:
    return [(one.target, one.status, one.quorum, one.channels, one.decided_by, one.extends) for one in requests]


@pytest.mark.parametrize(
    ("quorum", "choices"),
    [
        (1, [(APPROVE, None), (None, REJECT)]),
        (2, [(APPROVE, APPROVE), (APPROVE, REJECT)]),
        *(pytest.param(quorum, EVERY_CHOICE, marks=pytest.mark.nightly) for quorum in (1, 2)),
    ],
)
async def test_what_becomes_of_them_is_what_would_become_of_each_alone(
    world: World, quorum: int, choices: Sequence[tuple[Verdict | None, Verdict | None]]
) -> None:
    """Any targets, any decisions: the same end as when they are asked for one by one."""
    await world.set_policies(world.book_with_approval(approvals_required=quorum))
    targets = cycle(permutations((PROD_POWER, PROD_READ, STAGING_READ, OPEN_SANDBOX), 3))
    for number, ((by_bob, by_carol), wanted) in enumerate(zip(choices, targets, strict=False)):
        alone = [await world.asked(target=target, minutes=15 + 2 * number) for target in wanted]
        together = await world.asked_together(*wanted, minutes=16 + 2 * number)
        for group in (alone, together):
            for who, verdict in ((world.bob, by_bob), (world.carol, by_carol)):
                if verdict is not None:
                    clicks = [world.click(who, one, verdict) for one in await made(world, *group)]
                    await world.services.commands.perform_all(clicks, PATIENCE)
        assert ends(await made(world, *alone)) == ends(await made(world, *together))
    await world.settle()
    assert await world.undeliverable() == 0
