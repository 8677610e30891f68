"""Requests of a period, read only as far as figures are made of them."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.figures import PastRequest
from core.domain.period import Period
from core.domain.search import Cursor


class PastRequests(Protocol):
    """Requests that were asked for in a period, in the order of being asked."""

    async def count(self, period: Period) -> int: ...

    async def page(self, period: Period, limit: int, after: Cursor | None = None) -> Sequence[PastRequest]:
        """The first of them behind a place, with their approvals and what is known of their use.

        Takes as long as a page does, however many there are. What cannot be read is left out, and logged. Fewer than
        ``limit`` do not mean the end: an empty page does.
        """
        ...
