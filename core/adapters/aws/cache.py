"""Answers that may be a little old, and are asked for once however many want them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from core.domain.errors import Side
from core.ports import Clock, waiting_for

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

CROWDED = 1000
"""Entries above which old ones are dropped."""


@dataclass(frozen=True, slots=True)
class _Answer(Generic[V]):
    asked_at: datetime
    value: V


@dataclass(frozen=True, slots=True)
class _Flight(Generic[V]):
    """A question under way."""

    asked_at: datetime
    answer: asyncio.Future[V]


class Cache(Generic[K, V]):
    """Keeps answers by key. Their age counts from the moment of asking, never from that of the answer."""

    def __init__(self, clock: Clock, max_age: timedelta) -> None:
        self._clock = clock
        self._max_age = max_age
        self._answers: dict[K, _Answer[V]] = {}
        self._flights: dict[K, _Flight[V]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V]], *, within: timedelta | None = None) -> V:
        """Return an answer asked for less than ``within`` ago (``max_age`` unless told), and ask if there is none.

        Whoever comes while somebody is asking waits for the same answer, or error, unless that was asked too
        long ago. ``within=timedelta(0)`` always asks.
        """
        limit = self._max_age if within is None else within
        while True:
            held = self._answers.get(key)
            if held and self._is_young(held.asked_at, limit):
                return held.value
            flight = self._flights.get(key)
            if flight is None or not self._is_young(flight.asked_at, limit):
                return await self._ask(key, ask)
            with waiting_for(Side.AWS):
                await asyncio.wait({flight.answer})
            if not flight.answer.cancelled():  # when the one who asked went away, the next one asks
                return flight.answer.result()

    def last(self, key: K) -> V | None:
        """The answer at hand, whatever its age; nobody is asked."""
        held = self._answers.get(key)
        return held.value if held else None

    def asked_at(self, key: K) -> datetime | None:
        """The moment of asking for the answer at hand."""
        held = self._answers.get(key)
        return held.asked_at if held else None

    def take_over(self, key: K, value: V, asked_at: datetime) -> None:
        """Keep an answer that another process was given, unless a later one that is still young is at hand."""
        self._keep(key, _Answer(asked_at, value))

    def _is_young(self, asked_at: datetime, limit: timedelta) -> bool:
        """A clock that was set back makes everything old, rather than young for ever."""
        return timedelta(0) <= self._clock.now() - asked_at < limit

    async def _ask(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        flight: _Flight[V] = _Flight(self._clock.now(), asyncio.get_running_loop().create_future())
        self._flights[key] = flight
        try:
            value = await ask()
        except Exception as error:
            flight.answer.set_exception(error)
            flight.answer.exception()  # perhaps nobody else is waiting: then it is not an error that nobody saw
            raise
        else:
            self._keep(key, _Answer(flight.asked_at, value))
            flight.answer.set_result(value)
            return value
        finally:
            flight.answer.cancel()
            if self._flights.get(key) is flight:
                del self._flights[key]

    def _keep(self, key: K, answer: _Answer[V]) -> None:
        """An answer that was long under way never replaces one asked for later."""
        held = self._answers.get(key)
        if held and held.asked_at > answer.asked_at and self._is_young(held.asked_at, self._max_age):
            return
        if len(self._answers) >= CROWDED:
            self._answers = {k: a for k, a in self._answers.items() if self._is_young(a.asked_at, self._max_age)}
        self._answers[key] = answer
