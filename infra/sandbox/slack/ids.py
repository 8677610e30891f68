"""Identifiers as Slack writes them, and timestamps that never repeat."""

import itertools
import secrets
import string
from collections import defaultdict
from collections.abc import Callable, Iterator

_SHORT = string.ascii_letters + string.digits


def short_id() -> str:
    """The id that Slack gives a block or action without one."""
    return "".join(secrets.choice(_SHORT) for _ in range(5))


class Ids:
    """Counts up within each prefix, so that two runs of a test read alike."""

    def __init__(self) -> None:
        self._counters: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))

    def next(self, prefix: str) -> str:
        return f"{prefix}{next(self._counters[prefix]):08d}"


class Timestamps:
    """Message timestamps: unique and increasing whatever the clock does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, int(self._clock() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
