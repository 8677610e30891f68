"""What the process lends to core: the time of day, and work that outlives a call."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """The one source of the time of day."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class Background(Protocol):
    """Work that outlives the call that began it, and is drained at shutdown."""

    def start(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]": ...
