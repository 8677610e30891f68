"""Answers of a platform, remembered: the newest few thousand, each for a while."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from core.domain.freshness import is_younger
from core.ports import Clock

_K = TypeVar("_K")
_V = TypeVar("_V")


class Remembered(Generic[_K, _V]):
    """``good_for``: the time that an answer is taken as known; None where it never changes."""

    def __init__(self, clock: Clock, good_for: timedelta | None = None, most: int = 2000) -> None:
        self._clock = clock
        self._good_for = good_for
        self._most = most
        self._known: OrderedDict[_K, tuple[datetime, _V]] = OrderedDict()

    async def get(self, key: _K, ask: Callable[[], Awaitable[_V]], *, anew: bool = False) -> _V:
        """The answer that is known, or the one that ``ask`` gives now. A failure is raised, and not remembered."""
        if key in self and not anew:
            return self._known[key][1]
        answer = await ask()
        self._known[key] = (self._clock.now(), answer)
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return answer

    def __contains__(self, key: _K) -> bool:
        known = self._known.get(key)
        return known is not None and (self._good_for is None or is_younger(known[0], self._clock.now(), self._good_for))

    def forget(self, is_meant: Callable[[_K], bool]) -> None:
        for key in [known for known in self._known if is_meant(known)]:
            del self._known[key]
