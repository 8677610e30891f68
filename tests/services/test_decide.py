"""The right to decide is judged at the click; of several at once one wins, and nobody's request is left hanging."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.approval import Verdict
from core.domain.errors import NotFound, Reason, Refused, UpstreamBusy
from core.domain.evaluation import LONGEST_REASON
from core.domain.ids import RequestId
from core.domain.outcome import Outcome, Result
from core.domain.policy import ApprovalPolicy, EligibilityPolicy
from core.domain.request import Status
from core.domain.settings import Requirement
from tests.services.company import APPROVE, HOUR, MINUTE, PAYMENTS, POWER, PROD, REJECT, SECOND, TARGET, Member
from tests.services.world import World, expiry_of


async def leads(world: World, count: int) -> list[Member]:
    return [world.hire(f"Lead{n} Number", "Payments Leads") for n in range(count)]


def declined(outcome: Outcome) -> Reason:
    assert outcome.result is Result.DECLINED
    return outcome.refusals[0].reason


async def test_an_approval_schedules_and_says_who_and_why(world: World) -> None:
    request_id = await world.asked()
    world.clock.move(MINUTE)
    assert (await world.decide(world.bob, request_id, comment="go ahead")).result is Result.APPROVED
    request = await world.request(request_id)
    assert request.status is Status.SCHEDULED
    assert (request.decided_by, request.decision_comment, request.decided_at) == (
        "Bob Kahn",
        "go ahead",
        world.clock.now(),
    )
    event = (await world.events(request_id))[-1]
    assert (event["action"], event["actor"]["principal_id"]) == ("request.approved", world.bob.id)
    assert event["facts"]["approval_policies"] == ["payments-leads"]


async def test_of_twenty_at_once_one_wins_and_the_others_are_told_that_it_is_decided(world_on_both: World) -> None:
    world = world_on_both
    approvers = await leads(world, 20)
    request = await world.request(await world.asked())
    verdicts = [APPROVE, REJECT] * 10
    clicks = [world.click(who, request, verdict) for who, verdict in zip(approvers, verdicts, strict=True)]
    results = Counter(outcome.result for outcome in await asyncio.gather(*map(world.done, clicks)))
    assert results[Result.APPROVED] + results[Result.REJECTED] == 1
    assert results[Result.TOO_LATE] == 19
    (vote,) = await world.votes(request.id)
    decided = await world.request(request.id)
    assert decided.decided_by == vote.name
    assert decided.status is (Status.SCHEDULED if vote.verdict is APPROVE else Status.REJECTED)
    assert len(await world.actions(request.id)) == 2


@pytest.mark.parametrize("quorum", [2, 5])
async def test_a_quorum_clicked_at_once_approves_and_is_never_stuck(world_on_both: World, quorum: int) -> None:
    world = world_on_both
    approvers = await leads(world, 12)
    await world.set_policies(world.book_with_approval(approvals_required=quorum))
    request = await world.request(await world.asked())
    clicks = [world.click(who, request) for who in approvers[:quorum]]
    results = Counter(outcome.result for outcome in await asyncio.gather(*map(world.done, clicks)))
    assert results == {Result.COUNTED: quorum - 1, Result.APPROVED: 1}
    assert await world.status(request.id) is Status.SCHEDULED
    assert len(await world.votes(request.id)) == quorum


async def test_of_more_clicks_at_once_than_the_quorum_asks_for_only_the_quorum_counts(world_on_both: World) -> None:
    world = world_on_both
    approvers = await leads(world, 12)
    await world.set_policies(world.book_with_approval(approvals_required=3))
    request = await world.request(await world.asked())
    outcomes = await asyncio.gather(*(world.done(world.click(who, request)) for who in approvers))
    results = Counter(outcome.result for outcome in outcomes)
    assert results == {Result.COUNTED: 2, Result.APPROVED: 1, Result.TOO_LATE: 9}
    assert len(await world.votes(request.id)) == 3


async def test_one_rejection_is_final_even_beside_approvals(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked()
    await world.decide(world.bob, request_id)
    assert (await world.decide(world.carol, request_id, REJECT, "not today")).result is Result.REJECTED
    request = await world.request(request_id)
    assert (request.status, request.decision_comment) == (Status.REJECTED, "not today")
    assert (await world.decide(world.dan, request_id)).result is Result.TOO_LATE
    assert await world.status(request_id) is Status.REJECTED


async def test_nobody_decides_twice(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked()
    assert (await world.decide(world.bob, request_id)).result is Result.COUNTED
    for verdict in Verdict:
        assert declined(await world.decide(world.bob, request_id, verdict)) is Reason.ALREADY_VOTED
    assert len(await world.votes(request_id)) == 1
    assert (await world.actions(request_id)).count("decision.refused") == 2


async def lapsed_and_back(world: World) -> RequestId:
    """Bob's vote does not count when Carol approves, the other of two, and does again afterwards."""
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked(world.dan)
    assert (await world.decide(world.bob, request_id)).result is Result.COUNTED
    world.principals.remember()
    world.principals.leave("Payments Leads", world.bob.id)
    assert (await world.decide(world.carol, request_id)).result is Result.COUNTED
    world.principals.join("Payments Leads", world.bob.id)
    return request_id


@pytest.mark.parametrize("who", ["bob", "carol"])
async def test_a_vote_that_counts_again_completes_the_quorum_when_one_of_them_approves_once_more(
    world: World, who: str
) -> None:
    """Nobody else is left to do so, and each has decided: it would wait until it expires."""
    request_id = await lapsed_and_back(world)
    click = world.click(getattr(world, who), await world.request(request_id))
    assert declined(await world.done(replace(click, key=world.key(), digest="0"))) is Reason.ALREADY_VOTED
    assert (await world.services.decisions.look(replace(click, comment="-"))).id == request_id
    assert (await world.done(click)).result is Result.APPROVED
    assert len(await world.votes(request_id)) == 2
    assert (await world.events(request_id))[-1]["actor"]["principal_id"] == getattr(world, who).id
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE


async def test_whoever_approves_once_more_is_refused_while_the_quorum_is_not_there(world: World) -> None:
    request_id = await lapsed_and_back(world)
    world.principals.remember()
    world.principals.leave("Payments Leads", world.bob.id)
    for verdict in Verdict:
        assert declined(await world.decide(world.carol, request_id, verdict)) is Reason.ALREADY_VOTED
    assert await world.status(request_id) is Status.PENDING


async def test_nobody_rejects_what_they_have_approved_though_the_quorum_is_there(world: World) -> None:
    request_id = await lapsed_and_back(world)
    assert declined(await world.decide(world.carol, request_id, REJECT)) is Reason.ALREADY_VOTED
    assert await world.status(request_id) is Status.PENDING


async def test_two_chat_users_of_one_person_have_one_vote(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    second = Member(world.bob.principal, world.chat.add(world.bob.principal, suffix="2"))
    request = await world.request(await world.asked())
    clicks = (world.click(world.bob, request), world.click(second, request))
    results = {(await world.done(click)).result for click in clicks}
    assert results == {Result.COUNTED, Result.DECLINED}
    assert await world.status(request.id) is Status.PENDING


async def test_nobody_decides_about_their_own_request_whatever_chat_user_they_come_through(world: World) -> None:
    request_id = await world.asked(world.dan)
    second = Member(world.dan.principal, world.chat.add(world.dan.principal, suffix="2"))
    for who in (world.dan, second):
        for verdict in Verdict:
            assert declined(await world.decide(who, request_id, verdict)) is Reason.OWN_REQUEST
    assert await world.status(request_id) is Status.PENDING


async def test_not_even_an_admin_decides_without_being_an_approver(world: World) -> None:
    request_id = await world.asked()
    for who in (world.frank, world.erin, world.grace):
        assert declined(await world.decide(who, request_id)) is Reason.NOT_AN_APPROVER
    event = (await world.events(request_id))[-1]
    assert (event["action"], event["facts"]["reason"]) == ("decision.refused", "not_an_approver")


async def test_who_left_the_group_since_being_asked_does_not_decide(world: World) -> None:
    request_id = await world.asked()
    world.principals.remember()
    world.principals.leave("Payments Leads", world.bob.id)
    assert declined(await world.decide(world.bob, request_id)) is Reason.NOT_AN_APPROVER


async def test_who_joined_the_group_since_decides(world: World) -> None:
    request_id = await world.asked()
    world.principals.remember()
    world.principals.join("Payments Leads", world.grace.id)
    assert (await world.decide(world.grace, request_id)).result is Result.APPROVED


async def test_a_disabled_approver_decides_nothing(world: World) -> None:
    request_id = await world.asked()
    world.principals.disable(world.bob.id)
    assert declined(await world.decide(world.bob, request_id)) is Reason.PRINCIPAL_DISABLED


async def test_a_requester_who_lost_the_right_meanwhile_is_not_granted_and_is_told(world: World) -> None:
    request_id = await world.asked()
    world.principals.remember()
    world.principals.leave("Payments", world.ada.id)
    outcome = await world.decide(world.bob, request_id)
    assert (outcome.result, [r.reason for r in outcome.refusals]) == (Result.DISALLOWED, [Reason.NOT_ELIGIBLE])
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, "not_eligible")
    assert await world.votes(request_id) == ()
    await world.settle()
    assert world.messenger.topics("UADA") == ["submitted", "failed"]
    assert not world.holds()


async def test_a_requester_who_was_disabled_meanwhile_is_not_granted(world: World) -> None:
    request_id = await world.asked()
    world.principals.disable(world.ada.id)
    assert (await world.decide(world.bob, request_id)).refusals[0].reason is Reason.PRINCIPAL_DISABLED
    assert await world.status(request_id) is Status.FAILED


async def test_what_the_requester_was_assigned_meanwhile_fails_the_request_and_stays(world: World) -> None:
    request_id = await world.asked()
    world.cloud.make(world.ada.id, TARGET)
    assert (await world.decide(world.bob, request_id)).refusals[0].reason is Reason.ALREADY_ASSIGNED
    await world.settle()
    assert world.holds()


async def test_a_shorter_limit_of_meanwhile_is_the_one_that_stands(world: World) -> None:
    request_id = await world.asked(minutes=120)
    await world.set_policies(world.book(max_duration=HOUR))
    assert (await world.decide(world.bob, request_id)).refusals[0].reason is Reason.DURATION_TOO_LONG


async def test_a_rejection_asks_for_nothing_but_the_approver(world: World) -> None:
    request_id = await world.asked()
    world.principals.disable(world.ada.id)
    world.cloud.down = UpstreamBusy("away")
    assert (await world.decide(world.bob, request_id, REJECT)).result is Result.REJECTED


async def test_a_decision_is_about_what_was_shown(world: World) -> None:
    shown = await world.request(await world.asked())
    other = replace(shown, justification="something else", version=shown.version)
    outcome = await world.done(world.click(world.bob, other))
    assert declined(outcome) is Reason.CARD_OUTDATED
    assert await world.status(shown.id) is Status.PENDING


async def test_an_approval_counted_meanwhile_does_not_outdate_the_card(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    shown = await world.request(await world.asked())
    assert (await world.done(world.click(world.bob, shown))).result is Result.COUNTED
    assert (await world.done(world.click(world.carol, shown))).result is Result.APPROVED


@pytest.mark.parametrize("verdict", Verdict)
async def test_expiry_is_judged_at_the_click(world: World, verdict: Verdict) -> None:
    shown = await world.request(await world.asked())
    world.go_to(expiry_of(shown))
    assert (await world.done(world.click(world.bob, shown, verdict))).result is Result.TOO_LATE
    assert await world.status(shown.id) is Status.EXPIRED
    assert await world.actions(shown.id) == ["request.submitted", "request.expired"]


async def test_until_the_last_second_before_it_expires_it_is_decided(world: World) -> None:
    shown = await world.request(await world.asked())
    world.go_to(expiry_of(shown) - SECOND)
    assert (await world.done(world.click(world.bob, shown))).result is Result.APPROVED


async def test_a_rejection_needs_a_reason(world: World) -> None:
    click = world.click(world.bob, await world.request(await world.asked()), REJECT)
    for number, nothing in enumerate(("  ", "\u200b", "\u3164\u2800")):
        silent = replace(click, key=f"silent {number}", comment=nothing)
        assert declined(await world.done(silent)) is Reason.REASON_MISSING


async def test_no_comment_is_longer_than_others_have_to_read(world: World) -> None:
    """A form of Teams says itself how long its answers may be."""
    request_id = await world.asked()
    await world.decide(world.bob, request_id, REJECT, "no " * 100_000)
    assert len((await world.request(request_id)).decision_comment) <= LONGEST_REASON


async def test_settings_may_ask_for_a_comment_with_every_approval(world: World) -> None:
    request_id = await world.asked()
    await world.set_policies(world.book(approver_comment=Requirement.REQUIRED))
    assert declined(await world.decide(world.bob, request_id)) is Reason.COMMENT_MISSING
    assert declined(await world.decide(world.bob, request_id, comment="\u200b")) is Reason.COMMENT_MISSING
    assert (await world.decide(world.bob, request_id, comment="fine")).result is Result.APPROVED


async def test_a_larger_quorum_of_meanwhile_is_the_one_that_counts(world: World) -> None:
    request_id = await world.asked()
    await world.set_policies(world.book_with_approval(approvals_required=2))
    assert (await world.decide(world.bob, request_id)).result is Result.COUNTED
    assert (await world.request(request_id)).quorum == 2
    assert (await world.decide(world.carol, request_id)).result is Result.APPROVED


async def test_a_smaller_quorum_of_meanwhile_changes_nothing_for_who_was_asked_before(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked()
    await world.set_policies(world.book_with_approval(approvals_required=1))
    assert (await world.decide(world.bob, request_id)).result is Result.COUNTED


async def test_approvers_are_the_union_of_all_approval_policies(world: World) -> None:
    book = world.book()
    second = ApprovalPolicy(
        "security", accounts=frozenset({PROD}), approver_users=frozenset({world.grace.id}), approvals_required=2
    )
    await world.set_policies(replace(book, approval=(*book.approval, second)))
    request_id = await world.asked()
    assert (await world.decide(world.grace, request_id)).result is Result.COUNTED
    assert (await world.decide(world.bob, request_id)).result is Result.APPROVED


async def test_while_aws_is_away_a_decision_is_in_hand_and_counted_once_it_is_back(world: World) -> None:
    request = await world.request(await world.asked())
    world.cloud.down = UpstreamBusy("away")
    assert await world.do(world.click(world.bob, request)) is None
    assert await world.status(request.id) is Status.PENDING
    world.cloud.down = None
    await world.settle()
    assert await world.status(request.id) is Status.ACTIVE
    assert "answer" in world.messenger.topics("UBOB")


async def test_a_decision_that_waited_beyond_expiry_is_too_late(world: World) -> None:
    request = await world.request(await world.asked())
    world.cloud.down = UpstreamBusy("away")
    world.go_to(expiry_of(request) - SECOND)
    assert await world.do(world.click(world.bob, request)) is None
    world.clock.move(MINUTE)
    world.cloud.down = None
    await world.settle()
    assert await world.status(request.id) is Status.EXPIRED


async def test_a_look_says_what_the_decision_would_and_decides_nothing(world: World) -> None:
    request = await world.request(await world.asked(world.dan))
    look = world.services.decisions.look
    assert (await look(world.click(world.bob, request, comment="-"))).id == request.id
    with pytest.raises(Refused):
        await look(world.click(world.dan, request, comment="-"))
    with pytest.raises(NotFound):
        await look(replace(world.click(world.bob, request), request_id=RequestId(4711)))
    assert await world.status(request.id) is Status.PENDING


async def test_only_a_card_in_front_of_them_tells_strangers_that_there_is_a_request(world: World) -> None:
    """Ids count up: whoever makes one up must not learn from the answer whether it stands for something."""
    request = await world.request(await world.asked())
    seen = world.click(world.grace, request)
    guessed = replace(seen, key="guessed", digest="0")
    unknown = replace(guessed, key="unknown", request_id=RequestId(4711))
    assert (await world.done(guessed)).result is Result.NOT_FOUND
    assert (await world.done(unknown)).result is Result.NOT_FOUND
    assert await world.actions(request.id) == ["request.submitted"]
    (refusal,) = (await world.done(seen)).refusals
    assert refusal.reason is Reason.NOT_AN_APPROVER
    await world.decide(world.bob, request.id)
    assert (await world.done(replace(guessed, key="late"))).result is Result.NOT_FOUND
    assert (await world.done(replace(seen, key="seen late"))).result is Result.TOO_LATE


async def test_whoever_may_see_it_and_has_an_old_card_is_told_that_it_is_old(world: World) -> None:
    request = await world.request(await world.asked())
    click = world.click(world.bob, request)
    (refusal,) = (await world.done(replace(click, digest="0"))).refusals
    assert refusal.reason is Reason.CARD_OUTDATED


async def test_approval_that_has_become_necessary_since_stops_what_was_scheduled_without(world: World) -> None:
    book = world.book()
    free = EligibilityPolicy(
        "free",
        groups=frozenset({world.principals.group("Payments")}),
        ous=frozenset({PAYMENTS}),
        permission_sets=frozenset({POWER}),
        approval_required=False,
    )
    await world.set_policies(replace(book, eligibility=(free,)))
    request_id = await world.asked(start_at=world.clock.now() + HOUR)
    await world.set_policies(book)
    await world.pass_time(HOUR)
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, "approval_now_required")


async def test_an_approver_asked_personally_decides_on_the_own_card(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    request_id = await world.asked()
    await world.settle()
    assert {ref.conversation for ref in world.messenger.cards} == {"UBOB", "UCAROL", "UDAN"}
    assert (await world.decide(world.carol, request_id)).result is Result.APPROVED
    await world.pass_time(timedelta(seconds=30))
    assert {card.request.status for card in world.messenger.cards.values()} == {Status.ACTIVE}


async def test_a_click_that_waited_is_decided_by_what_is_so_when_it_is_done(world: World) -> None:
    """Answers from right after the click, while something else was away, are long past then."""
    request = await world.request(await world.asked())
    world.cloud.down = UpstreamBusy("AWS is away")
    assert await world.do(world.click(world.bob, request)) is None
    world.clock.move(SECOND)
    world.principals.remember()
    world.principals.remembered_at = world.clock.now()
    world.principals.leave("Payments", world.ada.id)
    await world.pass_time(10 * MINUTE)
    world.cloud.down = None
    await world.settle()
    assert (await world.request(request.id)).failure == Reason.NOT_ELIGIBLE.value
    assert "request.approved" not in await world.actions(request.id)
