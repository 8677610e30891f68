"""Refusals that are counted before they are put on record."""

from datetime import datetime
from typing import Protocol

from core.domain.audit import AuditEvent


class Refusals(Protocol):
    """Refusals on their way into the audit trail: what is tried again and again leaves an event a minute (rule 26)."""

    async def note(self, event: AuditEvent, about: str) -> None:
        """Seal the event, or count it, when there was one of the same person, action and ``about`` within a minute.

        The next event that is sealed carries the count as ``repeated``. Called last in a unit of work.
        """
        ...

    async def close(self, now: datetime, limit: int) -> int:
        """Seal the counts that no later refusal took along, and forget them; returns how many rows there were."""
        ...
