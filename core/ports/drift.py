"""Assignments that nobody here has made, and the sweep that finds them (rule 19)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.drift import Ignored, Sweep, Unknown
from core.domain.organization import Target


class Unknowns(Protocol):
    """Assignments without a request that were found in AWS (rule 19)."""

    async def all(self) -> Sequence[Unknown]:
        """Oldest first."""
        ...

    async def counts(self) -> tuple[int, int]:
        """The numbers of those reported, and of those that an operator has had ignored."""
        ...

    async def of(self, target: Target) -> Sequence[Unknown]: ...

    async def put(self, unknown: Unknown) -> None:
        """Keep it; what is known already stays as it is."""
        ...

    async def confirm(self, unknown: Unknown, at: datetime) -> None:
        """It was seen once more."""
        ...

    async def ignore(self, unknown: Unknown, ignored: Ignored) -> None:
        """Keep who has it reported no more, and why."""
        ...

    async def tell(self, unknowns: Sequence[Unknown], at: datetime) -> Sequence[Unknown]:
        """Mark those of them of which nobody was told yet; of several replicas one gets each."""
        ...

    async def remove(self, unknown: Unknown) -> None: ...


class Sweeps(Protocol):
    """The progress of the search for them: one for all replicas."""

    async def claim(self, now: datetime, lease: timedelta) -> Sweep | None:
        """Lease it to the caller; None when another process holds it."""
        ...

    async def hold(self, sweep: Sweep, until: datetime) -> None:
        """Go on holding it; Conflict when it was claimed anew."""
        ...

    async def release(self, sweep: Sweep, until: datetime | None = None) -> None:
        """Write how far it has come, and give it back; until then it is nobody's.

        Written by whoever claimed it last, or not at all.
        """
        ...
