"""A boundary around each row of a round: one that cannot be worked off pauses, and the others go on (rule 17).

Pauses are kept in memory alone: what cannot be written cannot be marked, and another process may succeed.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog

from core.domain.errors import Upstream
from core.ports import Clock
from core.services.runtime.retries import doubled

PAUSE_FIRST, PAUSE_LONGEST = timedelta(seconds=1), timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(minutes=5)
"""A row that was not tried for so long after its pause was done elsewhere: it would count as stuck for ever."""
AT_ONCE = 8
"""Rows of one round that are worked on at the same time: one that waits for a lock keeps no other waiting."""
MOST_IN_A_ROUND = 500
"""Then the round comes to its end, and the next one goes on. Rows that pause are not counted."""

log = structlog.get_logger()


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=_Numbered)
Work = Callable[[Row], Awaitable[timedelta | None]]
"""Works on a row. Returns the time for which to leave alone a row that stays due and that nothing is wrong with."""


@dataclass(frozen=True, slots=True)
class _Pause:
    tries: int
    until: datetime


class RowBoundaries(Generic[Row]):
    """The boundaries of one process, by round and row."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pauses: dict[tuple[str, int], _Pause] = {}
        self._rests: dict[tuple[str, int], datetime] = {}

    def stuck(self) -> Mapping[str, int]:
        """The number of rows of each round that failed at their last try, here and lately."""
        before = self._clock.now() - FORGOTTEN_AFTER
        for key in [key for key, pause in self._pauses.items() if pause.until < before]:
            del self._pauses[key]
        return Counter(name for name, _ in self._pauses)

    async def work_off(
        self, name: str, due: Callable[[Row | None], Awaitable[Sequence[Row]]], work: "Work[Row]"
    ) -> None:
        """Work on everything that is due, page after page. ``due`` gives what comes after a row; nothing ends it."""
        last: Row | None = None
        tried, seen = 0, set[int]()
        while page := await due(last):
            seen |= {row.id for row in page}
            free = [row for row in page if not self._is_paused(name, row)]
            await self.each(name, free, work)
            tried, last = tried + len(free), page[-1]
            if tried >= MOST_IN_A_ROUND:
                return
        self._forget(name, seen)

    async def each(self, name: str, rows: Sequence[Row], work: "Work[Row]") -> None:
        """Work on these rows, each by itself."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(row: Row) -> None:
            async with turns:
                await self._around(name, row, work)

        await asyncio.gather(*(one(row) for row in rows))

    def pause_of(self, name: str, row: Row) -> timedelta | None:
        """The pause for a row that has just failed; None when it did not fail."""
        found = self._pauses.get((name, row.id))
        return found.until - self._clock.now() if found else None

    def _is_paused(self, name: str, row: Row) -> bool:
        found = self._pauses.get((name, row.id))
        until = found.until if found else self._rests.get((name, row.id))
        now = self._clock.now()
        return until is not None and now < until <= now + PAUSE_LONGEST  # later: the clock was set back since

    async def _around(self, name: str, row: Row, work: "Work[Row]") -> None:
        try:
            rest = await work(row)
        except Upstream as error:  # AWS, Slack or the database was away: no fault of this program
            pause = self._put_off(name, row)
            log.warning("row is left for later", round=name, row=row.id, because=str(error), **pause)
        except Exception:
            pause = self._put_off(name, row)
            log.exception("row cannot be worked off", round=name, row=row.id, incident=secrets.token_hex(4), **pause)
        else:
            self._pauses.pop((name, row.id), None)
            if rest:
                self._rests[name, row.id] = self._clock.now() + rest
            else:
                self._rests.pop((name, row.id), None)

    def _put_off(self, name: str, row: Row) -> dict[str, object]:
        """Leave it alone for a while, for longer each time; what the log says of that."""
        key = (name, row.id)
        tries = self._pauses[key].tries if key in self._pauses else 0
        pause = doubled(tries, PAUSE_FIRST, PAUSE_LONGEST)
        self._pauses[key] = _Pause(tries + 1, self._clock.now() + pause)
        return {"tries": tries + 1, "pause": str(pause)}

    def _forget(self, name: str, seen: set[int]) -> None:
        """Forget rows that are not due any more: they were done elsewhere."""
        for kept in (self._pauses, self._rests):
            for key in [key for key in kept if key[0] == name and key[1] not in seen]:
                del kept[key]
