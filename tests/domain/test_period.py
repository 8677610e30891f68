"""A period is cut into steps without a gap, and every instant of it belongs to one of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.period import DAY, Period, PeriodStep, read_days, write_days
from tests.strategies import NOW

instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
lengths = st.one_of(st.integers(1, 400 * 86_400), st.integers(1, 9000 * 366 * 86_400)).map(
    lambda seconds: timedelta(seconds=seconds)
)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    since = draw(instants)
    return Period(since, min(since + min(draw(lengths), datetime.max.replace(tzinfo=UTC) - since), _END))


_END = datetime(9999, 12, 31, tzinfo=UTC)


@given(periods(), st.floats(0, 1))
def test_every_instant_of_a_period_belongs_to_one_of_its_steps(period: Period, part: float) -> None:
    at = min(period.since + (period.until - period.since) * part, period.until - timedelta(microseconds=1))
    beginnings = list(period.beginnings())
    assert beginnings == sorted(set(beginnings))
    assert period.beginning(at) in beginnings
    assert period.beginning(at) <= at.date()


@given(periods())
def test_a_chart_never_has_more_bars_than_can_be_told_apart(period: Period) -> None:
    if period.step is not PeriodStep.YEAR:
        assert len(list(period.beginnings())) <= 122


def test_weeks_begin_on_monday_and_months_and_years_on_their_first_day() -> None:
    wednesday = datetime(2026, 3, 4, 12, tzinfo=UTC)
    lengths = {40: date(2026, 3, 4), 60: date(2026, 3, 2), 500: date(2026, 3, 1), 5000: date(2026, 1, 1)}
    assert {days: Period(wednesday - DAY, wednesday + days * DAY).beginning(wednesday) for days in lengths} == lengths


def test_a_period_of_days_has_the_last_one_whole() -> None:
    period = Period.of_days(date(2026, 3, 1), date(2026, 3, 2))
    assert (period.since, period.until) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    assert (period.first_day, period.last_day) == (date(2026, 3, 1), date(2026, 3, 2))
    assert list(period.beginnings()) == [date(2026, 3, 1), date(2026, 3, 2)]


def test_nothing_is_no_period() -> None:
    with pytest.raises(ValueError, match="is not after"):
        Period(NOW, NOW)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("", (date(2026, 2, 1), date(2026, 3, 2))),
        ("6d", (date(2026, 2, 24), date(2026, 3, 2))),
        ("2026-02-27", (date(2026, 2, 27), date(2026, 3, 2))),
        ("2026-02-01 yesterday", (date(2026, 2, 1), date(2026, 3, 1))),
        ("2026-02-02 2026-02-01", None),
        ("2026-02-01 2026-02-02 2026-02-03", None),
        ("some day", None),
        ("0001-01-01", None),
    ],
)
def test_periods_are_read_as_people_type_them(typed: str, days: tuple[date, date] | None) -> None:
    period = read_days(typed, NOW.date(), 30)
    assert (period and (period.first_day, period.last_day)) == days
    if period:
        assert read_days(write_days(period), NOW.date(), 30) == period
