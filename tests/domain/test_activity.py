"""The person and the window that an event belongs to, and how events are grouped (rules 22 and 24)."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import event as note
from hypothesis import given
from hypothesis import strategies as st

from core.domain.activity import (
    ActivityEvent,
    ActivityQuery,
    Attribution,
    activity_window,
    attribute,
    attributed,
    sessions,
    summary_due_at,
    tally,
)
from core.domain.ids import AccountId, PrincipalId
from core.domain.request import Request
from tests.strategies import NOW, PEOPLE, picks, requests

MOMENT = timedelta(seconds=1)

ACCOUNTS = ("111122223333", "444455556666")
PERMISSION_SETS = ("ReadOnly", "ReadOnlyPlus", "ReadOnly_0123456789abcdef", "Only", "readonly")
USERS = ("bob", "bobby", "Bob", "b", "x@bob")
USER_IDS = ("id-bob", "id-bobby", "")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
Window = tuple[datetime, datetime]
TIMES = tuple(NOW + HOUR * n + SECOND * s for n in (-1, 0, 1, 2, 3) for s in (-1, 0, 1))


@dataclass(frozen=True)
class Deed:
    """An act as it truly happened, from which the strings of an event are made."""

    account: str
    recipient: str
    permission_set: str
    user: str
    user_id: str
    seconds: int
    by_identity_center: bool

    def event(self, number: int = 1) -> ActivityEvent:
        role = f"AWSReservedSSO_{self.permission_set}_fedcba9876543210"
        path = "aws-reserved/sso.amazonaws.com/eu-west-1/" if self.by_identity_center else ""
        return ActivityEvent(
            id=f"e-{number}",
            at=TIMES[self.seconds],
            source="s3.amazonaws.com",
            name="ListBuckets",
            region="eu-west-1",
            session_arn=f"arn:aws:sts::{self.account}:assumed-role/{role}/{self.user}",
            issuer_arn=f"arn:aws:iam::{self.account}:role/{path}{role}",
            recipient=self.recipient,
            user_id=self.user_id,
            read_only=True,
        )


_WINDOWS = [(start, end) for start in TIMES for end in TIMES if start < end]
_NAMES = list(Deed.__dataclass_fields__)
_CHANGES = [(), (), (), *((name,) for name in _NAMES), *((one, two) for one in _NAMES for two in _NAMES[:2])]


def _query(account: str, permission_set: str, user: str, user_id: str, window: Window) -> ActivityQuery:
    return ActivityQuery(PrincipalId(user_id), user, AccountId(account), permission_set, *window)


def _near_miss(query: ActivityQuery, other: Deed, changed: tuple[str, ...], *tells: bool) -> tuple[Deed, ActivityQuery]:
    """A deed that is the query's but for what is changed of it: drawn apart the two would hardly ever meet."""
    user_id = query.principal if all(tells) else ""
    inside = TIMES.index(query.start_at)
    own = Deed(query.account, query.account, query.permission_set, query.user_name or "bob", user_id, inside, True)
    return replace(own, **{name: getattr(other, name) for name in changed}), query


_FACTS = (ACCOUNTS, ("", *ACCOUNTS), PERMISSION_SETS, USERS, USER_IDS, range(len(TIMES)), (True, False))
_QUERY = (ACCOUNTS, PERMISSION_SETS, (*USERS, ""), USER_IDS[:2], _WINDOWS)
deeds = picks(*_FACTS).map(lambda drawn: Deed(*drawn))
queries = picks(*_QUERY).map(lambda drawn: _query(*drawn))
near_misses = picks(*_FACTS, *_QUERY, _CHANGES, (True, False)).map(
    lambda drawn: _near_miss(_query(*drawn[7:12]), Deed(*drawn[:7]), *drawn[12:])
)


def truth(deed: Deed, query: ActivityQuery) -> Attribution | None:
    """The rule, read aloud over what happened instead of over strings."""
    in_place = deed.account == query.account and deed.recipient in ("", query.account)
    as_role = deed.permission_set == query.permission_set and deed.by_identity_center
    in_time = query.start_at <= TIMES[deed.seconds] < query.end_at
    if not (in_place and as_role and in_time):
        return None
    if deed.user_id:
        return Attribution.USER_ID if deed.user_id == query.principal else None
    return Attribution.SESSION_NAME if query.user_name and deed.user == query.user_name else None


@given(near_misses)
def test_an_event_is_the_persons_exactly_when_account_role_window_and_person_are(
    drawn: tuple[Deed, ActivityQuery],
) -> None:
    deed, query = drawn
    expected = truth(deed, query)
    note(str(expected))
    assert attribute(deed.event(), query) == expected


def test_the_near_misses_reach_every_branch() -> None:
    seen: Counter[Attribution | None] = Counter()

    @given(near_misses)
    def draw(drawn: tuple[Deed, ActivityQuery]) -> None:
        seen[truth(*drawn)] += 1

    draw()
    assert all(seen[way] > seen.total() / 10 for way in (None, *Attribution)), seen


BOB = ActivityQuery(PrincipalId("id-bob"), "bob", AccountId(ACCOUNTS[0]), "ReadOnly", NOW, NOW + HOUR)
OWN = Deed(ACCOUNTS[0], ACCOUNTS[0], "ReadOnly", "bob", "id-bob", TIMES.index(NOW), by_identity_center=True)


@pytest.mark.parametrize(
    ("arns", "why"),
    [
        ({"session_arn": ""}, "no session"),
        ({"session_arn": "arn:aws:iam::111122223333:user/bob"}, "a user of IAM"),
        ({"issuer_arn": ""}, "no role"),
        ({"session_arn": OWN.event().session_arn.replace("_fed", "_FED")}, "not as Identity Center writes it"),
        ({"session_arn": OWN.event().session_arn.replace("0/bob", "/bob")}, "fifteen digits"),
        ({"session_arn": OWN.event().session_arn.replace("0/bob", "1/bob")}, "another role than the issuer"),
        ({"session_arn": f"{OWN.event().session_arn}\nx"}, "something behind it"),
        ({"issuer_arn": OWN.event().issuer_arn.replace("/sso.amazonaws.com", "/evil")}, "another reserved path"),
    ],
)
def test_what_is_not_quite_a_session_of_identity_center_is_nobodys(arns: dict[str, Any], why: str) -> None:
    assert attribute(OWN.event(), BOB) is Attribution.USER_ID
    assert attribute(replace(OWN.event(), **arns), BOB) is None, why


def test_other_partitions_of_aws_are_aws_too() -> None:
    china: dict[str, Any] = {
        "session_arn": OWN.event().session_arn.replace("arn:aws:", "arn:aws-cn:"),
        "issuer_arn": OWN.event().issuer_arn.replace("arn:aws:", "arn:aws-cn:").replace("/eu-west-1", ""),
    }
    assert attribute(replace(OWN.event(), **china), BOB) is Attribution.USER_ID


@given(st.lists(deeds, max_size=8), queries)
def test_what_is_shown_is_each_own_event_once_oldest_first(drawn: list[Deed], query: ActivityQuery) -> None:
    events = [deed.event(number) for number, deed in enumerate(drawn)]
    shown = attributed([*events, *events], query)
    assert {event.id for event in shown} == {e.id for e, deed in zip(events, drawn, strict=True) if truth(deed, query)}
    assert len({event.id for event in shown}) == len(shown)
    assert [event.at for event in shown] == sorted(event.at for event in shown)
    assert all(event.attribution is not None for event in shown)


@given(requests(), st.integers(0, 10**6))
def test_the_window_is_from_active_to_gone_and_the_sessions_after_it(request: Request, later: int) -> None:
    """Rule 24."""
    now = NOW + timedelta(seconds=later, microseconds=later)
    window = activity_window(request, now)
    if request.window_start_at is None:
        assert window is None
        return
    assert window is not None
    start_at, end_at = window
    assert start_at == request.window_start_at.replace(microsecond=0)
    if request.closed_at is None:
        assert end_at == max(now.replace(microsecond=0), start_at) + SECOND
        assert summary_due_at(request, HOUR) is None
    else:
        assert end_at == request.closed_at.replace(microsecond=0) + request.session_duration
        assert summary_due_at(request, HOUR) == request.closed_at + request.session_duration + HOUR


def did(number: int, **facts: object) -> ActivityEvent:
    made = replace(OWN.event(number), at=NOW + SECOND * number, attribution=Attribution.USER_ID)
    return replace(made, **facts)  # type: ignore[arg-type]


def test_a_session_is_known_by_when_it_was_opened_and_without_that_by_its_key() -> None:
    """The console takes a new access key for each page."""
    events = [
        did(1, access_key="A", session_created_at=NOW),
        did(2, access_key="B", session_created_at=NOW),
        did(3, access_key="B", session_created_at=NOW + SECOND),
        did(4, access_key="C"),
        did(5, access_key="C"),
    ]
    found = sessions(events)
    assert [sum(entry.count for entry in session.reads) for session in found] == [2, 1, 2]
    assert [session.begun_at for session in found] == [NOW, NOW + SECOND, NOW + SECOND * 4]


def test_writes_stand_apart_from_reads_and_the_same_again_is_counted() -> None:
    events = [
        did(1, name="ListBuckets"),
        did(2, name="DeleteBucket", read_only=False),
        did(3, name="ListBuckets"),
        did(4, name="ListBuckets", error_code="AccessDenied"),
        did(5, name="ListBuckets", attribution=Attribution.SESSION_NAME),
    ]
    (session,) = sessions(events)
    assert [(entry.event.name, entry.count) for entry in session.writes] == [("DeleteBucket", 1)]
    assert [entry.count for entry in session.reads] == [2, 1, 1]
    assert session.reads[0].last_at == NOW + SECOND * 3


@given(st.lists(picks(("A", "B"), (None, NOW), (True, False), ("", "Denied"), tuple(Attribution)), max_size=12))
def test_nothing_is_lost_or_counted_twice_by_grouping(drawn: list[tuple[object, ...]]) -> None:
    names = ("access_key", "session_created_at", "read_only", "error_code", "attribution")
    events = [did(number, **dict(zip(names, facts, strict=True))) for number, facts in enumerate(drawn)]
    found, count = sessions(events), tally(events)
    entries = [entry for session in found for entry in (*session.writes, *session.reads)]
    assert sum(entry.count for entry in entries) == count.events == len(events)
    assert sum(entry.count for session in found for entry in session.writes) == count.writes
    assert sum(entry.count for entry in entries if entry.event.failed) == count.errors
    assert sum(count.by.values()) == len(events)
    assert len(found) == count.sessions


@pytest.mark.parametrize("source", ["s3.amazonaws.com", "s3.amazonaws.com.cn", "s3.amazonaws.eu"])
def test_a_service_has_one_name_in_every_partition(source: str) -> None:
    event = replace(OWN.event(), source=source)

    assert event.service == "s3"


@given(requests())
def test_activity_is_looked_for_from_the_start_of_the_window_to_its_last_session(request: Request) -> None:
    """Rule 24."""
    hour = timedelta(hours=1)
    over = replace(request, window_start_at=NOW, closed_at=NOW + hour, session_duration=2 * hour)

    assert activity_window(over, NOW) == (NOW, NOW + 3 * hour)
    assert activity_window(replace(over, closed_at=None), NOW + MOMENT) == (NOW, NOW + 2 * MOMENT)
    assert activity_window(replace(over, closed_at=None), NOW - MOMENT) == (NOW, NOW + MOMENT)
    assert activity_window(replace(over, window_start_at=None), NOW) is None


def test_activity_is_looked_for_by_the_role_that_the_permission_set_makes() -> None:
    query = ActivityQuery(PEOPLE[0], "ann", AccountId(ACCOUNTS[0]), "Admin", NOW, NOW + HOUR)

    assert (query.role_prefix, query.length) == ("AWSReservedSSO_Admin_", HOUR)
