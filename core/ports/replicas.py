"""The processes that are alive: they share the database, and AWS's call quota."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.replicas import Replica


class Replicas(Protocol):
    async def time(self) -> datetime | None:
        """The time by the database's clock; None where it is this machine's own."""
        ...

    async def alive(self, since: datetime) -> Sequence[Replica]:
        """Those that have given a sign of life since then, by name; the others are forgotten.

        Nobody else gives one until this unit of work ends.
        """
        ...

    async def seen(self, since: datetime) -> Sequence[Replica]:
        """Those that have given a sign of life since then, by name."""
        ...

    async def remove(self, name: str) -> None:
        """It ends: the others share without it."""
        ...

    async def put(self, replica: Replica, at: datetime, *, is_news: bool) -> None:
        """Record a sign of life. ``is_news``: the others are woken, because their share depends on it."""
        ...
