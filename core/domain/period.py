"""The stretch of time that figures are about, and the steps in which it is shown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

DAY = timedelta(days=1)


class Step(StrEnum):
    """How long one bar of a chart over time is. Weeks begin on Monday; all of them are in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_LONGEST = ((45, Step.DAY), (400, Step.WEEK), (3660, Step.MONTH))
"""Up to so many days, that step: a chart has some fifty bars, and at most a hundred and twenty."""
_FIRST_DAY: Mapping[Step, Callable[[date], date]] = {
    Step.DAY: lambda day: day,
    Step.WEEK: lambda day: day - timedelta(days=min(day.weekday(), day.toordinal() - 1)),
    Step.MONTH: lambda day: day.replace(day=1),
    Step.YEAR: lambda day: day.replace(month=1, day=1),
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
    def step(self) -> Step:
        """What it is shown in."""
        length = (self.until - self.since) / DAY
        return next((step for longest, step in _LONGEST if length <= longest), Step.YEAR)

    def beginning(self, at: datetime) -> date:
        """The first day of the step that an instant belongs to."""
        return _FIRST_DAY[self.step](at.astimezone(UTC).date())

    def beginnings(self) -> Iterator[date]:
        """The first day of each step, in order, without a gap."""
        begin, last, first_day = self.beginning(self.since), self.last_day, _FIRST_DAY[self.step]
        while begin <= last:
            yield begin
            following = begin + {Step.DAY: 1, Step.WEEK: 7, Step.MONTH: 31, Step.YEAR: 366}[self.step] * DAY
            begin = first_day(following)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
