"""The audit trail written out, page by page: no more of it than a page is ever held, however long it has become."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.audit import Anchor, Sealed, moment_of, request_of
from core.domain.audit_format import AuditLines, AuditLineStyle
from core.domain.ids import RequestId
from core.domain.request import Request
from core.ports import OpenUnit, UnitOfWork

PAGE = 500


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event as it is written, and which it is."""

    text: bytes
    event: Sealed


class TrailExport:
    """Events are only ever added, and in order: pages that are read one after the other miss nothing."""

    def __init__(self, look: OpenUnit) -> None:
        self._look = look

    async def lines(
        self, lines: AuditLines, keep: Callable[[Sealed], bool], *, after: int = 0
    ) -> AsyncGenerator[TrailLine]:
        """Every event behind ``after`` that is to be kept, in order."""
        while True:
            async with self._look() as unit:
                page = await unit.audit.page(after, PAGE)
                kept = [event for event in page if keep(event)]
                requests = await requests_of(unit, kept, lines)
            for event in kept:
                yield TrailLine(lines.line(event, requests.get(request_of(event))), event)
            if len(page) < PAGE:
                return
            after = page[-1].seq

    async def continues(self, end: Anchor) -> bool:
        """True if an event that was written out earlier is the one that stands there in the trail."""
        if end.seq == 0:
            return True
        async with self._look() as unit:
            found = await unit.audit.page(end.seq - 1, 1)
        return [(event.seq, event.hash) for event in found] == [(end.seq, end.hash)]


async def requests_of(
    unit: UnitOfWork, events: Sequence[Sealed], lines: AuditLines
) -> Mapping[RequestId | None, Request]:
    """The requests that events are about, where the format needs them."""
    about = {request_of(event) for event in events} if lines.style is AuditLineStyle.OCSF else set()
    known = sorted(found for found in about if found is not None)
    return {request.id: request for request in await unit.requests.several(known)} if known else {}


def between(since: datetime | None, until: datetime | None) -> Callable[[Sealed], bool]:
    """Events from ``since`` on and before ``until``."""

    def keep(event: Sealed) -> bool:
        at = moment_of(event)
        return (since is None or at >= since) and (until is None or at < until)

    return keep
