"""The pace of one person: a bucket for each chat user, asked before anything is looked up (rule 26).

In memory and in each process by itself: with several replicas a person may do as much with each of them. What is in
here is bounded, whoever sends whatever.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from core.domain.people import ChatUser


@dataclass(frozen=True, slots=True)
class Allowance:
    """``at_once`` of a kind of interaction, and then ``a_second`` of them."""

    at_once: float
    a_second: float

    @property
    def until_the_next(self) -> timedelta:
        """The time after which one more is allowed, once there are none left."""
        return timedelta(seconds=1 / self.a_second)


class PaceKind(Enum):
    """Kinds of interactions that are counted apart, each far above what hands can do."""

    ACTING = Allowance(150, 3)
    """Commands, buttons, forms, choices in forms, Home."""
    TYPING = Allowance(400, 10)
    """Type-ahead: a question a keystroke."""
    READING_LOGS = Allowance(10, 1 / 15)
    """Session activity: each may be a query that costs money."""
    BEING_LOOKED_UP = Allowance(20, 1 / 3)
    """Profiles read anew: Slack allows a hundred a minute, for everybody together."""
    CALLING = Allowance(60, 2)
    """Calls of the HTTP API with one token."""
    PROVING = Allowance(20, 1 / 2)
    """Calls from one address whose token is not known to be good: each may be a guess."""
    SIGNING = Allowance(30, 1)
    """Signed calls from one address: AWS is asked about each."""
    BEING_TOLD = Allowance(1, 1 / 10)
    """The words that say it was too much: they cost Slack a call each."""


MOST_REMEMBERED = 20_000
"""Buckets. The one that was left alone the longest goes first: by then it is full again."""


class Pace:
    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left: OrderedDict[tuple[PaceKind, str, str], tuple[float, float]] = OrderedDict()

    def admits(self, user: ChatUser, kind: PaceKind = PaceKind.ACTING) -> bool:
        """Take one from the person's bucket; False when it is empty."""
        allowed, now = kind.value, self._now()
        key = (kind, user.platform, user.user)  # one person in several workspaces of an organization is one person
        left, at = self._left.pop(key, (allowed.at_once, now))
        left = min(allowed.at_once, left + (now - at) * allowed.a_second)
        admitted = left >= 1
        self._left[key] = (left - 1 if admitted else left, now)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)
        return admitted
