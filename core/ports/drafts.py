"""Drafts of policies, as storage keeps them until they are saved."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.ids import PrincipalId
from core.domain.policy import PolicyBook


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy book that somebody is editing: shown, and not yet saved. ``id`` is storage's.

    ``based_on`` is the revision it was made from; the book's own number means nothing yet.
    """

    author: PrincipalId
    book: PolicyBook
    based_on: int
    at: datetime
    id: int = 0


class Drafts(Protocol):
    """Books between a form and its saving: too large for what a chat platform keeps with a screen."""

    async def add(self, draft: Draft) -> Draft:
        """Store; returns it with its id. A draft is never changed."""
        ...

    async def get(self, draft_id: int) -> Draft | None: ...

    async def prune(self, before: datetime) -> int:
        """Forget drafts made before then; returns how many there were."""
        ...
