from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import ConversationId, PrincipalId, RequestId
from core.domain.notices import (
    Audience,
    Form,
    Recipient,
)
from core.domain.request import (
    OVERLAP,
    Request,
    Status,
    digest,
    extended_by,
    extension_start,
    next_reminder,
)
from core.domain.transition_notices import MOST_REMINDED, reminders_for, whom_to_remind
from tests.strategies import NOW, requests

seconds = st.integers(1, 20_000).map(lambda number: timedelta(seconds=number))
pending = requests(Status.PENDING).map(lambda r: replace(r, created_at=NOW, expires_at=NOW + timedelta(hours=3)))
people = st.lists(st.integers(0, 99).map(lambda n: PrincipalId(f"p-{n:02}")), unique=True, max_size=70)


@given(pending, seconds, seconds)
def test_reminders_come_at_doubled_distances_from_the_submission_until_it_expires(
    request: Request, after: timedelta, passed: timedelta
) -> None:
    at = next_reminder(request, after, NOW + passed)
    all_of_them = [NOW + after * 2**n for n in range(16)]
    expected = next(each for each in all_of_them if each > NOW + passed)
    assert request.expires_at is not None
    assert at == (expected if expected < request.expires_at else None)


@given(pending, seconds)
def test_no_distance_means_no_reminders(request: Request, passed: timedelta) -> None:
    assert next_reminder(request, None, NOW + passed) is None
    assert next_reminder(request, timedelta(), NOW + passed) is None


@given(pending, seconds, st.integers(0, 10_000).map(lambda days: timedelta(days=days)))
def test_what_never_expires_is_reminded_of_for_ever(request: Request, after: timedelta, passed: timedelta) -> None:
    at = next_reminder(replace(request, expires_at=None), after, NOW + passed)
    assert at is not None
    assert NOW + passed < at <= max(NOW + after, NOW + 2 * passed)


@given(people, people, st.integers(1, 12))
def test_reminded_is_who_has_not_decided_and_never_more_than_a_message_each_to_a_few(
    approvers: list[PrincipalId], decided: list[PrincipalId], turn: int
) -> None:
    reminded = whom_to_remind(approvers, decided, turn)
    left = set(approvers) - set(decided)
    assert set(reminded) <= left
    assert len(reminded) == len(set(reminded)) == min(len(left), MOST_REMINDED)


@given(people)
def test_from_reminder_to_reminder_everybody_gets_a_turn(approvers: list[PrincipalId]) -> None:
    turns = -(-len(approvers) // MOST_REMINDED) or 1
    reminded = {principal for turn in range(1, turns + 1) for principal in whom_to_remind(approvers, (), turn)}
    assert reminded == set(approvers)


@given(pending)
def test_a_reminder_is_a_line_in_each_channel_and_a_message_to_the_approvers(request: Request) -> None:
    told = reminders_for(replace(request, channels=(ConversationId("C1"), ConversationId("C2"))))
    assert [(notice.form, notice.to.id) for notice in told[:-1]] == [(Form.THREAD, "C1"), (Form.THREAD, "C2")]
    assert (told[-1].form, told[-1].to) == (Form.DIRECT, Recipient.approvers(request.id))
    alone = reminders_for(replace(request, channels=()))
    assert [notice.to.audience for notice in alone] == [Audience.APPROVERS]


@given(pending)
def test_being_reminded_leaves_the_digest_of_the_card_as_it_is(request: Request) -> None:
    """Rule 13: a button that is pressed after a reminder still counts."""
    assert digest(replace(request, reminders=3, remind_at=NOW)) == digest(request)


lives = st.lists(
    st.tuples(requests(Status.GRANTING, Status.ACTIVE, Status.REVOKING), st.integers(-60, 600)).map(
        lambda drawn: replace(drawn[0], end_at=NOW + timedelta(minutes=drawn[1]))
    ),
    max_size=4,
)
starts = st.none() | st.integers(0, 600).map(lambda number: NOW + timedelta(minutes=number))


@given(starts, lives)
def test_a_request_extends_the_access_that_it_overlaps_and_that_ends_last(
    start_at: object, live: list[Request]
) -> None:
    """Rule 18."""
    numbered = [replace(request, id=RequestId(1001 + n)) for n, request in enumerate(live)]
    overlapped = [
        request
        for request in numbered
        if request.status is not Status.REVOKING
        and not request.failure
        and request.end_at is not None
        and (start_at is None or start_at < request.end_at)  # type: ignore[operator]
    ]
    found = extended_by(start_at, numbered)  # type: ignore[arg-type]
    assert (found is None) == (not overlapped)
    if found is not None:
        assert found in overlapped
        assert all(found.end_at >= request.end_at for request in overlapped)  # type: ignore[operator]


@given(requests(Status.ACTIVE), st.integers(0, 300).map(lambda number: timedelta(minutes=number)))
def test_an_extension_begins_before_the_end_so_that_nothing_is_interrupted(request: Request, left: timedelta) -> None:
    live = replace(request, end_at=NOW + left, failure="")
    start = extension_start(live, NOW)
    assert start is None or NOW < start == NOW + left - OVERLAP
    assert (start is None) == (left <= OVERLAP)
    if left > timedelta():
        assert extended_by(start, [live]) == live


def test_of_many_approvers_each_is_reminded_in_turn() -> None:
    many = [PrincipalId(f"p{n:03}") for n in range(MOST_REMINDED + 5)]

    assert whom_to_remind(many[:3], many[:1], 9) == many[1:3]
    assert whom_to_remind(many, [], 1) == many[:MOST_REMINDED]
    assert whom_to_remind(many, [], 2) == [*many[MOST_REMINDED:], *many[: MOST_REMINDED - 5]]
    assert whom_to_remind(many[:MOST_REMINDED], [], 2) == many[:MOST_REMINDED]
