"""The ports for session activity: a source of CloudTrail's events, and the summaries still to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.activity import ActivityEvent, ActivityQuery, Limit
from core.domain.ids import RequestId


@dataclass(frozen=True, slots=True)
class Findings:
    """The events that a source found, and what it may lack. The events are candidates: ``attributed`` decides."""

    events: Sequence[ActivityEvent]
    limits: frozenset[Limit] = frozenset()
    unread: int = 0
    """Records that were no event of CloudTrail as it writes them."""


class SessionActivity(Protocol):
    """A source of CloudTrail's events. Takes seconds to minutes, and ends by itself."""

    @property
    def name(self) -> str:
        """As people know it: ``Athena``."""
        ...

    async def read(self, query: ActivityQuery) -> Findings:
        """Ask for everything that may belong to the query.

        Raises SourceRefused with what is wrong, UpstreamBusy when it is worth trying again. A question that is
        given up is stopped at the source, too.
        """
        ...

    async def check(self) -> str:
        """Check, without a scan, that the source exists and may be asked; returns words for an operator."""
        ...


@dataclass(frozen=True, slots=True)
class DueSummary:
    """A summary of session activity that is to be told. ``due_at`` is when it could first have been."""

    id: int
    request_id: RequestId
    due_at: datetime
    attempts: int = 0
    fence: int = 0


class Summaries(Protocol):
    """Requests whose session activity has still to be posted in their threads, each once."""

    async def plan(self, request_id: RequestId, due_at: datetime) -> None:
        """Have it told then; a second plan for the same request changes nothing."""
        ...

    async def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[DueSummary]:
        """Lease what is due, in one statement."""
        ...

    async def hold(self, summary: DueSummary, until: datetime) -> None:
        """Go on holding it; Conflict when it was claimed anew."""
        ...

    async def close(self, summary: DueSummary, at: datetime, *, given_up: str = "", events: int | None = None) -> None:
        """Told, or given up and why; Conflict when it was claimed anew.

        ``events``: how many there were; None when that is not known, as where some could not be read.
        """
        ...

    async def retry(self, summary: DueSummary, at: datetime, error: str) -> None: ...

    async def next_due(self) -> datetime | None:
        """The time when the next one is posted or tried again."""
        ...

    async def counts(self) -> tuple[int, int]:
        """The numbers of those still to be told, and of those given up."""
        ...
