"""Storage of what was last listed of Identity Center."""

from datetime import datetime
from typing import Protocol

from core.domain.people import PeopleListing


class PeopleListings(Protocol):
    """All users and groups as last listed, shared by replicas and kept over restarts. Only the newest is kept."""

    async def asked_at(self) -> datetime | None:
        """Of the stored listing, without reading it."""
        ...

    async def get(self) -> PeopleListing | None:
        """None as well for one in the format of another release."""
        ...

    async def put(self, listing: PeopleListing) -> None: ...

    async def confirm(self, before: datetime, asked_at: datetime) -> bool:
        """Note that what was listed at ``before`` is so at ``asked_at``; False when another listing is stored."""
        ...
