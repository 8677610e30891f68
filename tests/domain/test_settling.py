"""The possible outcomes of an operation without an answer, and how often it is asked about (rules 16, 17 and 20)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.assignment import (
    LISTS_LAG,
    OUTCOME_WITHIN,
    SELDOM,
    SETTLED_AFTER,
    Assignment,
    AssignmentChange,
    Operation,
    OperationKind,
    change_ahead,
    wants_access,
    watched_again_after,
)
from core.domain.operation_outcomes import finds_nothing_yet, is_stuck, is_unsettled, may_have_come, says_absent, seen
from core.domain.organization import Target
from core.domain.request import Request
from tests.strategies import ACCOUNTS, NOW, PEOPLE, PERMISSION_SETS, requests

MOMENT = timedelta(seconds=1)
CREATE = Operation(OperationKind.CREATE, NOW)
ANSWERED = replace(CREATE, aws_id="op-1")
DELETE = Operation(OperationKind.DELETE, NOW)
ROW = Assignment(PEOPLE[0], Target(ACCOUNTS[0], PERMISSION_SETS[0]))


@pytest.mark.parametrize("operation", [ANSWERED, DELETE])
def test_what_aws_has_answered_to_and_a_deletion_are_settled_when_lists_have_caught_up(operation: Operation) -> None:
    for is_wanted in (True, False):
        assert is_unsettled(operation, NOW + LISTS_LAG - MOMENT, is_wanted=is_wanted)
        assert not is_unsettled(operation, NOW + LISTS_LAG, is_wanted=is_wanted)


def test_a_creation_without_an_answer_may_come_until_its_signature_is_too_old() -> None:
    assert is_unsettled(CREATE, NOW + SETTLED_AFTER - MOMENT, is_wanted=True)
    assert not is_unsettled(CREATE, NOW + SETTLED_AFTER, is_wanted=True)


def test_a_creation_that_nobody_wants_any_more_is_looked_for_however_old_it_is() -> None:
    assert is_unsettled(CREATE, NOW + 9 * SETTLED_AFTER, is_wanted=False)


def test_a_deletion_that_finds_nothing_is_the_end_of_what_was_made_long_ago_or_never() -> None:
    made = replace(ROW, ours=True, changed=AssignmentChange(OperationKind.CREATE, NOW, NOW))
    assert not finds_nothing_yet(made, NOW + LISTS_LAG)
    assert finds_nothing_yet(made, NOW + LISTS_LAG - MOMENT)
    unknown = replace(made, changed=None)
    assert finds_nothing_yet(unknown, NOW + LISTS_LAG)
    assert not finds_nothing_yet(replace(unknown, failures=1), NOW), "AWS called the creation FAILED"


def test_only_a_creation_without_an_answer_may_have_come() -> None:
    assert may_have_come(replace(ROW, hanging=(DELETE, CREATE)))
    assert not may_have_come(replace(ROW, hanging=(DELETE, ANSWERED)))


def test_what_is_listed_while_a_creation_has_no_answer_is_taken_for_it() -> None:
    assert seen(replace(ROW, hanging=(CREATE,)), NOW, listed=True).ours
    assert seen(replace(ROW, ours=True), NOW, listed=True).ours
    assert not seen(ROW, NOW, listed=True).ours


def test_what_is_not_listed_by_the_end_of_its_time_never_came() -> None:
    row = replace(ROW, hanging=(CREATE, ANSWERED))

    assert seen(row, NOW + SETTLED_AFTER - MOMENT, listed=False).hanging == (CREATE, ANSWERED)
    assert seen(row, NOW + SETTLED_AFTER, listed=False).hanging == (ANSWERED,)


def test_what_never_came_has_begun_no_window() -> None:
    """Rule 16: the next creation counts from its own date."""
    row = replace(ROW, hanging=(CREATE,), asked_since=NOW)
    made = replace(row, ours=True, hanging=(), changed=AssignmentChange(OperationKind.CREATE, NOW, NOW))

    assert seen(row, NOW + SETTLED_AFTER - MOMENT, listed=False).asked_since is not None
    assert seen(row, NOW + SETTLED_AFTER, listed=False).asked_since is None
    assert seen(replace(row, hanging=(ANSWERED,)), NOW + SETTLED_AFTER, listed=False).asked_since is not None
    assert seen(replace(row, hanging=(DELETE,)), NOW + SETTLED_AFTER, listed=False).asked_since is None
    assert seen(made, NOW + SETTLED_AFTER, listed=False).asked_since == NOW


@pytest.mark.parametrize(("age", "began"), [(LISTS_LAG, NOW), (2 * LISTS_LAG, NOW + LISTS_LAG)])
def test_what_a_list_lacks_was_not_made_before_the_lag_of_lists(age: timedelta, began: datetime) -> None:
    """Rule 16: while AWS is still at an old creation, the window counts from when that can have made it."""
    row = replace(ROW, hanging=(ANSWERED,), asked_since=NOW)

    assert seen(row, NOW + age, listed=False).asked_since == began
    assert seen(row, NOW + age, listed=True).asked_since == NOW


@pytest.mark.parametrize("before", [None, AssignmentChange(OperationKind.DELETE, NOW - SELDOM, NOW - SELDOM)])
def test_a_creation_that_aws_called_failed_has_begun_no_window_where_a_list_lacks_it(
    before: AssignmentChange | None,
) -> None:
    """Access that was deleted before makes no difference."""
    row = replace(ROW, ours=True, failures=1, asked_since=NOW, changed=before)

    assert seen(row, NOW + MOMENT, listed=False).asked_since is None
    assert seen(row, NOW + MOMENT, listed=True).asked_since == NOW


def test_what_is_listed_long_after_our_deletion_was_made_after_it() -> None:
    row = replace(ROW, ours=True, changed=AssignmentChange(OperationKind.DELETE, NOW, NOW))

    assert seen(row, NOW + LISTS_LAG - MOMENT, listed=True).changed == row.changed
    assert seen(row, NOW + LISTS_LAG, listed=True).changed is None
    assert seen(row, NOW + LISTS_LAG, listed=False).changed == row.changed


def test_a_change_in_flight_is_the_only_one() -> None:
    assert change_ahead(replace(ROW, ours=True, operation=CREATE), []) is None
    assert change_ahead(replace(ROW, ours=True), []) is OperationKind.DELETE


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        ("Assignment not found", True),
        ("The assignment was not found.", True),
        ("assignment could not be found", True),
        ("Account assignment does not exist", True),
        ("Permission set not found", False),
        ("Access denied", False),
        ("", False),
    ],
)
def test_only_the_word_that_there_is_no_such_assignment_says_that_it_is_gone(words: str, *, absent: bool) -> None:
    assert says_absent(words) is absent


def test_an_operation_without_an_outcome_for_five_minutes_keeps_no_slot() -> None:
    assert not is_stuck(CREATE, NOW + OUTCOME_WITHIN - MOMENT)
    assert is_stuck(CREATE, NOW + OUTCOME_WITHIN)


@pytest.mark.parametrize(
    ("age", "after"),
    [
        (timedelta(), MOMENT),
        (timedelta(minutes=20), timedelta(minutes=5)),
        (timedelta(hours=4), SELDOM),
        (timedelta(days=9), SELDOM),
    ],
)
def test_the_older_an_operation_is_the_more_seldom_it_is_asked_after(age: timedelta, after: timedelta) -> None:
    older = replace(DELETE, begun_at=NOW - timedelta(days=30))

    assert watched_again_after(replace(ROW, hanging=(older, DELETE)), (), NOW + age) == after


@given(
    requests(), st.sets(st.sampled_from([CREATE, DELETE]), min_size=1), st.timedeltas(timedelta(0), timedelta(days=2))
)
def test_an_operation_that_would_be_wrong_by_now_is_asked_after_more_often(
    request: Request, hanging: set[Operation], age: timedelta
) -> None:
    """Access that nobody wants, or that somebody lacks: a minute at most in the first hour, then five."""
    feared = DELETE if wants_access(request) else CREATE
    often = timedelta(minutes=1) if age < timedelta(hours=1) else timedelta(minutes=5)

    pause = watched_again_after(replace(ROW, hanging=tuple(hanging)), [request], NOW + age)

    assert pause == min(max(age / 4, MOMENT), often if feared in hanging else SELDOM)
