"""Breaks found in the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.audit import ChainBreak


class Breaks(Protocol):
    """Breaks of the trail that were found and told: kept apart from the trail, which cannot be trusted to tell it."""

    async def note(self, found: ChainBreak, at: datetime) -> bool:
        """Keep it; False when a break at this event is known already."""
        ...

    async def all(self) -> Sequence[ChainBreak]:
        """In the order of the trail."""
        ...

    async def clear(self, found_before: datetime) -> int:
        """Forget those found before a walk that proved the whole trail began; returns how many there were."""
        ...
