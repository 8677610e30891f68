"""Requests of some statuses, however many there are: page by page, each read in a unit of work of its own."""

from collections.abc import AsyncGenerator, Sequence

from core.domain.request import Request, Status
from core.ports import OpenUnit

PAGE = 500


async def pages(open_unit: OpenUnit, *statuses: Status) -> AsyncGenerator[Sequence[Request]]:
    """Oldest first. One that changes its status meanwhile may be there or not; no other is left out."""
    after = None
    while True:
        async with open_unit() as unit:
            page = await unit.requests.with_status(*statuses, limit=PAGE, after=after)
        if not page:
            return
        yield page
        after = page[-1].id


async def every(open_unit: OpenUnit, *statuses: Status) -> list[Request]:
    """All of them at once, where their number is small by nature."""
    return [request async for page in pages(open_unit, *statuses) for request in page]
