"""Session activity of one request: who may see it, what is asked of the source, and what of its answer is shown."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from weakref import WeakValueDictionary

import structlog

from core.domain.activity import (
    LOGS_COME_WITHIN,
    WIDEST,
    ActivityEvent,
    ActivityQuery,
    Limit,
    activity_window,
    attributed,
    in_order,
)
from core.domain.durations import show_duration
from core.domain.errors import NotFound, Reason, Refusal, Refused, SourceRefused, SourceTrouble
from core.domain.ids import RequestId
from core.domain.people import ChatUser, Person
from core.domain.request import Request
from core.domain.visibility import may_see
from core.ports import Clock, Findings, OpenUnit, PrincipalDirectory, SessionActivity
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext

KEPT_WHEN_COMPLETE, KEPT_WHEN_GROWING = timedelta(minutes=15), timedelta(seconds=30)
"""The times for which an answer is reused between pages: asking again costs time and money."""
_MOST_KEPT = 30_000
"""Events kept of all answers together."""

log = structlog.get_logger()

_Key = tuple[RequestId, date | None]


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """The session activity of one request. ``complete_at``: before that, more may still arrive."""

    request: Request
    source: str
    query: ActivityQuery
    events: Sequence[ActivityEvent]
    limits: frozenset[Limit]
    read_at: datetime
    complete_at: datetime | None
    """None while the access is not over."""
    day: date | None = None
    unread: int = 0
    """Records that could not be read."""

    @property
    def is_complete(self) -> bool:
        return self.complete_at is not None and self.complete_at <= self.read_at


class SessionActivityReader:
    """``find`` is quick and decides who sees it; ``read`` takes as long as the source does."""

    def __init__(
        self,
        open_unit: OpenUnit,
        identity: Identity,
        policy_context: PolicyContext,
        directory: PrincipalDirectory,
        source: SessionActivity | None,
        clock: Clock,
        *,
        logs_come_within: timedelta = LOGS_COME_WITHIN,
    ) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._directory = directory
        self._source = source
        self._clock = clock
        self._logs_come_within = logs_come_within
        self._kept: OrderedDict[_Key, ActivityReport] = OrderedDict()
        self._asking: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    @property
    def source_name(self) -> str:
        """As people know it; empty when none is configured."""
        return self._source.name if self._source else ""

    async def find(self, chat_user: ChatUser, request_id: RequestId) -> Request:
        """The request, for somebody who may see what was done with it (rule 22).

        Raises NotFound for an unknown and a foreign one alike, Refused when it never was active.
        """
        _, request = await self.found_by(chat_user, request_id)
        return request

    async def found_by(
        self, chat_user: ChatUser, request_id: RequestId, *, fresh: bool = False
    ) -> tuple[Person, Request]:
        """The same with who it is that asks; ``fresh`` where that goes on record."""
        person = await self._identity.identify(chat_user, fresh=fresh)
        return person, await self.seen_by(person, request_id)

    async def seen_by(self, person: Person, request_id: RequestId) -> Request:
        """The same for somebody who is known."""
        rules = await self._policy_context.rules()
        async with self._open_unit() as unit:
            request = await unit.requests.get(request_id)
        if request is None or not may_see(rules.book, rules.organization, person, request):
            await self._identity.note_foreign(person, request_id, "logs")
            raise NotFound
        if request.window_start_at is None:
            raise Refused(Refusal(Reason.NEVER_ACTIVE))
        if request.target.group is not None:
            raise Refused(Refusal(Reason.ACTIVITY_OF_GROUP))
        return request

    def refuse_window(self, request: Request, day: date | None = None) -> None:
        """Raise what ``read`` would of the window alone, before anybody waits."""
        query_of(request, "", self._clock.now(), day)

    def is_kept(self, request: Request, day: date | None = None) -> bool:
        """True if ``read`` answers at once."""
        return self._good((request.id, day), request) is not None

    async def read(self, request: Request, day: date | None = None) -> ActivityReport:
        """The activity of a request; of one UTC day where one is named. Two who ask at once ask the source once.

        Raises SourceRefused with what is wrong, UpstreamBusy when it is worth trying again.
        """
        key = (request.id, day)
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._good(key, request)
            if known is not None:
                return known
            report = await self._read(request, day)
            self._keep(key, report)
            return report

    async def _read(self, request: Request, day: date | None) -> ActivityReport:
        if self._source is None:
            raise SourceRefused(SourceTrouble.NOT_CONFIGURED)
        principal = await self._directory.principal(request.requester)
        now = self._clock.now()
        query = query_of(request, principal.user_name if principal else "", now, day)
        found = await self._source.read(query)
        events, limits = attributed(found.events, query), _more_limits(query, found)
        if query.user_name and request.requester_user_name not in {"", query.user_name}:
            before = replace(query, user_name=request.requester_user_name)
            earlier = await self._source.read(before)
            events = in_order([*events, *attributed(earlier.events, before)])
            limits |= {Limit.RENAMED} | _more_limits(before, earlier)
            found = replace(found, unread=max(found.unread, earlier.unread))
        if found.unread:
            log.warning("records could not be read", request=request.id, source=self._source.name, unread=found.unread)
        return ActivityReport(
            request=request,
            source=self._source.name,
            query=query,
            events=events,
            limits=limits,
            unread=found.unread,
            read_at=now,
            complete_at=query.end_at + self._logs_come_within if request.closed_at else None,
            day=day,
        )

    def _good(self, key: _Key, request: Request) -> ActivityReport | None:
        known = self._kept.get(key)
        if known is None or known.request.closed_at != request.closed_at:
            return None
        kept_for = KEPT_WHEN_COMPLETE if known.is_complete else KEPT_WHEN_GROWING
        return known if self._clock.now() < known.read_at + kept_for else None

    def _keep(self, key: _Key, report: ActivityReport) -> None:
        self._kept[key] = report
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(len(kept.events) for kept in self._kept.values()) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _more_limits(query: ActivityQuery, found: Findings) -> frozenset[Limit]:
    known = {Limit.NO_USER_NAME: not query.user_name, Limit.UNREADABLE: found.unread > 0}
    return found.limits | {limit for limit, holds in known.items() if holds}


def query_of(request: Request, user_name: str, now: datetime, day: date | None = None) -> ActivityQuery:
    """Raises Refused for a day outside the window, SourceRefused for a window that is too wide to ask for at once."""
    if request.target.group is not None:
        raise Refused(Refusal(Reason.ACTIVITY_OF_GROUP))
    window = activity_window(request, now)
    if window is None:
        raise Refused(Refusal(Reason.NEVER_ACTIVE))
    start_at, end_at = window
    if day is not None:
        span = f"{start_at.date()} … {end_at.date()}"
        if not start_at.date() <= day <= end_at.date():
            raise Refused(Refusal(Reason.DAY_OUTSIDE_WINDOW, detail=span))
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        start_at, end_at = max(start_at, midnight), min(end_at, midnight + timedelta(days=1))
        if start_at >= end_at:
            raise Refused(Refusal(Reason.DAY_OUTSIDE_WINDOW, detail=span))
    if end_at - start_at > WIDEST:
        raise SourceRefused(SourceTrouble.TOO_WIDE, show_duration(end_at - start_at))
    return ActivityQuery(
        principal=request.requester,
        user_name=user_name,
        account=request.target.account,
        permission_set=request.permission_set_name,
        start_at=start_at,
        end_at=end_at,
    )
