"""Processes that share one database: which clock is right enough, and which share of AWS's calls is whose.

The database's clock is the one that all of them can ask, so each is compared with that.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

NOTICEABLE = timedelta(seconds=2)
"""A clock that is further off is warned of."""
UNFIT = timedelta(seconds=30)
"""A replica whose clock is further off does no work: what it decided by time would be decided wrongly."""


class ClockState(Enum):
    RIGHT = "right"
    OFF = "off"
    """Told, and works on."""
    WRONG = "wrong"
    """Told, and does no work."""


def judge_clock(ahead: timedelta) -> ClockState:
    """Judge a clock by how far it is ahead of the other; behind it, when that is negative."""
    if abs(ahead) > UNFIT:
        return ClockState.WRONG
    return ClockState.OFF if abs(ahead) > NOTICEABLE else ClockState.RIGHT


ALIVE_WITHIN = timedelta(seconds=20)
"""Without a sign of life for so long a replica counts no more."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A process that has lately given a sign of life."""

    name: str
    divides_by: int = 0
    """Its share of the calls is one part of so many; 0: it has none yet, and makes few calls."""
    clock_ahead: timedelta = timedelta()
    """Of the database's."""

    @property
    def clock(self) -> ClockState:
        return judge_clock(self.clock_ahead)


def share(divides_by: int, others: Collection[Replica]) -> int:
    """By how many a replica may divide now; 0 while it has to wait until the others have made room for it.

    Whoever takes less than before may do so at once. Whoever takes more waits until every other one takes no more
    than its part of what they are together: then all shares together never are more than the whole.
    """
    together = len(others) + 1
    if 0 < divides_by <= together:
        return together
    has_room = all(other.divides_by == 0 or other.divides_by >= together for other in others)
    return together if has_room else divides_by
