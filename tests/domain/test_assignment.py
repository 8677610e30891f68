from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.assignment import (
    ALARM_AFTER,
    FINISHED_WITHIN,
    GRANT_PATIENCE,
    LISTS_LAG,
    Operation,
    OperationKind,
    Step,
    change_ahead,
    is_being_granted,
    is_created,
    is_deleted,
    is_deleted_at_once,
    is_overdue,
    longest_active,
    may_be_ours,
    may_yet_be_undone,
    needs_look,
    patience_is_over,
    released,
    wants_access,
)
from core.domain.operation_outcomes import succeeded
from core.domain.request import LIVE, Request, Status
from tests.looks import Look, looks
from tests.strategies import NOW, requests


def lately(look: Look, kind: OperationKind) -> bool:
    """True if AWS has said SUCCEEDED to this change of ours, as the last one, since its lists may be behind."""
    changed = look.assignment.changed
    return changed is not None and changed.kind is kind and look.now - changed.at < LISTS_LAG


def is_proved_gone(look: Look) -> bool:
    """Rule 20: our deletion succeeded and it is not listed, or two looks far enough apart agree."""
    if look.listed or lately(look, OperationKind.CREATE):
        return False
    since = look.assignment.missing_since
    return is_deleted(look.assignment) or (since is not None and look.now - since >= LISTS_LAG)


@given(looks())
def test_an_assignment_that_this_product_did_not_make_is_never_deleted(look: Look) -> None:
    """Rule 19."""
    if not look.assignment.ours:
        assert look.step is not Step.DELETE


@given(looks())
def test_an_assignment_is_deleted_once_nobody_wants_it_and_never_before(look: Look) -> None:
    """Rules 17, 18 and 20: it goes when the last of them ends, whatever the list of the moment says."""
    if any(wants_access(request) for request in look.live):
        assert look.step is not Step.DELETE
    elif look.assignment.ours and not is_proved_gone(look):
        waits_for_the_list = look.listed and lately(look, OperationKind.DELETE)
        assert look.step is (Step.LOOK_AGAIN if waits_for_the_list else Step.DELETE)


@given(looks())
def test_active_is_confirmed_only_after_aws_said_that_our_creation_succeeded(look: Look) -> None:
    """Rules 8 and 20: a list alone never confirms it, and one that is behind never denies it."""
    if look.step is Step.CONFIRM_ACTIVE:
        assert is_created(look.assignment)
        assert look.listed or lately(look, OperationKind.CREATE)
        assert any(request.status is Status.GRANTING and not request.failure for request in look.live)


@given(looks())
def test_gone_is_confirmed_only_where_it_is_proved(look: Look) -> None:
    """Rule 20: what is ours is never disowned by one look."""
    if look.step is Step.CONFIRM_GONE:
        assert not look.assignment.ours or is_proved_gone(look)
    if look.step is Step.REPORT_LOST and look.assignment.ours:
        assert is_proved_gone(look)


@given(looks())
def test_what_turns_up_between_approval_and_grant_fails_the_request_and_stays(look: Look) -> None:
    """Rule 8; what a list shows for a while after our own deletion is not meant."""
    granting = any(wants_access(request) and request.status is Status.GRANTING for request in look.live)
    foreign = look.listed and not look.assignment.ours and not lately(look, OperationKind.DELETE)
    assert (look.step is Step.REFUSE_FOREIGN) == (granting and foreign)


@given(looks())
def test_access_that_somebody_took_away_is_reported_and_not_given_again(look: Look) -> None:
    """Rule 19."""
    if {request.status for request in look.live} == {Status.ACTIVE}:
        is_by_us = look.assignment.ours and is_deleted(look.assignment)
        assert look.step in {Step.NOTHING_TO_DO, Step.RESTORE if is_by_us else Step.REPORT_LOST, Step.LOOK_AGAIN}
        if is_proved_gone(look):
            assert look.step is (Step.RESTORE if is_by_us else Step.REPORT_LOST)


@given(looks())
def test_only_what_a_deletion_of_ours_took_from_a_live_request_is_made_again(look: Look) -> None:
    """Rules 18 and 19."""
    if look.step is Step.RESTORE:
        assert look.assignment.ours
        assert is_deleted(look.assignment)
        assert not look.listed
        assert any(request.status is Status.ACTIVE for request in look.live)


@given(looks())
def test_aws_is_asked_to_create_only_for_a_request_that_is_being_granted(look: Look) -> None:
    """Rule 16."""
    if look.step is Step.CREATE:
        assert any(request.status is Status.GRANTING and not request.failure for request in look.live)


@given(looks())
def test_a_look_is_left_out_only_where_it_would_change_nothing(look: Look) -> None:
    """Rule 20: what waits asks nothing, and what is certain needs no list."""
    if not needs_look(look.assignment, look.live, look.now):
        blind, seeing = replace(look, listed=False), replace(look, listed=True)
        assert blind.step is seeing.step or not look.assignment.ours


@given(looks(), st.booleans())
def test_what_is_deleted_at_once_would_be_deleted_whatever_is_listed(look: Look, listed: bool) -> None:
    """Nothing is asked of AWS before: its list has no say, and nothing without an outcome could have one."""
    if is_deleted_at_once(look.assignment, look.live, look.now):
        assert replace(look, listed=listed).step is Step.DELETE
        assert not may_yet_be_undone(look.assignment, Step.DELETE, look.now)
        assert not any(is_being_granted(request) for request in look.live)


@given(looks())
def test_whatever_waits_for_a_slot_waits_for_the_change_that_it_needs(look: Look) -> None:
    """Rule 17: a row whose access is there, or whose access nobody wants, never stands in line for a creation."""
    change = change_ahead(look.assignment, look.live)
    if change is OperationKind.CREATE:
        assert any(is_being_granted(request) for request in look.live)
        assert not is_created(look.assignment)
    if change is OperationKind.DELETE:
        assert not any(wants_access(request) for request in look.live)
        assert look.assignment.ours


ages = st.sampled_from([LISTS_LAG / 5, LISTS_LAG, FINISHED_WITHIN, 9 * LISTS_LAG])
kinds = st.sampled_from(OperationKind)


@given(looks(), kinds, ages, st.booleans())
def test_an_operation_without_an_outcome_keeps_its_opposite_from_being_concluded(
    look: Look, kind: OperationKind, age: timedelta, is_taken_up: bool
) -> None:
    """Rules 16 and 20: while lists may be behind, and AWS may do what it has taken up; for ever nobody waits."""
    hanging = replace(look.assignment, hanging=(Operation(kind, NOW - age, "op-1" if is_taken_up else ""),))
    opposite = {OperationKind.CREATE: Step.CONFIRM_GONE, OperationKind.DELETE: Step.CONFIRM_ACTIVE}[kind]
    waits = FINISHED_WITHIN if kind is OperationKind.CREATE and is_taken_up else LISTS_LAG
    for step in Step:
        assert may_yet_be_undone(hanging, step, NOW) == (step is opposite and age < waits)


@given(looks(), kinds, ages)
def test_an_outcome_that_comes_out_of_order_proves_nothing(look: Look, kind: OperationKind, age: timedelta) -> None:
    """Rule 20: of two changes asked for, nobody knows which came last; so what is there is ours, and unconfirmed."""
    learnt = succeeded(look.assignment, Operation(kind, NOW - age), NOW)
    before = look.assignment.changed
    if before is not None and before.at > NOW - age and before.kind is not kind:
        assert (learnt.ours, learnt.changed) == (True, None)
    elif before is None or before.at <= NOW - age:
        assert learnt.changed is not None
        assert (learnt.changed.kind, learnt.changed.at) == (kind, NOW)
    else:
        assert learnt == look.assignment


@given(looks())
def test_nothing_that_may_be_ours_is_taken_for_somebody_elses(look: Look) -> None:
    """Rules 8 and 20."""
    changed = look.assignment.changed
    recently = changed is not None and NOW - changed.at < LISTS_LAG
    assert may_be_ours(look.assignment, NOW) == (look.assignment.ours or recently)


@given(looks(), st.data())
def test_the_order_of_requests_never_matters(look: Look, data: st.DataObject) -> None:
    """Rule 18."""
    live = tuple(data.draw(st.permutations(look.live)))
    assert replace(look, live=live).step is look.step
    assert longest_active(live) == longest_active(look.live)
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
    found = longest_active(look.live)
    assert (found.end_at if found else None) == max(ends, default=None)


_waits = st.timedeltas(timedelta(0), timedelta(hours=1))


@given(requests(Status.GRANTING), _waits)
def test_a_grant_is_tried_for_half_an_hour(request: Request, waited: timedelta) -> None:
    """The table of rule 15: "retries used up"."""
    assert patience_is_over(replace(request, granting_at=NOW - waited), NOW) == (waited > GRANT_PATIENCE)


@given(requests(*sorted(LIVE)), _waits)
def test_what_takes_longer_than_five_minutes_to_be_taken_away_is_an_alarm(request: Request, waited: timedelta) -> None:
    """Rule 17."""
    started = replace(request, revoking_at=NOW - waited)
    is_taken_away = request.status is Status.REVOKING or (request.status is Status.GRANTING and bool(request.failure))
    assert is_overdue(started, NOW) == (is_taken_away and waited > ALARM_AFTER)
    assert timedelta(minutes=5) == ALARM_AFTER
