from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.assignment import (
    ALARM_AFTER,
    GRANT_PATIENCE,
    Step,
    heir,
    is_overdue,
    next_step,
    patience_is_over,
    released,
    wants_access,
)
from core.domain.request import LIVE, Request, Status
from tests.strategies import NOW, Look, looks, requests


def step_of(look: Look) -> Step:
    return next_step(look.assignment, look.live, listed=look.listed)


@given(looks())
def test_an_assignment_that_this_product_did_not_make_is_never_deleted(look: Look) -> None:
    """Rule 19."""
    if not look.assignment.ours:
        assert step_of(look) is not Step.DELETE


@given(looks())
def test_an_assignment_is_deleted_once_nobody_wants_it_and_never_before(look: Look) -> None:
    """Rules 17 and 18: it goes when the last of them ends."""
    wanted = any(wants_access(request) for request in look.live)
    assert (step_of(look) is Step.DELETE) == (not wanted and look.assignment.ours and look.listed)


@given(looks())
def test_active_is_confirmed_only_when_aws_lists_what_is_ours(look: Look) -> None:
    """Rules 8 and 20."""
    if step_of(look) is Step.CONFIRM_ACTIVE:
        assert look.listed
        assert look.assignment.ours
        assert any(request.status is Status.GRANTING and not request.failure for request in look.live)


@given(looks())
def test_gone_is_confirmed_only_when_nothing_of_ours_is_listed(look: Look) -> None:
    """Rule 20."""
    if step_of(look) is Step.CONFIRM_GONE:
        assert not (look.listed and look.assignment.ours)


@given(looks())
def test_what_turns_up_between_approval_and_grant_fails_the_request_and_stays(look: Look) -> None:
    """Rule 8."""
    granting = any(wants_access(request) and request.status is Status.GRANTING for request in look.live)
    foreign = look.listed and not look.assignment.ours
    assert (step_of(look) is Step.REFUSE_FOREIGN) == (granting and foreign)


@given(looks())
def test_access_that_somebody_took_away_is_reported_and_not_given_again(look: Look) -> None:
    """Rule 19."""
    if not look.listed and {request.status for request in look.live} == {Status.ACTIVE}:
        assert step_of(look) is Step.REPORT_LOST


@given(looks())
def test_aws_is_asked_to_create_only_for_a_request_that_is_being_granted(look: Look) -> None:
    """Rule 16."""
    if step_of(look) is Step.CREATE:
        assert not look.listed
        assert any(request.status is Status.GRANTING and not request.failure for request in look.live)


@given(looks(), st.data())
def test_the_order_of_requests_never_matters(look: Look, data: st.DataObject) -> None:
    """Rule 18."""
    live = tuple(data.draw(st.permutations(look.live)))
    assert step_of(replace(look, live=live)) is step_of(look)
    assert heir(live) == heir(look.live)
    assert set(map(id, released(live))) == set(map(id, released(look.live)))


@given(looks())
def test_every_live_request_either_wants_the_access_or_has_let_go_of_it(look: Look) -> None:
    """Rules 17 and 18: nothing that is live can be forgotten."""
    gone = released(look.live)
    assert all((request in gone) != wants_access(request) for request in look.live)


@given(requests())
def test_only_what_is_granted_or_active_wants_access(request: Request) -> None:
    """Rule 17: time and failure alone decide; whether the policies still allow it is not asked."""
    expected = request.status is Status.ACTIVE or (request.status is Status.GRANTING and not request.failure)
    assert wants_access(request) == expected
    assert not wants_access(request) or request.status in LIVE


@given(looks())
def test_access_goes_on_under_the_active_request_that_ends_last(look: Look) -> None:
    """Rule 18."""
    ends = [request.end_at for request in look.live if request.status is Status.ACTIVE and request.end_at]
    found = heir(look.live)
    assert (found.end_at if found else None) == max(ends, default=None)


_waits = st.timedeltas(timedelta(0), timedelta(hours=1))


@given(requests(Status.GRANTING), _waits)
def test_a_grant_is_tried_for_half_an_hour(request: Request, waited: timedelta) -> None:
    """The table of rule 15: "retries used up"."""
    assert patience_is_over(replace(request, granting_at=NOW - waited), NOW) == (waited > GRANT_PATIENCE)


@given(requests(*sorted(LIVE)), _waits)
def test_a_revocation_that_takes_longer_than_five_minutes_is_an_alarm(request: Request, waited: timedelta) -> None:
    """Rule 17."""
    started = replace(request, revoking_at=NOW - waited)
    assert is_overdue(started, NOW) == (request.status is Status.REVOKING and waited > ALARM_AFTER)
    assert timedelta(minutes=5) == ALARM_AFTER
