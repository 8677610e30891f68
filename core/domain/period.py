"""The stretch of time that figures are about, and the steps in which it is shown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from core.domain.search import read_day

DAY = timedelta(days=1)


class PeriodStep(StrEnum):
    """The length of one bar in a chart over time. Weeks begin on Monday; all of them are in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_LONGEST = ((45, PeriodStep.DAY), (400, PeriodStep.WEEK), (3660, PeriodStep.MONTH))
"""Up to so many days, that step: a chart has some fifty bars, and at most a hundred and twenty."""
_LENGTH = {PeriodStep.DAY: DAY, PeriodStep.WEEK: 7 * DAY, PeriodStep.MONTH: 31 * DAY, PeriodStep.YEAR: 366 * DAY}
"""No step is longer."""
_FIRST_DAY: Mapping[PeriodStep, Callable[[date], date]] = {
    PeriodStep.DAY: lambda day: day,
    PeriodStep.WEEK: lambda day: day - timedelta(days=min(day.weekday(), day.toordinal() - 1)),
    PeriodStep.MONTH: lambda day: day.replace(day=1),
    PeriodStep.YEAR: lambda day: day.replace(month=1, day=1),
}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` on and before ``until``. ValueError when nothing lies in between."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError(f"{self.until.isoformat()} is not after {self.since.isoformat()}")

    @classmethod
    def of_days(cls, first: date, last: date) -> "Period":
        """Whole days in UTC, the last one included. ValueError when it comes before the first."""
        after = last + DAY if last < date.max else last
        return cls(_midnight(first), _midnight(after))

    @classmethod
    def before(cls, until: datetime, days: int) -> "Period":
        """The days up to an instant."""
        return cls(until - days * DAY, until)

    @property
    def first_day(self) -> date:
        return self.since.astimezone(UTC).date()

    @property
    def last_day(self) -> date:
        """The last day of which anything belongs to it."""
        return (self.until - timedelta(microseconds=1)).astimezone(UTC).date()

    @property
    def step(self) -> PeriodStep:
        """The step that a period is shown in."""
        length = (self.until - self.since) / DAY
        return next((step for longest, step in _LONGEST if length <= longest), PeriodStep.YEAR)

    def beginning(self, at: datetime) -> date:
        """The first day of the step that an instant belongs to."""
        return _FIRST_DAY[self.step](at.astimezone(UTC).date())

    def beginnings(self) -> Iterator[date]:
        """The first day of each step, in order, without a gap."""
        begin, last, first_day = self.beginning(self.since), self.last_day, _FIRST_DAY[self.step]
        while begin <= last:
            yield begin
            if date.max - begin < _LENGTH[self.step]:  # the last year that there is
                return
            begin = first_day(begin + _LENGTH[self.step])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


MOST_DAYS = 36_600
"""No report goes back further than a hundred years."""


def read_days(typed: str, today: date, default: int) -> Period | None:
    """Read ``90d``, ``2026-11-01`` (until today) or ``2026-11-01 2026-11-30``; nothing is the last days up to today.

    None for what is none of these, and for a period that is empty.
    """
    first, *more = typed.split() or [f"{default - 1}d"]
    days = [read_day(each, today) for each in (first, *(more or ["today"]))]
    since, until = days[0], days[1]
    if len(days) > 2 or since is None or until is None or since > until or (until - since).days > MOST_DAYS:
        return None
    return Period.of_days(since, until)


def write_days(period: Period) -> str:
    """Its days as ``read_days`` reads them."""
    return f"{period.first_day.isoformat()} {period.last_day.isoformat()}"
