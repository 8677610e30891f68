"""Figures of a period: requests are read page by page and counted, and nobody waits for it meanwhile (rule 22)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from core.domain.figures import Access, Count, Figures
from core.domain.ids import RequestId
from core.domain.period import Period
from core.domain.request import LIVE, Request
from core.domain.search import Cursor
from core.ports import Clock, OpenUnit
from core.services.context.request_pages import pages

PAGE = 200
"""Some 15 ms of counting, which nothing else in the process waits longer for."""
ObserveReading = Callable[[int, int], None]
"""Told how many requests have been counted, and how many there are."""


def unobserved(done: int, whole: int) -> None:
    """Nobody looks."""


class ReportFigures:
    """``look`` opens a unit of work that only reads. Who may see what it tells is for its callers to ask."""

    def __init__(self, look: OpenUnit, clock: Clock, zone: tzinfo = UTC) -> None:
        self._look = look
        self._clock = clock
        self._zone = zone

    async def figures(self, period: Period, observe: ObserveReading = unobserved) -> Figures:
        """Count the requests of a period, however many there are: never more of them in memory than a page."""
        now = self._clock.now()
        count = Count(period, now, self._zone)
        async with self._look() as unit:
            whole = await unit.past.count(period)
        done, after = 0, None
        while True:
            async with self._look() as unit:
                page = await unit.past.page(period, PAGE, after)
            if not page:
                break
            for past in page:
                count.add(past)
            done += len(page)
            observe(done, max(done, whole))
            after = Cursor(page[-1].asked_at, RequestId(page[-1].id))
        return count.figures(await self._held(now))

    async def _held(self, now: datetime) -> list[Access]:
        """The access that people have now. What is being granted or taken away is included: AWS may have it."""
        return [held(each, now) async for page in pages(self._look, *LIVE) for each in page]


def held(request: Request, now: datetime) -> Access:
    """The access that a live request gives."""
    since = request.window_start_at
    return Access(
        request_id=request.id,
        requester=request.requester,
        requester_name=request.requester_name,
        target=request.target,
        account_name=request.account_name,
        permission_set_name=request.permission_set_name,
        status=request.status,
        length=max(now - since, timedelta()) if since else timedelta(),
        since=since,
        until=request.end_at,
    )
