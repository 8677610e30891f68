"""The delay with which access came and went."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from core.domain.ids import RequestId
from core.domain.lateness import Late, Lateness, lateness
from core.domain.request import Event, LeftBehind, Request, Status, activated, advance, closed
from tests.strategies import NOW, Move, histories, requests

ON_TIME = timedelta()
A_WHILE = timedelta(seconds=40)


@given(histories())
def test_nothing_but_a_grant_and_a_revocation_can_be_late_and_never_by_less_than_nothing(
    history: tuple[Move, ...],
) -> None:
    for move in history:
        late = lateness(move.before, move.after) if move.before else None
        if move.event is Event.GRANTED:
            assert late is None or late.late is Late.GRANT
        elif move.event in {Event.GONE, Event.GONE_EARLY}:
            assert late is None or late.late is Late.REVOCATION
        else:
            assert late is None
        assert late is None or late.by >= ON_TIME


@pytest.mark.parametrize(
    ("start_at", "by"),
    [(None, timedelta(seconds=70)), (NOW - timedelta(seconds=60), timedelta(seconds=60)), (NOW, ON_TIME)],
    ids=["as soon as approved", "a start after the approval", "a start that is exactly met"],
)
@given(requests(Status.GRANTING))
def test_a_grant_is_due_at_the_decision_or_the_later_start(
    start_at: datetime | None, by: timedelta, request: Request
) -> None:
    decided = NOW - timedelta(seconds=70)
    granting = replace(request, start_at=start_at, decided_at=decided, granting_at=decided)
    assert lateness(granting, activated(granting, NOW)) == Lateness(Late.GRANT, by)


@given(requests(Status.GRANTING))
def test_without_a_decision_a_grant_is_due_when_it_was_asked_for(request: Request) -> None:
    granting = replace(request, start_at=None, created_at=NOW - A_WHILE, granting_at=NOW - A_WHILE)
    assert lateness(granting, activated(granting, NOW)) == Lateness(Late.GRANT, A_WHILE)


@given(requests(Status.REVOKING))
def test_a_revocation_is_due_at_the_end_and_one_by_hand_when_it_was_pressed(request: Request) -> None:
    by_time = replace(request, revoked_by="", end_at=NOW - A_WHILE, revoking_at=NOW)
    by_hand = replace(request, revoked_by="Bob", end_at=NOW + A_WHILE, revoking_at=NOW - A_WHILE)

    assert lateness(by_time, closed(by_time, NOW)) == Lateness(Late.REVOCATION, A_WHILE)
    assert lateness(by_hand, closed(by_hand, NOW)) == Lateness(Late.REVOCATION, A_WHILE)


@given(requests(Status.REVOKING))
def test_access_that_goes_on_or_that_nobody_can_use_was_not_taken_away(request: Request) -> None:
    assert lateness(request, closed(request, NOW, continued_by=RequestId(7))) is None
    assert lateness(request, closed(request, NOW, left_behind=LeftBehind.PRINCIPAL_GONE)) is None


@given(requests(Status.ACTIVE))
def test_what_is_still_being_taken_away_has_no_lateness_yet(request: Request) -> None:
    assert lateness(request, advance(request, Event.END, NOW, revoking_at=NOW)) is None
