"""Whatever number is sent, nothing breaks: it becomes an instant or a length, or nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.outside_values import read_instant, read_minutes

HUGE = (2**31, 2**63, 10**20, 10**4000, 253_402_300_800)
anything = st.one_of(st.integers(), st.sampled_from([*HUGE, *(-each for each in HUGE)]))


@given(anything)
def test_every_whole_number_is_an_instant_that_can_be_counted_on_from(number: int) -> None:
    at = read_instant(number)
    assert at is not None
    assert at.tzinfo is UTC
    assert at + timedelta(days=400 * 365) > at
    if 0 <= number <= 10**11:
        assert at == datetime.fromtimestamp(number, UTC)


@given(anything)
def test_every_whole_number_is_a_length_that_can_be_added(number: int) -> None:
    length = read_minutes(number)
    assert length is not None
    assert isinstance(datetime(2026, 3, 2, tzinfo=UTC) + length, datetime)
    if abs(number) <= 10**8:
        assert length == timedelta(minutes=number)
    assert (length > timedelta()) == (number > 0)


@pytest.mark.parametrize("value", [None, True, "5", 5.5, [], {}])
def test_what_is_no_number_is_nothing(value: object) -> None:
    assert (read_instant(value), read_minutes(value)) == (None, None)
