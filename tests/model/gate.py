"""The one gate through which a process speaks to everything outside: the database, AWS, Slack.

Before and after each call and each commit it may die or stand still there, and what it speaks to may be in trouble.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from core.domain.errors import AnswerLost, Side, UpstreamBusy
from core.ports import OpenUnit, UnitOfWork
from tests.model.troubles import Troubles

LATE = 10.0
"""Seconds after which a call that nobody answers is given up (the time-out of the real clients)."""


class Killed(BaseException):
    """The process is gone: nothing of it does anything any more."""


class Gate:
    def __init__(self, troubles: Troubles, chance: Random, latency: float, on_death: Callable[[float], None]) -> None:
        self.troubles = troubles
        self.chance = chance
        self.is_dead = False
        self.is_heard = True
        """True if its words are of interest."""
        self.dies_after: int | None = None
        """So many points more, and it is dead."""
        self.stops_after: tuple[int, float] | None = None
        """So many points more, and it stands still for so many seconds."""
        self.back_after = 1.0
        """Seconds after its death until another process takes its place."""
        self._latency = latency
        self._on_death = on_death
        self._runs = asyncio.Event()
        self._runs.set()

    def stop(self, seconds: float) -> None:
        """Stand still: what is under way goes on when it wakes."""
        self._runs.clear()
        self.troubles.begin("paused", seconds, ends=self._runs.set)

    def die(self) -> None:
        self.is_dead = True
        self._runs.set()
        self._on_death(self.back_after)

    async def point(self) -> None:
        """A place where it may die, or stand still."""
        self._die_if_due()
        if self.stops_after is not None:
            left, seconds = self.stops_after
            self.stops_after = (left - 1, seconds) if left > 1 else None
            if self.stops_after is None:
                self.stop(seconds)
        await asyncio.sleep(0)
        await self._runs.wait()
        if self.is_dead:
            raise Killed

    def _die_if_due(self) -> None:
        if self.is_dead:
            raise Killed
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after <= 0:
                self.die()
                raise Killed

    # --- the database ------------------------------------------------------------------------------

    def units(self, open_unit: OpenUnit, on_commit: Callable[[], Awaitable[None]]) -> OpenUnit:
        @asynccontextmanager
        async def gated() -> AsyncGenerator[UnitOfWork]:
            await self.point()
            self._refuse_database()
            async with open_unit() as unit:
                yield _GatedUnit(unit, self, on_commit)  # type: ignore[misc]
            await self.point()

        return gated

    def _refuse_database(self) -> None:
        if self.troubles.of("database away"):
            raise UpstreamBusy("The database is away.", side=Side.STORAGE)

    async def commit(self, unit: UnitOfWork, on_commit: Callable[[], Awaitable[None]]) -> None:
        if self.is_dead:
            raise Killed
        self._refuse_database()
        unsure = self.troubles.of("commits unsure")
        if unsure and self.chance.random() < 0.3:
            raise UpstreamBusy("The connection was lost before the commit.", side=Side.STORAGE)
        await unit.commit()
        await on_commit()
        self._die_if_due()
        if unsure and self.chance.random() < 0.3:
            raise UpstreamBusy("The connection was lost after the commit.", side=Side.STORAGE)

    def check_row(self, request_id: int) -> None:
        if self.troubles.of("row locked", str(request_id)):
            raise UpstreamBusy("canceling statement due to lock timeout", side=Side.STORAGE)

    # --- what is asked over a network --------------------------------------------------------------

    async def call(self, called: Callable[..., Any], trouble: Callable[..., Any], given: Any, named: Any) -> Any:
        await self.point()
        if self._latency:
            await asyncio.sleep(self.chance.random() * self._latency)
        loses_answer = await trouble(*given)
        answer = await called(*given, **named)
        await self.point()
        if loses_answer:
            raise AnswerLost("The connection was dropped.", side=loses_answer)
        return answer


class _GatedUnit:
    __slots__ = ("_gate", "_on_commit", "_unit")

    def __init__(self, unit: UnitOfWork, gate: Gate, on_commit: Callable[[], Awaitable[None]]) -> None:
        self._unit = unit
        self._gate = gate
        self._on_commit = on_commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    @property
    def requests(self) -> Any:
        return _GatedRequests(self._unit.requests, self._gate)

    @property
    def outbox(self) -> Any:
        return self._unit.outbox if self._gate.is_heard else _NOBODY_LISTENS

    async def commit(self) -> None:
        await self._gate.commit(self._unit, self._on_commit)


class _Unheard:
    """The outbox of a history that is not about messages: to fill it is most of what a unit of work costs."""

    async def put(self, notices: Any, at: Any) -> None:
        pass


_NOBODY_LISTENS = _Unheard()


class _GatedRequests:
    """Refuses to write the rows that somebody else holds locked."""

    __slots__ = ("_gate", "_requests")

    def __init__(self, requests: Any, gate: Gate) -> None:
        self._requests = requests
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._requests, name)

    async def save(self, before: Any, after: Any) -> Any:
        self._gate.check_row(before.id)
        return await self._requests.save(before, after)


class Gated:
    """Something outside as one process sees it. ``troubled`` says, by the name of a call, what may be wrong with it."""

    def __init__(self, outside: Any, gate: Gate, troubled: Callable[[str], Callable[..., Any]]) -> None:
        self._outside = outside
        self._gate = gate
        self._troubled = troubled

    def __getattr__(self, name: str) -> Any:
        called, gate = getattr(self._outside, name), self._gate
        if not asyncio.iscoroutinefunction(called):
            return called
        trouble = self._troubled(name)

        async def gated(*given: Any, **named: Any) -> Any:
            return await gate.call(called, trouble, given, named)

        self.__dict__[name] = gated
        return gated
