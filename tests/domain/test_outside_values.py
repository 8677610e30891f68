"""Whatever is sent, nothing breaks: it becomes an instant, a length, a day or a time zone, or nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.outside_values import read_day, read_instant, read_minutes, read_zone

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


@given(st.one_of(st.none(), st.text(), st.integers(), st.dates().map(str)))
def test_a_day_is_one_as_it_is_written_or_nothing(written: object) -> None:
    day = read_day(written)
    assert day is None or day == read_day(str(day))
    assert read_day("2026-03-02") == date(2026, 3, 2)


@pytest.mark.parametrize("name", ["", "Europe/Atlantis", "../etc/passwd", "/etc/passwd", "Europe", "\0", "x" * 5000])
def test_a_zone_that_is_none_is_nothing(name: str) -> None:
    assert read_zone(name) is None
    assert str(read_zone("Europe/Berlin")) == "Europe/Berlin"
