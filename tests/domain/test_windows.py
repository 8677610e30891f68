"""The moment when it is too late for a request, the rest of its window, and the person's other access to a target."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from core.domain.activity import summary_due_at
from core.domain.errors import Reason
from core.domain.extensions import approved_extensions, siblings
from core.domain.freshness import AHEAD, is_younger
from core.domain.ids import RequestId
from core.domain.instance import instance_id, is_of
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.domain.windows import LEAST_LEFT, MISSED_AFTER, expiry, is_too_late, lapse, time_left, window_end
from tests.strategies import ACCOUNTS, NOW, PERMISSION_SETS, requests

HOUR, MINUTE, MOMENT = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@given(requests(Status.PENDING))
def test_without_a_start_asked_for_the_window_is_never_over(request: Request) -> None:
    waiting = replace(request, start_at=None)

    assert window_end(None, HOUR) is None
    assert not is_too_late(None, HOUR, NOW + timedelta(days=900))
    assert time_left(waiting, NOW + timedelta(days=900)) is None
    assert lapse(waiting, NOW + timedelta(days=900)) is None
    assert expiry(None, HOUR, NOW, 3 * HOUR) == NOW + 3 * HOUR


@pytest.mark.parametrize(("left", "too_late"), [(LEAST_LEFT, False), (LEAST_LEFT - MOMENT, True), (-HOUR, True)])
def test_with_less_than_five_minutes_left_it_is_too_late(left: timedelta, *, too_late: bool) -> None:
    """Rule 6."""
    assert is_too_late(NOW, HOUR, NOW + HOUR - left) is too_late


@given(requests(Status.PENDING))
def test_a_window_that_has_begun_is_shorter_by_what_has_passed_of_it(request: Request) -> None:
    begun = replace(request, start_at=NOW, duration=HOUR)

    assert time_left(begun, NOW) is None
    assert time_left(begun, NOW - MINUTE) is None
    assert time_left(begun, NOW + 20 * MINUTE) == 40 * MINUTE
    assert time_left(begun, NOW + 2 * HOUR) == timedelta()


@given(requests(Status.SCHEDULED))
def test_a_start_that_was_missed_by_half_an_hour_is_not_made_up_for(request: Request) -> None:
    """The table of transitions: counted from the start, or from the decision where that came later."""
    due = replace(request, start_at=NOW, duration=8 * HOUR, created_at=NOW - HOUR, decided_at=None)
    decided = replace(due, decided_at=NOW + MINUTE)
    pending = replace(due, status=Status.PENDING)

    assert lapse(due, NOW + MISSED_AFTER - MOMENT) is None
    assert lapse(due, NOW + MISSED_AFTER) is Reason.START_MISSED
    assert lapse(decided, NOW + MISSED_AFTER) is None
    assert lapse(decided, NOW + MINUTE + MISSED_AFTER) is Reason.START_MISSED
    assert lapse(pending, NOW + MISSED_AFTER) is None
    assert lapse(due, NOW + 8 * HOUR) is Reason.WINDOW_OVER


def test_a_pending_request_is_given_up_as_soon_as_it_is_too_late_for_its_window() -> None:
    at = expiry(NOW, HOUR, NOW, 24 * HOUR)

    assert at == NOW + HOUR - LEAST_LEFT + MOMENT
    assert is_too_late(NOW, HOUR, at)
    assert expiry(NOW, HOUR, NOW, MINUTE) == NOW + MINUTE


@pytest.mark.parametrize(
    ("age", "younger"),
    [(-AHEAD - MOMENT, False), (-AHEAD, True), (timedelta(), True), (MINUTE - MOMENT, True), (MINUTE, False)],
)
def test_what_lies_ahead_by_more_than_clocks_may_differ_is_not_young(age: timedelta, *, younger: bool) -> None:
    assert is_younger(NOW - age, NOW, MINUTE) is younger


ARN = "arn:aws:sso:::instance/ssoins-1234abcd"


@pytest.mark.parametrize(
    ("arn", "belongs"),
    [
        (ARN, True),
        ("arn:aws:sso:::permissionSet/ssoins-1234abcd/ps-1", True),
        ("arn:aws:sso:::permissionSet/ssoins-1234abce/ps-1", False),
        ("arn:aws:sso:::permissionSet/ssoins-1234/ps-1", False),
        ("arn:aws:iam::aws:policy/ReadOnly", False),
    ],
)
def test_an_arn_belongs_to_the_instance_that_it_names(arn: str, *, belongs: bool) -> None:
    """Rule 20."""
    assert is_of(arn, ARN) is belongs


def test_what_names_no_instance_belongs_to_none() -> None:
    assert instance_id("arn:aws:iam::aws:policy/ReadOnly") == ""
    assert not is_of("arn:aws:iam::aws:policy/ReadOnly", "neither")


def numbered(request: Request, number: int, status: Status, extends: int | None = None) -> Request:
    return replace(
        request, id=RequestId(number), status=status, extends=RequestId(extends) if extends is not None else None
    )


@given(requests())
def test_what_else_may_give_the_same_access_is_named_oldest_first(drawn: Request) -> None:
    """Rule 18: live, scheduled and pending ones of that person for that target."""
    request = replace(drawn, id=RequestId(50), target=Target(ACCOUNTS[0], PERMISSION_SETS[0]))
    every = [numbered(request, 90 - at, status) for at, status in enumerate(Status)]
    elsewhere = replace(numbered(request, 10, Status.ACTIVE), target=Target(ACCOUNTS[1], PERMISSION_SETS[0]))

    found = siblings(request, [*every, elsewhere, request])

    assert [one.status for one in found] == [
        status
        for status in reversed(Status)
        if status in {Status.PENDING, Status.SCHEDULED, Status.GRANTING, Status.ACTIVE}
    ]


@given(requests())
def test_an_early_end_calls_off_what_was_approved_as_an_extension_and_the_extensions_of_that(drawn: Request) -> None:
    """Rule 18."""
    request = numbered(drawn, 1, Status.ACTIVE)
    among = [
        numbered(drawn, 5, Status.SCHEDULED),
        numbered(drawn, 4, Status.PENDING, extends=1),
        numbered(drawn, 3, Status.SCHEDULED, extends=2),
        numbered(drawn, 2, Status.SCHEDULED, extends=1),
        numbered(drawn, 6, Status.ENDED, extends=1),
        numbered(drawn, 7, Status.SCHEDULED, extends=6),
        numbered(drawn, 8, Status.SCHEDULED, extends=4),
    ]

    assert [one.id for one in approved_extensions(request, among)] == [2, 3, 7]


@given(requests(Status.ENDED))
def test_a_summary_waits_for_the_last_session_and_for_its_events(request: Request) -> None:
    """Rule 24."""
    over = replace(request, window_start_at=NOW, closed_at=NOW + HOUR, session_duration=2 * HOUR)
    never: datetime | None = None

    assert summary_due_at(over, MINUTE) == NOW + 3 * HOUR + MINUTE
    assert summary_due_at(replace(over, window_start_at=never), MINUTE) is None
    assert summary_due_at(replace(over, closed_at=never), MINUTE) is None
