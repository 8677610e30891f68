"""Starred targets, as storage keeps them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.ids import PrincipalId
from core.domain.organization import Target


class Stars(Protocol):
    async def of(self, principal: PrincipalId) -> Sequence[Target]:
        """In the order of being starred, the last first."""
        ...

    async def put(self, principal: PrincipalId, target: Target, at: datetime) -> None:
        """One that is starred already stays where it is."""
        ...

    async def remove(self, principal: PrincipalId, target: Target) -> None: ...
