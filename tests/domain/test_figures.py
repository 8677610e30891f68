"""Figures are what a naive count over all requests finds, in whatever order and however many they come."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from core.domain.figures import (
    ALWAYS,
    LONGEST,
    WITHIN_SECONDS,
    Approved,
    Count,
    Figures,
    PastDecision,
    PastRequest,
    access_of,
    is_night,
)
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.period import Period
from core.domain.request import TERMINAL, Status
from tests.strategies import ACCOUNTS, NOW, PEOPLE, PERMISSION_SETS, one_of

PERIOD = Period(NOW - timedelta(days=60), NOW)
MADE_AT = NOW + timedelta(days=1)
APPROVERS = PEOPLE[:2]
NONE = timedelta()

waits = st.one_of(st.integers(0, 20), st.integers(0, 20_000)).map(lambda seconds: timedelta(seconds=seconds))
lengths = st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def past_requests(draw: st.DrawFn) -> PastRequest:
    """One request of the period as storage tells of it."""
    asked_at = PERIOD.since + timedelta(minutes=draw(st.integers(0, 60 * 24 * 60 - 1)))
    status, needs_approval = draw(one_of(tuple(Status))), draw(st.booleans())
    is_decided = status not in {Status.PENDING, Status.CANCELLED, Status.EXPIRED}
    decided_at = asked_at + draw(waits) if is_decided else None
    was_active = status in {Status.ACTIVE, Status.REVOKING, Status.ENDED, Status.REVOKED}
    active_from = (decided_at or asked_at) + draw(waits) if was_active else None
    end_at = active_from + draw(lengths) if active_from else None
    revoked = was_active and draw(st.booleans())
    revoking_at = active_from + draw(lengths) if active_from and revoked else None
    approvers = draw(st.lists(one_of(APPROVERS), min_size=1, max_size=2, unique=True))
    approved = needs_approval and decided_at is not None and status is not Status.REJECTED
    person = draw(one_of(PEOPLE))
    return PastRequest(
        id=RequestId(0),
        asked_at=asked_at,
        status=status,
        requester=person,
        requester_name=person.title(),
        target=Target(draw(one_of(ACCOUNTS)), draw(one_of(PERMISSION_SETS))),
        account_name="account",
        permission_set_name="set",
        needs_approval=needs_approval,
        decided_at=decided_at,
        active_from=active_from,
        end_at=end_at,
        revoking_at=revoking_at,
        revoked=revoked,
        closed_at=(revoking_at or end_at or asked_at) if status in TERMINAL else None,
        approvals=tuple(Approved(by, by.title(), decided_at) for by in approvers) if approved and decided_at else (),
        events=draw(st.sampled_from([None, 0, 3])) if status in {Status.ENDED, Status.REVOKED} and was_active else None,
    )


def numbered(requests: Sequence[PastRequest]) -> list[PastRequest]:
    return [replace(each, id=RequestId(1001 + place)) for place, each in enumerate(requests)]


many = st.lists(past_requests(), max_size=40).map(numbered)


def figures_of(requests: Sequence[PastRequest]) -> Figures:
    count = Count(PERIOD, MADE_AT)
    for each in requests:
        count.add(each)
    return count.figures()


@given(many)
def test_each_request_is_counted_once_under_what_became_of_it(requests: list[PastRequest]) -> None:
    figures = figures_of(requests)
    assert figures.asked == len(requests)
    assert figures.decisions == Counter(each.decision for each in requests)
    assert sum(step.asked for step in figures.over_time) == len(requests)
    for step in figures.over_time:
        assert step.asked == sum(PERIOD.beginning(each.asked_at) == step.begins for each in requests)


def _account(each: PastRequest) -> str:
    return each.target.account


def _permission_set(each: PastRequest) -> str:
    return each.target.permission_set


def _person(each: PastRequest) -> str:
    return each.requester


@given(many)
def test_the_shares_of_accounts_permission_sets_and_people_add_up(requests: list[PastRequest]) -> None:
    figures = figures_of(requests)
    known: Callable[[PastRequest], str]
    for shares, known in (
        (figures.accounts, _account),
        (figures.permission_sets, _permission_set),
        (figures.people, _person),
    ):
        assert {share.id for share in shares} == {known(each) for each in requests}
        assert [share.asked for share in shares] == sorted((share.asked for share in shares), reverse=True)
        for share in shares:
            its = [each for each in requests if known(each) == share.id]
            assert share.asked == len(its)
            assert share.granted == sum(each.active_from is not None for each in its)
            assert share.unused == sum(each.events == 0 for each in its)
            assert share.time == sum((each.live_for(MADE_AT) for each in its), NONE)


@given(many)
def test_times_are_those_of_a_naive_count(requests: list[PastRequest]) -> None:
    figures = figures_of(requests)
    waited = [
        (each.decided_at - each.asked_at).total_seconds()
        for each in requests
        if each.decision is PastDecision.APPROVED and each.decided_at
    ]
    assert figures.median_to_approve == (timedelta(seconds=median(waited)) if waited else None)
    assert figures.given_back == sum((each.given_back for each in requests), NONE)
    assert figures.ended_early == sum(each.given_back > NONE for each in requests)
    lived = sorted((each.live_for(MADE_AT) for each in requests if each.active_from), reverse=True)
    assert [access.length for access in figures.longest] == lived[:LONGEST]
    assert {access.request_id for access in figures.longest} <= {each.id for each in requests}


@given(many)
def test_approvals_in_seconds_and_at_night_are_those_of_a_naive_count(requests: list[PastRequest]) -> None:
    figures = figures_of(requests)
    approvals = [(each, given) for each in requests for given in each.approvals]
    assert figures.approvals == len(approvals)
    assert figures.within_seconds == sum(given.at - each.asked_at < WITHIN_SECONDS for each, given in approvals)
    assert figures.at_night == sum(is_night(given.at, UTC) for _, given in approvals)
    assert figures.known_use == sum(each.events is not None for each in requests)
    assert figures.unused == sum(each.events == 0 for each in requests)


@given(st.lists(past_requests(), max_size=40).map(numbered))
def test_a_pair_is_told_when_one_approver_approved_everything_of_somebody(requests: list[PastRequest]) -> None:
    expected = set()
    for person in PEOPLE:
        its = [each for each in requests if each.requester == person and each.decision is PastDecision.APPROVED]
        for approver in APPROVERS:
            if len(its) >= ALWAYS and all(approver in [given.by for given in each.approvals] for each in its):
                expected.add((person, approver, len(its)))
    assert {(pair.requester, pair.approver, pair.requests) for pair in figures_of(requests).pairs} == expected


def always(number: int) -> list[PastRequest]:
    """So many requests of one person, all approved by the same."""
    decided_at = NOW - timedelta(hours=1)
    asked = PastRequest(
        id=RequestId(1),
        asked_at=decided_at - timedelta(minutes=2),
        status=Status.SCHEDULED,
        requester=PEOPLE[0],
        requester_name="Ada",
        target=Target(ACCOUNTS[0], PERMISSION_SETS[0]),
        account_name="Payments",
        permission_set_name="Power",
        needs_approval=True,
        decided_at=decided_at,
        approvals=(Approved(PEOPLE[1], "Bob", decided_at),),
    )
    return numbered([asked] * number)


def test_few_requests_make_no_pair() -> None:
    assert list(figures_of(always(ALWAYS - 1)).pairs) == []
    (pair,) = figures_of(always(ALWAYS)).pairs
    assert (pair.requester_name, pair.approver_name, pair.requests) == ("Ada", "Bob", ALWAYS)


def test_the_night_is_the_one_of_the_place() -> None:
    evening = NOW.replace(hour=21)
    assert [is_night(evening, UTC), is_night(evening, ZoneInfo("Europe/Berlin"))] == [False, True]
    assert [hour for hour in range(24) if not is_night(NOW.replace(hour=hour), UTC)] == list(range(6, 22))


def test_nothing_is_told_of_nothing() -> None:
    figures = figures_of([])
    assert (figures.asked, figures.automatic_share, figures.median_to_approve) == (0, None, None)
    assert (figures.granted, list(figures.longest), list(figures.held)) == (0, [], [])


def test_what_is_held_is_told_by_account_and_then_by_person() -> None:
    first, *_ = always(1)
    held = [
        access_of(replace(first, account_name=account, requester_name=person), NONE)
        for account, person in (("Vault", "Ada"), ("audit", "Zoe"), ("audit", "Bob"))
    ]
    told = Count(PERIOD, MADE_AT).figures(held).held
    assert [(each.account_name, each.requester_name) for each in told] == [
        ("audit", "Bob"),
        ("audit", "Zoe"),
        ("Vault", "Ada"),
    ]
