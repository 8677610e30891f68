"""The number of requests that one person may have open (rule 26)."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.open_requests import MOST_WITHDRAWN, WITHDRAWN_WITHIN, one_too_many, open_at, withdrawn_too_often
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.domain.settings import Settings
from tests.strategies import ACCOUNTS, NOW, PERMISSION_SETS, requests

TARGET = Target(ACCOUNTS[0], PERMISSION_SETS[0])
HOUR = timedelta(hours=1)

MOST = 5
TARGETS = tuple(
    Target(AccountId(f"{n:012}"), PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-1")) for n in (1, 2)
)
ages = st.integers(0, 15 * 60).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def withdrawn(draw: st.DrawFn) -> list[Request]:
    one = draw(requests())
    made = draw(st.lists(st.tuples(ages, st.sampled_from(TARGETS)), max_size=16))
    return [replace(one, status=Status.CANCELLED, target=target, created_at=NOW - age) for age, target in made]


@given(withdrawn(), st.sampled_from(TARGETS))
def test_whoever_waits_as_long_as_is_said_is_let_in_and_nobody_who_mended_a_request_twice_waits(
    there: list[Request], target: Target
) -> None:
    """Rule 26."""
    refusal = withdrawn_too_often(target, there, Settings(max_open_requests=MOST), NOW)
    recent = [request.target for request in there if NOW - request.created_at < WITHDRAWN_WITHIN]
    assert (refusal is not None) == (recent.count(target) >= MOST_WITHDRAWN or len(recent) >= 2 * MOST)
    if refusal is None:
        return
    assert refusal.reason is Reason.WITHDRAWN_OFTEN
    assert refusal.limit is not None
    assert timedelta() < refusal.limit <= WITHDRAWN_WITHIN
    again = withdrawn_too_often(target, there, Settings(max_open_requests=MOST), NOW + refusal.limit)
    assert again is None or len(recent) >= 2 * MOST  # the other of the two counts may still be too high
    assert withdrawn_too_often(target, there, Settings(max_open_requests=MOST), NOW + WITHDRAWN_WITHIN) is None


@given(st.lists(requests(), max_size=8), st.sampled_from(TARGETS), st.integers(0, 8))
def test_nobody_has_more_open_than_may_be(there: list[Request], target: Target, most: int) -> None:
    """Rule 26."""
    open_ones = open_at(there, NOW)
    if len(open_ones) >= most:
        assert one_too_many(target, None, timedelta(hours=99), open_ones, Settings(max_open_requests=most)) is not None


@given(requests(Status.PENDING))
def test_the_same_target_and_window_is_asked_for_once(request: Request) -> None:
    """Rule 26."""
    pending = replace(request, id=RequestId(42), target=TARGET, start_at=NOW, duration=HOUR)
    why = Refusal(Reason.ASKED_ALREADY, Field.PERMISSION_SET, detail="R-42")

    assert one_too_many(TARGET, NOW, HOUR, [pending], Settings()) == why
    assert one_too_many(TARGET, None, HOUR, [pending], Settings()) is None
    assert one_too_many(TARGET, NOW, 2 * HOUR, [pending], Settings()) is None
    assert one_too_many(Target(ACCOUNTS[1], PERMISSION_SETS[0]), NOW, HOUR, [pending], Settings()) is None
    assert one_too_many(TARGET, NOW, HOUR, [replace(pending, status=Status.SCHEDULED)], Settings()) is None
