"""A request that was allowed once is judged again: at the click, at the start, and before AWS is asked (rule 14)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.domain.errors import Reason, UpstreamBusy
from core.domain.ids import RequestId
from core.domain.outcome import Result
from core.domain.people import Pin
from core.domain.policy import ApprovalPolicy, PolicyBook
from core.domain.request import Actor, Status
from core.services.requests.recheck import KNOWN_WITHIN, RequestRecheck
from tests.services.company import HOUR, MINUTE, PAYMENTS_CHANNEL, PROD, SECOND
from tests.services.world import World

Change = Callable[[World], object]
AWAY = UpstreamBusy("away")


async def suspended(world: World) -> None:
    """Ada's address leads to somebody else, and her chat account has been seen since."""
    world.chat.change(world.ada.chat, email=world.grace.principal.emails[0])
    await world.submit(world.ada)


async def released_to_another(world: World) -> None:
    await suspended(world)
    await world.services.identity.release(world.ada.chat, Actor("operator"))


async def deactivated(world: World) -> None:
    world.chat.change(world.ada.chat, is_deactivated=True)


KNOWN_AGAINST = [
    pytest.param(suspended, Reason.IDENTITY_SUSPENDED, id="suspended"),
    pytest.param(released_to_another, Reason.IDENTITY_SUSPENDED, id="now somebody else"),
    pytest.param(deactivated, Reason.DEACTIVATED, id="deactivated"),
]


def rejudging(world: World) -> RequestRecheck:
    services = world.services
    return RequestRecheck(world.open_unit, services.identity, services.decisions._policy_context)


async def reasons(world: World, request_id: RequestId) -> list[Reason]:
    return [refusal.reason for refusal in await rejudging(world).refusals(await world.request(request_id))]


@pytest.mark.parametrize(("change", "reason"), KNOWN_AGAINST)
async def test_what_a_barred_chat_account_asked_for_fails_at_the_click(
    world: World, change: Change, reason: Reason
) -> None:
    request_id = await world.asked()
    await change(world)  # type: ignore[misc]
    outcome = await world.decide(world.bob, request_id)
    assert (outcome.result, outcome.refusals[0].reason) == (Result.DISALLOWED, reason)
    assert (await world.request(request_id)).failure == reason.value


@pytest.mark.parametrize(("change", "reason"), KNOWN_AGAINST)
async def test_what_a_barred_chat_account_asked_for_fails_at_the_start(
    world: World, change: Change, reason: Reason
) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    await change(world)  # type: ignore[misc]
    await world.pass_time(HOUR)
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, reason.value)
    assert not world.cloud.begun


async def test_a_chat_platform_that_is_away_is_no_obstacle(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    world.chat.down = AWAY
    await world.pass_time(HOUR + MINUTE)
    assert await world.status(request_id) is Status.ACTIVE


async def test_a_grant_waits_a_moment_for_an_answer_about_who_asked_for_it(world: World) -> None:
    """A check that was not made does not count as made: a platform that is only busy answers soon."""
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    world.chat.down = UpstreamBusy("ratelimited", retry_after=20 * SECOND)
    await world.pass_time(HOUR + 20 * SECOND)
    assert await world.status(request_id) is Status.SCHEDULED
    world.chat.down = None
    await deactivated(world)
    await world.pass_time(20 * SECOND)
    assert (await world.request(request_id)).failure == Reason.DEACTIVATED.value


async def test_nor_is_aws_asked_on_the_word_of_an_account_that_was_not_looked_at(world: World) -> None:
    world.cloud.begin_fails.append(UpstreamBusy("ThrottlingException", retry_after=40 * SECOND))
    request_id = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    granting = await world.request(request_id)
    assert granting.status is Status.GRANTING
    world.chat.down = AWAY
    refusing = rejudging(world)
    with pytest.raises(UpstreamBusy):
        await refusing.refusals(granting)
    world.clock.move(KNOWN_WITHIN)
    assert not await refusing.refusals(granting)


async def test_an_account_that_refused_a_message_as_deactivated_is_known_while_nobody_can_ask(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    world.services.identity.note_gone(world.ada.chat)
    world.chat.down = AWAY
    assert await reasons(world, request_id) == [Reason.DEACTIVATED]
    world.chat.down = None
    assert await reasons(world, request_id) == []
    world.chat.down = AWAY
    world.clock.move(2 * HOUR)
    assert await reasons(world, request_id) == []


async def test_messages_ask_about_no_reader_while_a_grant_gets_no_answer(world: World) -> None:
    """The chat platform counts the questions; those on which access rests go first."""
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    world.chat.down = AWAY
    with pytest.raises(UpstreamBusy):
        await reasons(world, request_id)
    world.chat.down, asked = None, world.chat.asked
    await world.services.identity.chat_user_of(world.ada.id)
    assert world.chat.asked == asked
    world.clock.move(MINUTE)
    await world.services.identity.chat_user_of(world.ada.id)
    assert world.chat.asked == asked + 1


async def test_a_suspension_is_known_while_the_chat_platform_is_away(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    await suspended(world)
    world.chat.down = AWAY
    assert await reasons(world, request_id) == [Reason.IDENTITY_SUSPENDED]


def quorum_of_two(world: World) -> PolicyBook:
    return world.book_with_approval(approvals_required=2)


def of_others_alone(world: World) -> PolicyBook:
    return world.book_with_approval(approver_groups=frozenset({world.principals.group("Admins")}))


def stricter_for_the_account(world: World) -> PolicyBook:
    """A second policy covers the account, as when it is moved to a unit with rules of its own."""
    book, admins = world.book(), frozenset({world.principals.group("Admins")})
    second = ApprovalPolicy(
        "vault", accounts=frozenset({PROD}), approver_groups=admins, channels=(PAYMENTS_CHANNEL,), approvals_required=2
    )
    return replace(book, approval=(*book.approval, second))


@pytest.mark.parametrize("stricter", [quorum_of_two, of_others_alone, stricter_for_the_account])
async def test_policies_that_ask_for_more_than_was_given_fail_the_start(
    world: World, stricter: Callable[[World], PolicyBook]
) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    await world.set_policies(stricter(world))
    await world.pass_time(HOUR)
    request = await world.request(request_id)
    assert request.status is Status.FAILED
    assert request.failure.startswith(Reason.TOO_FEW_APPROVALS.value)
    assert not world.cloud.begun


def disabled(world: World) -> None:
    world.principals.disable(world.bob.id)


def gone(world: World) -> None:
    del world.principals.users[world.bob.id]


def out_of_the_group(world: World) -> None:
    world.principals.leave("Payments Leads", world.bob.id)


def chat_deactivated(world: World) -> None:
    world.chat.change(world.bob.chat, is_deactivated=True)


async def chat_suspended(world: World) -> None:
    async with world.open_unit() as unit:
        await unit.pins.put(Pin(world.bob.chat, world.grace.id), world.clock.now())
        await unit.commit()


MAY_NO_LONGER = [disabled, gone, out_of_the_group, chat_deactivated, chat_suspended]


@pytest.mark.parametrize("change", MAY_NO_LONGER)
async def test_a_vote_of_somebody_who_may_decide_no_longer_does_not_count(world: World, change: Change) -> None:
    world.hire("Heidi Lamarr", "Payments Leads")
    await world.set_policies(quorum_of_two(world))
    request_id = await world.asked()
    await world.decide(world.bob, request_id)
    world.principals.remember()
    done = change(world)
    if done is not None:
        await done  # type: ignore[misc]
    assert (await world.decide(world.carol, request_id)).result is Result.COUNTED
    assert await world.status(request_id) is Status.PENDING
    assert (await world.events(request_id))[-1]["facts"]["not_counted"] == ["Bob Kahn"]
    assert (await world.decide(world.dan, request_id)).result is Result.APPROVED


@pytest.mark.parametrize("change", [disabled, gone, out_of_the_group, chat_suspended])
async def test_card_and_lists_show_which_votes_count_no_longer(world: World, change: Change) -> None:
    await world.set_policies(quorum_of_two(world))
    request_id = await world.asked()
    await world.decide(world.bob, request_id)
    await world.settle()
    assert not world.messenger.card_in(PAYMENTS_CHANNEL).lapsed
    done = change(world)
    if done is not None:
        await done  # type: ignore[misc]
    shown = await world.services.request_queries.show(world.ada.chat, request_id)
    (awaiting,) = (await world.services.pending_approvals.of_user(world.carol.chat)).awaiting
    assert shown.card.lapsed == awaiting.lapsed == {world.bob.id}
    world.hire("Heidi Lamarr", "Payments Leads")
    assert (await world.decide(world.carol, request_id)).result is Result.COUNTED
    await world.settle()
    assert world.messenger.card_in(PAYMENTS_CHANNEL).lapsed == {world.bob.id}


@pytest.mark.parametrize("change", MAY_NO_LONGER)
async def test_an_approval_of_somebody_who_may_decide_no_longer_grants_nothing_at_the_start(
    world: World, change: Change
) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    done = change(world)
    if done is not None:
        await done  # type: ignore[misc]
    await world.pass_time(HOUR)
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, "too_few_approvals:0 of 1")


async def test_more_approvals_than_needed_make_up_for_one_that_counts_no_longer(world: World) -> None:
    await world.set_policies(quorum_of_two(world))
    request_id = await world.asked(start_at=world.clock.now() + HOUR)
    for approver in (world.bob, world.carol):
        await world.decide(approver, request_id)
    await world.set_policies(world.book())
    world.principals.leave("Payments Leads", world.bob.id)
    await world.pass_time(HOUR + MINUTE)
    assert await world.status(request_id) is Status.ACTIVE


async def test_approval_that_nobody_needs_any_more_asks_for_no_votes(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    out_of_the_group(world)
    await world.set_policies(world.book(approval_required=False))
    await world.pass_time(HOUR + MINUTE)
    assert await world.status(request_id) is Status.ACTIVE


async def test_it_is_judged_alike_while_it_is_being_granted(world: World) -> None:
    request_id = await world.approved()
    await world.services.schedule.start()
    assert await world.status(request_id) is Status.GRANTING
    assert not await reasons(world, request_id)
    disabled(world)
    assert await reasons(world, request_id) == [Reason.TOO_FEW_APPROVALS]
    world.principals.leave("Payments", world.ada.id)
    assert await reasons(world, request_id) == [Reason.NOT_ELIGIBLE]
    assert not world.holds()


@pytest.mark.parametrize("may_have_it", [True, False])
async def test_access_that_another_request_has_left_is_judged_again_after_an_outage(
    world: World, *, may_have_it: bool
) -> None:
    """Nothing is asked of AWS for it, and so it would not be judged since its start."""
    first = await world.active(minutes=30)
    await world.pass_time(20 * MINUTE)
    second = await world.approved(minutes=60)
    await world.services.schedule.start()
    world.cloud.down = AWAY
    await world.pass_time(12 * MINUTE)
    assert [await world.status(each) for each in (first, second)] == [Status.REVOKING, Status.GRANTING]
    if not may_have_it:
        world.principals.leave("Payments", world.ada.id)
    world.cloud.down = None
    await world.pass_time(2 * MINUTE)
    assert await world.status(second) is (Status.ACTIVE if may_have_it else Status.FAILED)
    assert world.holds() is may_have_it


async def test_a_card_shows_that_the_vote_of_an_account_that_was_deactivated_does_not_count(world: World) -> None:
    """From the next click on, which asks the chat platform: what only shows something asks it for nothing."""
    await world.set_policies(quorum_of_two(world))
    request_id = await world.asked()
    await world.decide(world.bob, request_id)
    world.chat.change(world.bob.chat, is_deactivated=True)
    assert (await world.decide(world.carol, request_id)).result is Result.COUNTED
    await world.settle()
    assert world.messenger.card_in(PAYMENTS_CHANNEL).lapsed == {world.bob.id}
