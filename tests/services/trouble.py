"""Trouble at the n-th point of what a process does: it dies there, or what it spoke to fails it there.

The points are those that leave different things behind: before and after each commit, and before and after each
call of AWS or of the chat platform. What happens between two of them is undone by the database.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

from core.domain.errors import AnswerLost, UpstreamBusy
from core.ports import OpenUnit, UnitOfWork


class Killed(BaseException):
    """The process is gone: nothing of it does anything any more."""


class Kind(Enum):
    KILL = "kill"
    FAIL = "fail"


class Trouble:
    """Strikes once, at point number ``at``; 0 counts the points and never strikes."""

    def __init__(self, at: int, kind: Kind) -> None:
        self._at = at
        self._kind = kind
        self.points = 0
        self.where = ""
        self.is_over = False
        """The process has been started anew: there is no further trouble."""

    def point(self, name: str, error: Callable[[], Exception]) -> None:
        if self.is_over:
            return
        if self.where and self._kind is Kind.KILL:
            raise Killed(self.where)
        self.points += 1
        if self.points == self._at:
            self.where = name
            raise Killed(name) if self._kind is Kind.KILL else error()

    def units(self, open_unit: OpenUnit) -> OpenUnit:
        @asynccontextmanager
        async def troubled() -> AsyncGenerator[UnitOfWork]:
            async with open_unit() as unit:
                yield _TroubledUnit(unit, self)

        return troubled

    def calls(self, outside: Any, *changing: str) -> Any:
        return _TroubledCalls(outside, self, frozenset(changing))


class _TroubledUnit:
    def __init__(self, unit: UnitOfWork, trouble: Trouble) -> None:
        self._unit = unit
        self._trouble = trouble

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    async def commit(self) -> None:
        self._trouble.point("before a commit", lambda: UpstreamBusy("the database is away"))
        await self._unit.commit()
        self._trouble.point("after a commit", lambda: UpstreamBusy("the database went away after the commit"))


class _TroubledCalls:
    """``changing`` are the calls that may have taken effect when their answer is lost."""

    def __init__(self, outside: Any, trouble: Trouble, changing: frozenset[str]) -> None:
        self._outside = outside
        self._trouble = trouble
        self._changing = changing

    def __getattr__(self, name: str) -> Any:
        called = getattr(self._outside, name)
        if not callable(called):  # what a test looks at, and no call
            return called
        error = AnswerLost if name in self._changing else UpstreamBusy

        async def troubled(*given: Any, **named: Any) -> Any:
            self._trouble.point(f"before {name}", lambda: UpstreamBusy("away"))
            answer = await called(*given, **named)
            self._trouble.point(f"after {name}", lambda: error("the answer was lost"))
            return answer

        return troubled
