"""The archive of the audit trail: a second copy, out of reach of anyone who owns the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from core.domain.audit import GENESIS, Anchor


@dataclass(frozen=True, slots=True)
class Archived:
    """The archived part of the trail: up to event ``seq``. The next file is that of ``next_day`` or later."""

    seq: int = 0
    next_day: date | None = None
    attempts: int = 0
    fence: int = 0
    hash: str = ""
    """Of that event; empty when it is not known."""

    @property
    def end(self) -> Anchor:
        """The event that the last file ends with."""
        return Anchor(self.seq, self.hash if self.seq else GENESIS)


class ArchiveProgress(Protocol):
    """One row that all replicas share: a day is written by one of them."""

    async def get(self) -> Archived: ...

    async def claim(self, now: datetime, lease: timedelta) -> Archived | None:
        """Lease it; None while another holds it, or before the next try."""
        ...

    async def hold(self, archived: Archived, until: datetime) -> None:
        """Go on holding it; Conflict when it was claimed anew."""
        ...

    async def advance(self, archived: Archived, end: Anchor, next_day: date) -> None:
        """A day is archived, up to this event. Conflict when it was claimed anew."""
        ...

    async def release(self, archived: Archived, at: datetime, error: str = "") -> None:
        """Give it back until then; with an error it counts as a failed try. Conflict when it was claimed anew."""
        ...

    async def skip_to(self, next_day: date, at: datetime) -> None:
        """Let the next file be that of this day or later, due at once; whoever holds it now writes no more."""
        ...


STANDS_THERE = "PreconditionFailed"
"""The code of a refusal: another file has that key."""


class AuditArchive(Protocol):
    """Raises UpstreamBusy and UpstreamRefused. Keys sort as the days do that they are of."""

    async def put(self, key: str, file: Path, facts: Mapping[str, str]) -> None:
        """Write a file once. The same again, by its ``facts``, is no error.

        Another one is never written over: UpstreamRefused with ``STANDS_THERE``.
        """
        ...

    async def keys(self, prefix: str, after: str = "") -> Sequence[str]:
        """The keys that begin so and sort behind another one, in their order."""
        ...

    async def facts(self, key: str) -> Mapping[str, str]:
        """The facts that a file was written with; empty for one of somebody else's."""
        ...

    async def fetch(self, key: str, into: Path) -> None:
        """Read a file back."""
        ...
