"""Changes of policies and settings that wait for a second admin (rule 25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.domain.policy import PolicyBook
from core.domain.request import Actor


class ProposalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    OUTDATED = "outdated"
    """The policies were changed by somebody else in between."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole book as its author wants it, made from revision ``based_on``. ``id`` is storage's."""

    book: PolicyBook
    based_on: int
    author: Actor
    why: str
    at: datetime
    expires_at: datetime
    state: ProposalState = ProposalState.WAITING
    closed_by: str = ""
    closed_at: datetime | None = None
    id: int = 0


class Proposals(Protocol):
    async def add(self, proposal: Proposal) -> Proposal:
        """Store; returns it with its id."""
        ...

    async def get(self, proposal_id: int) -> Proposal | None: ...

    async def waiting(self) -> Sequence[Proposal]:
        """Oldest first."""
        ...

    async def close(self, proposal: Proposal) -> None:
        """Write state, by whom and when; Conflict when it waits no longer."""
        ...
