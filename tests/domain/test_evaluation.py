import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.durations import SHORTEST
from core.domain.errors import Field, Reason, Refusal
from core.domain.evaluation import (
    LONGEST_JUSTIFICATION,
    START_TOLERANCE,
    approval_is_needed,
    effective_start,
    eligibility,
    evaluate,
    evaluate_again,
    evaluate_target,
    visible,
    whole_minutes,
)
from core.domain.ids import AccountId
from core.domain.policy import PolicyBook
from core.domain.settings import Requirement
from tests.strategies import NOW, Situation, lengths, moments, policy_books, request_of, situations

ABOUT_THE_TARGET = {
    *(Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_PERMISSION_SET, Reason.NOT_ELIGIBLE, Reason.PRINCIPAL_DISABLED),
    *(Reason.MANAGEMENT_ACCOUNT, Reason.PROTECTED_ACCOUNT, Reason.PROTECTED_PERMISSION_SET, Reason.ALREADY_ASSIGNED),
    *(Reason.DURATION_TOO_LONG, Reason.DURATION_TOO_SHORT),
}
"""The reasons that hold against a request at any time before the grant."""


def reasons(refusals: tuple[Refusal, ...]) -> set[Reason]:
    return {refusal.reason for refusal in refusals}


def reasons_for(situation: Situation) -> set[Reason]:
    return reasons(evaluate(situation.ask, situation.seen).refusals)


@given(situations(), lengths)
def test_a_shorter_ask_is_never_refused_when_a_longer_one_was_not(situation: Situation, length: timedelta) -> None:
    """Rules 4 and 6."""
    shorter, longer = sorted((length, situation.ask.duration))
    if evaluate(replace(situation.ask, duration=longer), situation.seen).allowed and shorter >= SHORTEST:
        assert evaluate(replace(situation.ask, duration=shorter), situation.seen).allowed


@given(situations())
def test_what_is_allowed_lies_between_a_quarter_of_an_hour_and_the_limit_of_its_target(situation: Situation) -> None:
    """Rules 4 and 6."""
    judgement = evaluate(situation.ask, situation.seen)
    if judgement.allowed:
        assert judgement.eligibility is not None
        assert SHORTEST <= situation.ask.duration <= judgement.eligibility.limit


@given(situations(), st.integers(-2, 2))
def test_the_limit_itself_may_be_asked_for_and_a_minute_more_may_not(situation: Situation, minutes: int) -> None:
    """Rule 4."""
    found = evaluate(situation.ask, situation.seen).eligibility
    if found is None:
        return
    ask = replace(situation.ask, duration=found.limit + timedelta(minutes=minutes))
    refused = reasons(evaluate(ask, situation.seen).refusals)
    assert (Reason.DURATION_TOO_LONG in refused) == (minutes > 0)


@given(situations())
def test_nothing_is_allowed_without_a_policy_that_matches(situation: Situation) -> None:
    """Rule 3."""
    judgement = evaluate(situation.ask, situation.seen)
    if judgement.allowed:
        assert judgement.eligibility is not None
        assert judgement.eligibility.policies


@given(situations())
def test_every_refusal_is_told_once_and_a_form_can_show_where_it_came_from(situation: Situation) -> None:
    """Rule 6."""
    judgement = evaluate(situation.ask, situation.seen)
    told = [refusal.reason for refusal in judgement.refusals]
    assert len(told) == len(set(told))
    homeless = {refusal.reason for refusal in judgement.refusals if refusal.field is None}
    assert homeless <= {Reason.PRINCIPAL_DISABLED, Reason.NO_APPROVER, Reason.QUORUM_UNREACHABLE}


@given(situations(), moments | st.integers(-8, 8).map(lambda minutes: NOW + timedelta(days=1, minutes=minutes)))
def test_a_start_lies_between_now_and_as_far_ahead_as_settings_say(situation: Situation, start_at: datetime) -> None:
    """Rule 6."""
    now = NOW + timedelta(days=1)
    seen = replace(situation.seen, now=now)
    found = reasons(evaluate(replace(situation.ask, start_at=start_at), seen).refusals)
    assert (Reason.START_IN_PAST in found) == (start_at < now - START_TOLERANCE)
    assert (Reason.START_TOO_FAR in found) == (start_at > now + seen.book.settings.max_start_ahead)


@given(moments, st.none() | moments)
def test_a_start_that_has_passed_means_now(now: datetime, start_at: datetime | None) -> None:
    """Rule 6."""
    start = effective_start(start_at, now)
    assert start == start_at if start_at is not None and start_at > now else start is None


@given(situations(), st.text(max_size=5))
def test_a_justification_that_nobody_can_see_is_none(situation: Situation, text: str) -> None:
    """Rule 6."""
    wanted = situation.seen.book.settings.require_justification
    found = reasons(evaluate(replace(situation.ask, justification=text), situation.seen).refusals)
    assert (Reason.JUSTIFICATION_MISSING in found) == (wanted and not visible(text))


INVISIBLE = [
    "",
    " \n\t",
    "\u200b\u200d",
    "\u2800 \u2800",
    "\u3164\n\u3164",
    "\u034f",
    "\ufe0f",
    "\uffa0",
    "\u00ad",
    "\x00\x07",
]


@pytest.mark.parametrize("text", INVISIBLE)
def test_blank_and_zero_width_characters_justify_nothing(text: str) -> None:
    """Rule 6."""
    assert visible(text) == ""


@given(st.text())
def test_what_has_a_letter_a_digit_or_a_sign_can_be_seen(text: str) -> None:
    """Rule 6: in every script, and an emoji is one too."""
    if any(unicodedata.category(character) in {"Lu", "Ll", "Nd", "Po", "Sm"} for character in text):
        assert visible(text)
    assert visible("\U0001f525")
    assert visible("\u306f\u3044")


@given(situations(), st.integers(0, 3))
def test_a_justification_has_an_upper_bound(situation: Situation, more: int) -> None:
    """Rule 6."""
    text = "x" * (LONGEST_JUSTIFICATION - 1 + more)
    found = reasons(evaluate(replace(situation.ask, justification=text), situation.seen).refusals)
    assert (Reason.JUSTIFICATION_TOO_LONG in found) == (more > 1)


@given(situations())
def test_a_ticket_is_asked_for_where_settings_say_so_and_always_held_to_its_pattern(situation: Situation) -> None:
    """Rule 6."""
    found = reasons_for(situation)
    required = situation.seen.book.settings.ticket is Requirement.REQUIRED
    assert (Reason.TICKET_MISSING in found) == (required and not situation.ask.ticket)
    assert (Reason.TICKET_MISMATCH in found) == (situation.ask.ticket not in {"", "OPS-1", " OPS-22 "})


@given(situations())
def test_a_request_that_nobody_else_could_approve_is_refused_at_once(situation: Situation) -> None:
    """Rule 7: distinct principals, the requester left out, and only where approval is needed."""
    seen = situation.seen
    judgement = evaluate(situation.ask, seen)
    found = reasons(judgement.refusals)
    others = seen.approvers - {seen.person.id}
    assert judgement.approvers == others
    known = found.isdisjoint({Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_PERMISSION_SET})
    asked = judgement.needs_approval and known
    assert (Reason.NO_APPROVER in found) == (asked and not others)
    assert (Reason.QUORUM_UNREACHABLE in found) == (asked and 0 < len(others) < judgement.approval.quorum)


@given(situations())
def test_a_target_already_held_by_hand_is_refused(situation: Situation) -> None:
    """Rule 8."""
    held = replace(situation, seen=replace(situation.seen, already_assigned=True))
    assert not evaluate(held.ask, held.seen).allowed
    free = replace(situation, seen=replace(situation.seen, already_assigned=False))
    assert reasons_for(free) == reasons_for(held) - {Reason.ALREADY_ASSIGNED}


@given(situations())
def test_the_management_account_and_protected_targets_are_refused_even_to_the_eligible(situation: Situation) -> None:
    """Rule 9."""
    seen, target = situation.seen, situation.ask.target
    protected = (
        target.account == seen.organization.management_account
        or target.account in seen.book.settings.protected_accounts
        or target.permission_set in seen.book.settings.protected_permission_sets
    )
    if protected:
        assert not evaluate(situation.ask, seen).allowed


@given(situations())
def test_a_disabled_principal_is_granted_nothing(situation: Situation) -> None:
    """Rule 1."""
    if not situation.seen.person.principal.enabled:
        assert not evaluate(situation.ask, situation.seen).allowed


@given(situations())
def test_who_is_not_eligible_learns_nothing_more_about_the_target(situation: Situation) -> None:
    """Rule 22: neither that it is protected, nor that it is held, nor who would approve."""
    found = reasons(evaluate_target(situation.ask.target, situation.seen).refusals)
    if Reason.NOT_ELIGIBLE in found:
        assert found <= {Reason.NOT_ELIGIBLE, Reason.PRINCIPAL_DISABLED}


@given(situations())
def test_what_is_not_open_to_somebody_is_not_told_to_exist(situation: Situation) -> None:
    """Rule 22: a guessed id is answered as one that is somebody else's."""
    judgement = evaluate(situation.ask, situation.seen)
    told = reasons(judgement.told)
    if judgement.eligibility is None:
        assert Reason.NOT_ELIGIBLE in told
        assert told.isdisjoint({Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_PERMISSION_SET})
    else:
        assert judgement.told == judgement.refusals
    assert bool(told) == bool(judgement.refusals)


@given(situations(), situations())
def test_the_stricter_of_two_verdicts_stands(then: Situation, now: Situation) -> None:
    """Rule 14: what would be refused if it were asked now is refused at the click and at the grant."""
    request = replace(request_of(then, quorum=1), requester=now.seen.person.id, target=now.ask.target)
    ask = replace(now.ask, duration=then.ask.duration)
    fresh = reasons(evaluate(ask, now.seen).refusals) & ABOUT_THE_TARGET
    again = reasons(evaluate_again(request, now.seen))
    if fresh & {Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_PERMISSION_SET}:
        fresh -= {Reason.DURATION_TOO_LONG, Reason.DURATION_TOO_SHORT}  # there is nothing to be long
    assert again == fresh


@given(situations())
def test_what_needed_no_approval_is_not_granted_once_it_does(situation: Situation) -> None:
    """Rules 5 and 14."""
    found = eligibility(situation.seen.book, situation.seen.organization, situation.seen.person, situation.ask.target)
    unasked, asked = request_of(situation, quorum=0), request_of(situation, quorum=1)
    refused = reasons(evaluate_again(unasked, situation.seen))
    needed = found is not None and found.approval_required
    known = refused.isdisjoint({Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_PERMISSION_SET})
    assert (Reason.APPROVAL_NOW_REQUIRED in refused) == (needed and known)
    assert Reason.APPROVAL_NOW_REQUIRED not in reasons(evaluate_again(asked, situation.seen))


@given(situations())
def test_what_was_allowed_is_still_allowed_when_nothing_has_changed(situation: Situation) -> None:
    """Rule 14."""
    judgement = evaluate(situation.ask, situation.seen)
    if judgement.allowed:
        quorum = judgement.approval.quorum if judgement.needs_approval else 0
        assert evaluate_again(request_of(situation, quorum=quorum), situation.seen) == ()


@given(situations())
def test_that_approvers_have_become_too_few_takes_no_decision_back(situation: Situation) -> None:
    """Rules 7 and 14."""
    request = request_of(situation, quorum=2)
    nobody = replace(situation.seen, approvers=frozenset())
    assert evaluate_again(request, nobody) == evaluate_again(request, situation.seen)


@given(situations(), policy_books)
def test_an_account_that_left_the_organization_is_granted_to_nobody(situation: Situation, book: PolicyBook) -> None:
    """Rule 3: as the organization is now."""
    gone = replace(situation.ask.target, account=AccountId("999999999999"))
    ask, seen = replace(situation.ask, target=gone), replace(situation.seen, book=book)
    assert [refusal.field for refusal in evaluate_target(ask.target, seen).refusals] == [Field.ACCOUNT]


@given(lengths, st.integers(-29, 29))
def test_a_duration_is_in_whole_minutes(length: timedelta, seconds: int) -> None:
    """Rule 6."""
    assert whole_minutes(length + timedelta(seconds=seconds)) == length


@given(situations())
def test_approval_is_needed_where_the_policies_ask_for_it_and_not_where_none_matches(situation: Situation) -> None:
    """Rule 5."""
    target, seen = situation.ask.target, situation.seen
    found = eligibility(seen.book, seen.organization, seen.person, target)

    assert approval_is_needed(target, seen) is (found is not None and found.approval_required)
    assert not approval_is_needed(target, replace(seen, book=PolicyBook()))


@given(situations())
def test_a_start_that_was_ahead_when_the_form_was_sent_is_too_late_with_its_window_nearly_over(
    situation: Situation,
) -> None:
    """Rule 6: late, the window is shorter; with less than 5 minutes left it is too late."""
    now, hour = situation.seen.now, timedelta(hours=1)
    ask = replace(situation.ask, start_at=now - timedelta(minutes=56), duration=hour, sent_at=now - hour)
    in_time = replace(ask, start_at=now - timedelta(minutes=55))

    assert Reason.WINDOW_OVER in reasons_for(replace(situation, ask=ask))
    assert Reason.WINDOW_OVER not in reasons_for(replace(situation, ask=in_time))
