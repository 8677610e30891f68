import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import RequestId, read_request_id, show_request_id


@given(st.integers(1, 10**18 - 1).map(RequestId))
def test_an_id_is_read_as_it_is_shown(request_id: RequestId) -> None:
    assert read_request_id(show_request_id(request_id)) == request_id


@pytest.mark.parametrize(
    "text",
    [
        "R-1042",
        "r1042",
        "1042",
        "  R-1042\n",
        "r-1042",
        "#1042",
        "*R-1042*",
        "`R-1042`,",
        "“R-1042.”",
        "R‑1042",
        "(R–1042)?",
    ],
)
def test_people_may_type_an_id_in_their_own_way(text: str) -> None:
    assert read_request_id(text) == RequestId(1042)


@pytest.mark.parametrize("text", ["", "R-", "0", "R-007", "R--1", "-1", "1 2", "1042x", "٤٢", "1" * 19, "R-1042; DROP"])
def test_what_is_no_id_is_not_read_as_one(text: str) -> None:
    assert read_request_id(text) is None


@given(st.text())
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    found = read_request_id(text)
    assert found is None or found > 0
