from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.durations import (
    MINUTE,
    SHORTEST,
    duration_steps,
    offered_lengths,
    read_duration,
    show_duration,
    write_duration,
)
from tests.strategies import lengths


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45m", 45),
        ("1h30", 90),
        ("1h 30m", 90),
        ("1.5h", 90),
        ("1,5 h", 90),
        ("1:30", 90),
        ("90 minutes", 90),
        ("2 hours 15 min", 135),
        ("1 hour and 5 minutes", 65),
        ("1 hour, 30 minutes", 90),
        ("1 day, 2 hours, and 30 minutes", 1590),
        ("1h 30", 90),
        ("1h,", 60),
        ("1 day", 1440),
        ("30d", 30 * 1440),
        ("  1H30  ", 90),
    ],
)
def test_people_may_type_a_length_of_time_in_their_own_way(text: str, length: int) -> None:
    """Rule 6."""
    assert read_duration(text) == minutes(length)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "90",
        "h",
        "-1h",
        "1h60",
        "1h-30m",
        "0m",
        "0:00",
        "1 month",
        "an1hd",
        "1e3h",
        "nan h",
        "one hour",
        "90 min and a half",
        "2 days 4",
        "2h and",
        "and 2h",
        "1h,,30m",
        "1h 2h",
        "1,000m",
    ],
)
def test_what_could_mean_something_else_is_not_read(text: str) -> None:
    """Rule 6: a bare number could be hours or minutes."""
    assert read_duration(text) is None


@given(st.text(st.sampled_from("0123456789 .,:hmdand\u0663"), max_size=12) | st.text())
@example("9" * 400 + "d")
@example("1" * 4000)
def test_no_text_is_too_odd_to_be_read_as_a_length(text: str) -> None:
    found = read_duration(text)
    assert found is None or (found > timedelta(0) and found % MINUTE == timedelta(0))


@given(lengths)
def test_a_length_is_read_as_it_is_written(length: timedelta) -> None:
    """A policy exported and imported again is the same policy."""
    assert read_duration(write_duration(length)) == length


@given(lengths)
def test_a_shown_length_reads_as_that_length_up_to_its_second_unit(length: timedelta) -> None:
    """Rule 13: what an approver is shown is what is granted; only what is days long loses its minutes."""
    shown = read_duration(show_duration(length))
    assert shown is not None
    days_and_hours = length >= timedelta(days=2) and length % timedelta(days=1) >= timedelta(hours=1)
    assert shown == (length - length % timedelta(hours=1) if days_and_hours else length)


@pytest.mark.parametrize(
    ("length", "shown"),
    [(90, "1 h 30 min"), (45, "45 min"), (540, "9 h"), (1440, "1 d"), (1500, "25 h"), (3120, "2 d 4 h")],
)
def test_a_length_is_shown_in_its_two_largest_units(length: int, shown: str) -> None:
    assert show_duration(minutes(length)) == shown


@pytest.mark.parametrize(("length", "written"), [(240, "4h"), (90, "90m"), (43200, "30d"), (1440, "24h"), (15, "15m")])
def test_a_policy_file_has_the_shortest_exact_spelling(length: int, written: str) -> None:
    assert write_duration(minutes(length)) == written


@given(st.integers(15, 60 * 24 * 60).map(minutes))
def test_a_form_offers_lengths_from_the_shortest_to_the_limit_the_limit_included(limit: timedelta) -> None:
    """Rule 6."""
    steps = duration_steps(limit)
    assert steps[0] == min(SHORTEST, limit)
    assert steps[-1] == limit
    assert list(steps) == sorted(set(steps))


@given(st.integers(15, 60 * 24 * 30).map(minutes), st.integers(15, 60 * 24 * 30).map(minutes))
def test_a_longer_limit_offers_everything_that_a_shorter_one_did(one: timedelta, other: timedelta) -> None:
    shorter, longer = sorted((one, other))
    assert set(duration_steps(shorter)[:-1]) <= set(duration_steps(longer))


@given(st.lists(st.integers(15, 600).map(lambda minutes: minutes * MINUTE)), st.integers(15, 600))
def test_of_fixed_lengths_none_beyond_the_limit_is_offered_and_something_always_is(
    fixed: list[timedelta], minutes: int
) -> None:
    limit = minutes * MINUTE
    offered = offered_lengths(fixed, limit)
    assert offered
    assert max(offered) <= limit
    assert {length for length in fixed if length <= limit} <= set(offered) <= {*fixed, limit}
