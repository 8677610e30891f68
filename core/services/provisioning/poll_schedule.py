"""The times at which AWS is asked about operations in flight: too early wastes a call, too late a slot."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SOONEST, LONGEST = timedelta(seconds=0.5), timedelta(seconds=5)
"""From the beginning of an operation to the first poll, and the most between two polls."""
AGAIN_SOONEST = timedelta(seconds=0.125)
EARLIER, LATER = 0.995, 1.25
"""By how much one operation moves the first poll of the next ones at most: one that is slow alone changes little."""


@dataclass(slots=True)
class _Poll:
    """Of one operation: when it was to be polled first, and when it was found to go on, first and last."""

    planned: timedelta
    first_at: datetime | None = None
    last_at: datetime | None = None


class PollSchedule:
    """Learns from operations that ended when to poll the next ones first, so that most have just ended by then.

    Kept in memory: another process learns by itself.
    """

    def __init__(self) -> None:
        self._first: timedelta | None = None
        """The time between an operation's start and its first poll; None: nothing is known yet."""
        self._polls: dict[str, _Poll] = {}

    def begun(self, aws_id: str) -> timedelta:
        """The wait before the first poll."""
        planned = self._first or SOONEST
        self._polls[aws_id] = _Poll(planned)
        return planned

    def goes_on(self, aws_id: str, now: datetime) -> timedelta:
        """The wait before the next poll of an operation that has not ended."""
        poll = self._polls.setdefault(aws_id, _Poll(self._first or SOONEST))
        poll.first_at, poll.last_at = poll.first_at or now, now
        return min(LONGEST, max(AGAIN_SOONEST, (now - poll.first_at) / 2))

    def ended(self, aws_id: str, now: datetime) -> None:
        """Poll the next ones a little earlier; or later, by as much as this one was polled too soon."""
        poll = self._polls.pop(aws_id, None)
        if poll is None:
            return
        if poll.first_at is None or poll.last_at is None:
            self._first = max(SOONEST, (self._first or poll.planned) * EARLIER)
            return
        ended_at = poll.last_at + (now - poll.last_at) / 2
        better = poll.planned + (ended_at - poll.first_at)
        known = self._first or better
        self._first = min(LONGEST, max(known, min(better, known * LATER)))

    def hangs(self, aws_id: str) -> None:
        """Forget an operation that says nothing of the others."""
        self._polls.pop(aws_id, None)
