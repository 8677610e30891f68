"""Reading a search: what can be written is read back, and what cannot be understood is named."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import RequestId
from core.domain.request import LIVE, TERMINAL, Request, Status
from core.domain.search import (
    LONGEST,
    Cursor,
    Key,
    Search,
    SearchProblem,
    Unclear,
    fold,
    names_one,
    read_day,
    read_search,
    write_search,
)
from tests.strategies import requests

TODAY = date(2026, 11, 22)
ARN = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"

_pieces = st.sampled_from(
    ["ada", "Payments Prod", "from", ":", "status:", "x:y", "//", "“", "R-7", "é", "100%", " ", ARN]
)
_NO_QUOTES = str.maketrans('"“”„«»', " " * 6)
_text = st.one_of(st.text(max_size=8), st.lists(_pieces, max_size=3).map("".join))
_values = st.lists(
    _text.map(lambda text: " ".join(text.translate(_NO_QUOTES).split())).filter(bool),
    unique=True,
    max_size=2,
).map(tuple)
_days = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))
searches = st.builds(
    Search,
    words=_values,
    numbers=st.lists(st.integers(1, 10**18 - 1).map(RequestId), unique=True, max_size=2).map(tuple),
    people=_values,
    accounts=_values,
    permission_sets=_values,
    statuses=st.frozensets(st.sampled_from(Status)),
    approvers=_values,
    tickets=_values,
    since=_days,
    until=_days,
)


@given(searches)
def test_a_search_that_is_written_is_read_back_as_it_was(search: Search) -> None:
    reading = read_search(write_search(search), TODAY)
    assert reading.search == search
    backwards = bool(search.since and search.until and search.since > search.until)
    assert [puzzle.what for puzzle in reading.puzzles] == [Unclear.BACKWARDS] * backwards


@given(_text)
def test_anything_typed_is_understood_or_named_and_never_an_error(typed: str) -> None:
    reading = read_search(typed, TODAY)
    assert reading.puzzles or reading.search == read_search(write_search(reading.search), TODAY).search


def test_every_part_is_understood_as_it_is_typed() -> None:
    typed = "ada payments status:active from:2026-11-01 to:2026-11-22 ticket:PAY-123 approver:bob"
    assert read_search(typed, TODAY).search == Search(
        words=("ada", "payments"),
        statuses=frozenset({Status.ACTIVE}),
        since=date(2026, 11, 1),
        until=date(2026, 11, 22),
        tickets=("PAY-123",),
        approvers=("bob",),
    )


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", Search()),
        ("who:“Ada Lovelace”", Search(people=("Ada Lovelace",))),
        ("permission-set:Power", Search(permission_sets=("Power",))),
        ("R-1042", Search(numbers=(RequestId(1042),))),
        ('"R-1042"', Search(words=("R-1042",))),
        ("111122223333", Search(accounts=("111122223333",))),
        (ARN, Search(permission_sets=(ARN,))),
        ("https://example.com/x", Search(words=("https://example.com/x",))),
        ('"note:this"', Search(words=("note:this",))),
        ("status:live", Search(statuses=LIVE)),
        ("status:over,PENDING", Search(statuses=TERMINAL | {Status.PENDING})),
        ("status:withdrawn", Search(statuses=frozenset({Status.CANCELLED}))),
        ("from:7d to:yesterday", Search(since=date(2026, 11, 15), until=date(2026, 11, 21))),
    ],
)
def test_what_is_typed_says_what_it_is(typed: str, expected: Search) -> None:
    assert read_search(typed, TODAY).search == expected
    assert read_search(typed, TODAY).puzzles == ()


@pytest.mark.parametrize(
    ("typed", "puzzle"),
    [
        ("stat:active", SearchProblem(Unclear.UNKNOWN_KEY, "stat", "status")),
        ("zzz:1", SearchProblem(Unclear.UNKNOWN_KEY, "zzz")),
        ("person:", SearchProblem(Unclear.NO_VALUE, "person")),
        ("status:act", SearchProblem(Unclear.UNKNOWN_STATUS, "act", "active")),
        ("from:2026-02-30", SearchProblem(Unclear.NO_DATE, "2026-02-30")),
        ("to:22.11.2026", SearchProblem(Unclear.NO_DATE, "22.11.2026")),
        ("from:2026-11-02 to:2026-11-01", SearchProblem(Unclear.BACKWARDS, "2026-11-02", "2026-11-01")),
        ("x" * (LONGEST + 1), SearchProblem(Unclear.TOO_LONG, str(LONGEST))),
        (" ".join(f"by:{n}" for n in range(200)), SearchProblem(Unclear.TOO_LONG, str(LONGEST))),
    ],
)
def test_what_is_not_understood_is_named_with_what_was_meant(typed: str, puzzle: SearchProblem) -> None:
    assert read_search(typed, TODAY).puzzles == (puzzle,)


def test_days_are_read_in_one_way_alone() -> None:
    assert [read_day(typed, TODAY) for typed in ("2026-11-22", "20261122", "2026-W47-7", "22 Nov", "")] == [
        TODAY,
        None,
        None,
        None,
        None,
    ]


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, 10**18 - 1))  # noqa: DTZ001
def test_a_place_in_the_list_is_read_back_as_it_was(at: datetime, number: int) -> None:
    cursor = Cursor(at.replace(tzinfo=UTC), RequestId(number))
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "1", "1.", "-1.2", "1.2.3", "x.1", "1.1 "])
def test_a_place_that_was_not_written_here_is_none(text: str) -> None:
    assert Cursor.read(text) is None


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_spellings_that_look_alike_are_one() -> None:
    assert fold("  ÜNAL\u200b  Straße ") == fold("ünal STRASSE") == fold("ｕ\u0308ｎａｌ strasse")


def test_a_search_says_once_what_is_typed_twice() -> None:
    search = read_search("person:ann person:ann", date(2026, 3, 2)).search

    assert search.people == ("ann",)
    assert not search.is_empty
    assert Search().is_empty


@pytest.mark.parametrize("key", [Key.PERSON, Key.APPROVER, Key.ACCOUNT, Key.PERMISSION_SET, Key.TICKET])
def test_an_id_stands_for_one_and_any_other_value_is_part_of_a_name(key: Key) -> None:
    ids = {
        Key.PERSON: "906768ab12-90a1b2c3-d4e5-f607-1829-3a4b5c6d7e8f",
        Key.APPROVER: "906768ab12-90a1b2c3-d4e5-f607-1829-3a4b5c6d7e8f",
        Key.ACCOUNT: "123456789012",
        Key.PERMISSION_SET: "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef",
    }

    assert not names_one(key, "ann")
    assert {other for other, value in ids.items() if names_one(key, value)} == {
        other for other in ids if ids[other] == ids.get(key)
    }


@given(requests())
def test_a_place_in_the_list_is_that_of_its_request(request: Request) -> None:
    assert Cursor.of(request) == Cursor(request.created_at, request.id)
