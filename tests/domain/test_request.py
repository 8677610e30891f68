from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Conflict
from core.domain.ids import PermissionSetArn, RequestId
from core.domain.organization import Target
from core.domain.request import (
    LIVE,
    TERMINAL,
    TRANSITIONS,
    Event,
    Request,
    Status,
    activated,
    advance,
    closed,
    digest,
    digest_before,
    ending_soon_at,
    granting,
)
from tests.strategies import ACCOUNTS, NOW, PEOPLE, Move, histories, moments, one_of, requests

MOMENT = timedelta(seconds=1)

THE_TABLE = """
    pending     approved        scheduled
    pending     rejected        rejected
    pending     cancelled       cancelled
    pending     expired         expired
    pending     disallowed      failed
    scheduled   disallowed      failed
    scheduled   expired         expired
    scheduled   started         granting
    scheduled   revoked         revoked
    scheduled   cancelled       revoked
    granting    granted         active
    granting    grant_failed    failed
    granting    disallowed      failed
    granting    end_reached     revoking
    granting    revoked         revoking
    active      revoked         revoking
    active      end_reached     revoking
    revoking    ended           ended
    revoking    ended_early     revoked
"""
ALLOWED = {(Status(row[0]), Event(row[1])): Status(row[2]) for row in map(str.split, THE_TABLE.strip().splitlines())}


@given(requests())
def test_every_transition_is_in_the_table_or_refused(drawn: Request) -> None:
    """Rule 15: every status with every event."""
    for status, event in product(Status, Event):
        request = replace(drawn, status=status)
        if (status, event) not in ALLOWED:
            with pytest.raises(Conflict):
                advance(request, event, NOW)
            continue
        after = advance(request, event, NOW)
        assert after.status is ALLOWED[status, event]
        assert changed(request, after) <= {"status", "closed_at"}


def changed(before: Request, after: Request) -> set[str]:
    return {field.name for field in fields(Request) if getattr(before, field.name) != getattr(after, field.name)}


def test_a_life_begins_with_a_submission_and_with_nothing_else() -> None:
    """Rules 5 and 15."""
    beginnings = {event: after for (before, event), after in TRANSITIONS.items() if before is None}
    assert beginnings == {Event.SUBMIT: Status.PENDING, Event.SUBMIT_APPROVED: Status.SCHEDULED}


def test_what_is_over_stays_over() -> None:
    """Rule 15."""
    assert {Status.ENDED, Status.REVOKED, Status.REJECTED, Status.CANCELLED, Status.EXPIRED, Status.FAILED} == TERMINAL


@given(histories())
def test_every_life_ends_and_closing_is_recorded_then_and_only_then(moves: tuple[Move, ...]) -> None:
    """Rule 15."""
    *before, last = [move.after for move in moves]
    assert last.is_over
    assert last.closed_at is not None
    assert not any(request.is_over or request.closed_at for request in before)


@given(histories())
def test_nothing_is_granted_that_was_not_approved_or_needed_no_approval(moves: tuple[Move, ...]) -> None:
    """Rule 5: every way to an assignment leads through the quorum, or through no need of one."""
    seen = [move.event for move in moves]
    if any(move.after.status in LIVE for move in moves):
        assert Event.APPROVE in seen or seen[0] is Event.SUBMIT_APPROVED


@given(histories())
def test_active_is_said_only_after_aws_said_so_and_ended_only_after_it_is_gone(moves: tuple[Move, ...]) -> None:
    """Rule 20."""
    for move in moves:
        before = move.before.status if move.before else None
        if move.after.status is Status.ACTIVE:
            assert (before, move.event) == (Status.GRANTING, Event.GRANTED)
        if move.after.status is Status.ENDED:
            assert (before, move.event) == (Status.REVOKING, Event.GONE)


@given(histories())
def test_taking_access_away_has_no_way_out_but_gone(moves: tuple[Move, ...]) -> None:
    """Rule 17: a revocation never becomes a final error."""
    for move in moves:
        if move.before and move.before.status is Status.REVOKING:
            assert move.after.status in {Status.ENDED, Status.REVOKED}


@given(requests(Status.ACTIVE, Status.REVOKING))
def test_active_access_is_disallowed_expired_or_failed_by_nothing(request: Request) -> None:
    """Rules 14 and 17: what the policies say now is no reason to give up the end of access."""
    for event in (Event.DISALLOW, Event.EXPIRE, Event.GRANT_FAILED, Event.REJECT, Event.CANCEL):
        with pytest.raises(Conflict):
            advance(request, event, NOW)


@given(histories())
def test_how_long_open_sessions_live_on_is_known_from_the_request_to_its_end(moves: tuple[Move, ...]) -> None:
    """Rules 21 and 24."""
    assert {move.after.session_duration for move in moves} == {moves[0].after.session_duration}


@given(requests(Status.SCHEDULED), moments)
def test_the_end_is_known_before_aws_is_called(request: Request, now: datetime) -> None:
    """Rules 6 and 16: it is counted from the start that was asked for, however late it is."""
    after = granting(request, now)
    assert after.status is Status.GRANTING
    assert after.end_at == (request.start_at or now) + request.duration


waits = st.timedeltas(timedelta(0), timedelta(minutes=30))


@given(requests(Status.SCHEDULED), moments, waits, waits)
def test_a_window_without_an_asked_start_begins_when_aws_made_the_access(
    drawn: Request, now: datetime, wait: timedelta, noticed: timedelta
) -> None:
    """Rule 16: by AWS's own date, not when it was noticed; its length is what was approved."""
    made_at = now + wait
    after = activated(granting(replace(drawn, start_at=None), now), made_at + noticed, made_at)
    assert after.window_start_at == made_at
    assert after.end_at == made_at + drawn.duration


@given(requests(Status.SCHEDULED), moments, waits, waits)
def test_a_start_that_was_asked_for_fixes_the_end(
    drawn: Request, start_at: datetime, late: timedelta, wait: timedelta
) -> None:
    """Rule 6: granted late, the window is shorter."""
    after = activated(granting(replace(drawn, start_at=start_at), start_at + late), start_at + late + wait)
    assert after.window_start_at == start_at + late + wait
    assert after.end_at == start_at + drawn.duration


@given(requests(Status.SCHEDULED), moments, st.timedeltas(timedelta(days=-1), timedelta(days=1)))
def test_a_clock_of_aws_that_is_wrong_moves_no_window_out_of_the_grant(
    drawn: Request, now: datetime, off: timedelta
) -> None:
    """Rule 16: access exists neither before it was asked for nor after it was seen."""
    later = now + timedelta(minutes=1)
    after = activated(granting(replace(drawn, start_at=None), now), later, now + off)
    assert after.window_start_at is not None
    assert now <= after.window_start_at <= later


@given(requests(Status.REVOKING), moments)
def test_what_was_ended_early_is_revoked_and_what_time_ended_is_ended(request: Request, now: datetime) -> None:
    """Rule 15."""
    after = closed(request, now, continued_by=RequestId(7))
    assert after.status is (Status.REVOKED if request.revoked_by else Status.ENDED)
    assert (after.closed_at, after.continued_by) == (now, RequestId(7))


@given(requests())
def test_the_end_is_announced_inside_the_window(request: Request) -> None:
    told_at = ending_soon_at(request)
    if request.end_at is None:
        assert told_at is None
        return
    assert told_at is not None
    assert request.end_at - request.duration < told_at < request.end_at
    assert request.end_at - told_at <= timedelta(minutes=15)


SHOWN: dict[str, st.SearchStrategy[Any]] = {
    "id": st.integers(1, 9),
    "requester": one_of(PEOPLE),
    "target": st.builds(Target, one_of(ACCOUNTS), one_of(("a", "b")).map(PermissionSetArn)),
    "start_at": st.none() | moments,
    "duration": st.integers(15, 600).map(lambda minutes: timedelta(minutes=minutes)),
    "justification": st.text(max_size=5),
    "ticket": st.text(max_size=5),
}


@given(requests(), one_of(tuple(SHOWN)), st.data())
def test_the_digest_changes_when_a_shown_fact_changes(request: Request, fact: str, data: st.DataObject) -> None:
    """Rule 13."""
    other = replace(request, **{fact: data.draw(SHOWN[fact])})
    assert (digest(other) == digest(request)) == (getattr(other, fact) == getattr(request, fact))


_words = st.tuples(st.text(max_size=3), st.text(max_size=3))


@given(requests(), _words, _words)
def test_words_moved_from_one_fact_into_the_next_make_another_digest(
    request: Request, words: tuple[str, str], other_words: tuple[str, str]
) -> None:
    """Rule 13."""
    one = replace(request, justification=words[0], ticket=words[1])
    other = replace(request, justification=other_words[0], ticket=other_words[1])
    assert (digest(one) == digest(other)) == (words == other_words)


@given(requests(), requests())
def test_the_digest_is_blind_to_what_changes_in_the_life_of_a_request(request: Request, later: Request) -> None:
    """Rule 13: or a card would be outdated by the first of two approvals."""
    facts = {name: getattr(request, name) for name in SHOWN}
    assert digest(replace(later, **facts)) == digest(request)


@given(requests())
def test_the_fingerprint_of_an_older_release_is_another_one_and_as_long(request: Request) -> None:
    assert digest_before(request) != digest(request)
    assert len(digest_before(request)) == len(digest(request)) == 16
    assert digest_before(request) == digest_before(replace(request, created_at=request.created_at + MOMENT))
