"""The ports to the process: the time of day, patterns, and work that outlives a call."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from core.domain.setup import SetupFinding

T = TypeVar("T")


class Clock(Protocol):
    """The one source of the time of day."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Both clocks of the machine at one moment."""

    at: datetime
    """The time of day as the machine has it, aware UTC: of use only to be compared with another machine's."""
    steady: timedelta
    """Since some moment in the past. Nobody sets this one."""


class MachineClock(Protocol):
    """The machine's clocks themselves, whatever the time of day is for the program."""

    def read(self) -> ClockReading: ...


class TicketMatcher(Protocol):
    """Holds tickets to the pattern of the settings."""

    def fits(self, pattern: str, ticket: str) -> bool:
        """True if the whole ticket fits; False, too, when it cannot be told within a moment."""
        ...


class SelfCheck(Protocol):
    """Looks whether what the bot needs outside itself is there: permissions, scopes, places to write to."""

    async def findings(self) -> Sequence[SetupFinding]:
        """The invariants that are broken now. May raise Upstream."""
        ...


class Background(Protocol):
    """Work that outlives the call that began it, and is drained at shutdown."""

    def start(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]": ...
