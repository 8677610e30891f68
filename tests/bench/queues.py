"""Queues in simulated time: who waits how long, in one line before one or several that serve."""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True)
class Station:
    """First come, first served, by so many at once. Arrivals come in the order of time."""

    name: str
    servers: int
    seconds: float
    """The time that one piece of work takes."""
    waits: list[float] = field(default_factory=list)
    longest_line: int = 0
    busy: float = 0.0
    """Seconds of work, all servers together."""
    _free_at: list[float] = field(default_factory=list)
    _starts: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._free_at = [0.0] * self.servers

    def serve(self, arrives: float, pieces: float = 1.0) -> float:
        """Work that arrives now; returns when it is done. Of no pieces it is done at once."""
        if pieces <= 0:
            return arrives
        begins = max(arrives, heapq.heappop(self._free_at))
        ends = begins + pieces * self.seconds
        heapq.heappush(self._free_at, ends)
        self.busy += ends - begins
        self.waits.append(begins - arrives)
        while self._starts and self._starts[0] <= arrives:
            self._starts.popleft()
        if begins > arrives:
            self._starts.append(begins)
        self.longest_line = max(self.longest_line, len(self._starts))
        return ends

    def used(self, seconds: float) -> float:
        """The share of this time in which it worked."""
        return self.busy / (self.servers * seconds)


Step = Callable[[float], float]
"""One step of a piece of work: when it begins, and when it is done."""


def run(works: Sequence[tuple[float, Sequence[Step]]]) -> list[float]:
    """Take each through its steps, all in the order of time; returns when each is done."""
    number, done = count(), [0.0] * len(works)
    line = [(begins, next(number), place, 0) for place, (begins, _) in enumerate(works)]
    heapq.heapify(line)
    while line:
        now, _, place, step = heapq.heappop(line)
        steps = works[place][1]
        if step == len(steps):
            done[place] = now
            continue
        heapq.heappush(line, (steps[step](now), next(number), place, step + 1))
    return done


def percentile(values: Sequence[float], share: float) -> float:
    """Zero where nobody waited for anything."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
