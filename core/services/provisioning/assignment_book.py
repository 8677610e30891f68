"""Takes up the assignments that are due, and writes down what a pass found and did: its row, and the requests on it.

Asks nobody anything. Every write is made under the claim of the pass, or as a transition of its own. What is to be
deleted whatever AWS would say has its slot, or its place in line, by the unit of work that claims it. So when much ends
at once no slot is idle for want of a turn at the database.
"""

import heapq
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from core.domain.activity import summary_due_at
from core.domain.assignment import (
    LISTS_LAG,
    MAX_OUTSTANDING,
    Assignment,
    AssignmentChange,
    Operation,
    OperationKind,
    is_being_granted,
    is_deleted,
    is_deleted_at_once,
    released,
    wants_access,
    watched_again_after,
)
from core.domain.errors import Conflict, Side, Upstream, UpstreamBusy
from core.domain.ids import RequestId
from core.domain.notices import card_places
from core.domain.request import (
    Event,
    LeftBehind,
    Request,
    Status,
    activated,
    advance,
    closed,
    closing,
    is_being_taken_away,
)
from core.ports import Clock, OpenUnit, UnitOfWork
from core.services.requests.transition import record_transition
from core.services.runtime.retries import asked_pause, doubled

BACKOFF_FIRST, BACKOFF_LONGEST = timedelta(seconds=1), timedelta(seconds=60)
LEFT_TO_THE_ROUND = timedelta(seconds=30)
"""The time after the end of its access at which a row at rest is due: a burst of ends is not worked on twice."""
LEASE = timedelta(seconds=20)
"""Longer than the calls of one pass take as a rule; a slower pass loses its fence, and with it the right to write."""
UNREADABLE_FOR = timedelta(minutes=1)
SLOT_WAIT = {OperationKind.CREATE: timedelta(seconds=60), OperationKind.DELETE: timedelta(minutes=10)}
"""The time for which a row that waits for a slot is left alone. The patience of a grant is checked then;
a deletion has none, and is called when its turn comes."""

Also = Callable[[UnitOfWork], Awaitable[None]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReconcilePass:
    """One assignment under a claim, with the requests that live on it."""

    assignment: Assignment
    live: Sequence[Request]
    now: datetime
    listed: bool = False
    """True if AWS lists it; False also where its list was not asked for."""
    hindrance: Upstream | None = None
    """The reason why the requests could not be stored. Access that has to be taken away is taken away all the same."""
    begun: Assignment | None = None
    """The same with the operation that was recorded to have begun, where AWS is to be asked for it now."""


class AssignmentBook:
    """Rows of assignments, and transitions of requests that follow from AWS alone."""

    def __init__(
        self,
        open_unit: OpenUnit,
        clock: Clock,
        *,
        logs_come_within: timedelta | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._logs_come_within = logs_come_within
        self._jitter = jitter
        self._due: list[datetime] = []

    # --- taking up ---------------------------------------------------------------------------------

    async def due(self, places: int) -> list[ReconcilePass]:
        """Claim what is due. So many places are free, some of them for what is in flight alone."""
        now, limit = self._clock.now(), places - MAX_OUTSTANDING
        async with self._open_unit() as unit:
            passes = await self._passes(unit, await unit.assignments.claim_due(now, LEASE, limit), now)
            await unit.commit()
        return passes

    async def hand_on(self, here: ReconcilePass) -> list[ReconcilePass]:
        """Store that its operation is over, and give the slot to the next in line. Whatever goes on from here."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            await unit.assignments.keep(here.assignment)
            next_ones = await self._passes(unit, await unit.assignments.claim_next_in_line(now, LEASE), now)
            await unit.commit()
        return [*next_ones, here]

    async def _passes(self, unit: UnitOfWork, claimed: Sequence[Assignment], now: datetime) -> list[ReconcilePass]:
        found = [await self._pass(unit, assignment, now) for assignment in claimed]
        return [here for here in found if here is not None]

    async def _pass(self, unit: UnitOfWork, assignment: Assignment, now: datetime) -> ReconcilePass | None:
        """None for what stands in line now, and for what cannot be read: that is put off, and keeps no slot."""
        try:
            live = await unit.requests.live_of(assignment.principal, assignment.target)
        except (ValueError, KeyError, TypeError):
            log.exception("requests cannot be read", assignment=assignment.id, incident=secrets.token_hex(4))
            await unit.assignments.save(replace(assignment, waits_for=None, next_try_at=now + UNREADABLE_FOR))
            return None
        here = ReconcilePass(replace(assignment, waits_for=None), live, now)
        if not is_deleted_at_once(here.assignment, live, now):
            return here
        begun = await unit.assignments.begin(here.assignment, Operation(OperationKind.DELETE, now))
        if begun is None:
            await unit.assignments.save(self.in_line(here, OperationKind.DELETE))
            return None
        return replace(here, begun=begun)

    # --- the row -----------------------------------------------------------------------------------

    async def save(self, assignment: Assignment, also: Also | None = None) -> None:
        """``also`` is stored in the same transaction: both are so, or neither."""
        async with self._open_unit() as unit:
            await unit.assignments.save(assignment)
            if also is not None:
                await also(unit)
            await unit.commit()
        if assignment.next_try_at is not None:
            heapq.heappush(self._due, assignment.next_try_at)

    def next_due(self, after: datetime) -> datetime | None:
        """The earliest time later than ``after`` at which a row that was saved here is due."""
        while self._due and self._due[0] <= after:
            heapq.heappop(self._due)
        return self._due[0] if self._due else None

    async def rest(
        self,
        here: ReconcilePass,
        assignment: Assignment,
        *,
        again_after: timedelta | None = None,
        also: Also | None = None,
    ) -> None:
        """Nothing is left to do until access ends by time, but for operations without an outcome: they are asked after.

        Where something could not be stored the row stays as it was, without ``also``, and everything is tried again.
        """
        if here.hindrance is not None:
            await self.retry(here.assignment, here.hindrance)
            return
        now = self._clock.now()
        ends = (request.end_at for request in here.live if wants_access(request))
        moments = [end_at + LEFT_TO_THE_ROUND for end_at in ends if end_at is not None]
        if again_after is not None:
            moments.append(now + again_after)
        if assignment.hanging:
            moments.append(now + watched_again_after(assignment, here.live, now))
        at_rest = replace(
            assignment,
            operation=None,
            next_try_at=min(filter(None, moments), default=None),
            urgent=False,
            attempts=0,
            failures=0,
            last_error="",
            waits_for=None,
            waits_since=None,
        )
        await self.save(at_rest, also)

    def in_line(self, here: ReconcilePass, change: OperationKind) -> Assignment:
        """As it stands in line. Nothing is asked of AWS until a slot is free."""
        since = here.assignment.waits_since or here.now
        again_at = here.now + SLOT_WAIT[change] * (0.5 + self._jitter())
        return replace(here.assignment, waits_for=change, waits_since=since, next_try_at=again_at)

    async def try_later(self, assignment: Assignment, after: timedelta) -> None:
        await self.save(replace(assignment, next_try_at=self._clock.now() + after))

    async def retry(self, assignment: Assignment, error: Upstream, pause: timedelta | None = None) -> None:
        """Try again after what AWS asked for, else after longer and longer pauses; without end."""
        backoff = doubled(assignment.attempts, BACKOFF_FIRST, BACKOFF_LONGEST)
        wait = pause or asked_pause(error) or backoff * (0.5 + self._jitter() / 2)
        if assignment.unusable:
            wait = max(wait, assignment.unusable.since + LISTS_LAG - self._clock.now())
        log.warning("assignment to be tried again", assignment=assignment.id, wait=str(wait), because=str(error))
        failed = replace(assignment, attempts=assignment.attempts + 1, last_error=str(error))
        await self.try_later(failed, wait)

    async def watch(self, here: ReconcilePass, operation: Operation, pause: timedelta) -> None:
        """Ask after an operation in flight again soon."""
        await self.try_later(replace(here.assignment, operation=operation), pause)

    # --- the requests ------------------------------------------------------------------------------

    async def give_up(self, here: ReconcilePass, which: Callable[[Request], bool], reason: str) -> ReconcilePass:
        """No further try for these requests being granted. They fail once nothing of them is left behind."""
        for request in here.live:
            if is_being_granted(request) and which(request):
                given_up = replace(request, failure=reason, revoking_at=here.now)
                here = await self._stored(here, request, given_up, self._save(request, given_up))
        return here

    async def end_what_is_over(self, here: ReconcilePass) -> ReconcilePass:
        """End by time what the round that does so has not ended, whatever kept it from that (rule 17).

        A grant that was given up without a date, as an earlier release did, has one from now on: alarms go by it.
        """
        for request in here.live:
            if is_being_taken_away(request) and request.revoking_at is None:
                dated = replace(request, revoking_at=here.now)
                here = await self._stored(here, request, dated, self._save(request, dated))
            if wants_access(request) and request.end_at is not None and request.end_at <= here.now:
                ended = advance(request, Event.END, here.now, revoking_at=here.now)
                here = await self._stored(here, request, ended, self.move(Event.END, request, ended))
                here = replace(here, assignment=replace(here.assignment, urgent=True))
        return here

    async def _stored(
        self, here: ReconcilePass, before: Request, after: Request, storing: Awaitable[Request]
    ) -> ReconcilePass:
        """Go on with what was stored.

        What cannot be is no obstacle to taking away: a trail or an outbox takes nothing, or somebody holds the row.
        """
        try:
            after = await storing
        except Conflict:
            raise
        except Upstream as error:
            log.warning("request cannot be written", request=before.id, because=str(error))
            here = replace(here, hindrance=_unwritten(before, error))
        except Exception as error:
            log.exception("request cannot be written", request=before.id, incident=secrets.token_hex(4))
            here = replace(here, hindrance=_unwritten(before, error))
        return replace(here, live=[after if request is before else request for request in here.live])

    async def judged(self, request: Request) -> Request:
        """It is still allowed, as of now (rule 14)."""
        return await self._save(request, replace(request, judged_at=self._clock.now()))

    async def _save(self, before: Request, after: Request) -> Request:
        async with self._open_unit() as unit:
            saved = await unit.requests.save(before, after)
            await unit.commit()
        return saved

    async def activate(self, request: Request, made: AssignmentChange | None) -> Request:
        """AWS made it. What it found out after the end is taken away, and never called active (rule 16)."""
        now = self._clock.now()
        active = activated(request, now, made.made_at if made else now)
        if active.end_at is not None and active.end_at <= now:
            window = {"window_start_at": active.window_start_at, "end_at": active.end_at}
            return await self.move(Event.END, request, advance(request, Event.END, now, revoking_at=now, **window))
        return await self.move(Event.GRANTED, request, active, made)

    async def close_released(
        self, here: ReconcilePass, continued_by: Request | None, left_behind: LeftBehind | None = None
    ) -> None:
        """End what no longer wants the access: it is gone, goes on under another request, or is of no use.

        Nothing is closed that could not be stored as ending.
        """
        if here.hindrance is not None:
            return
        changed = here.assignment.changed
        gone = changed if is_deleted(here.assignment) and continued_by is None else None
        for request in released(here.live):
            heir = continued_by.id if continued_by and request.status is not Status.GRANTING else None
            after = closed(request, self._clock.now(), continued_by=heir, left_behind=left_behind)
            await self.move(closing(request), request, after, gone)

    async def move(
        self, event: Event, before: Request, after: Request, change: AssignmentChange | None = None
    ) -> Request:
        """Record a transition, with AWS's name for the change that it rests on.

        Conflict where access is said to go on under a request that has been ended meanwhile (rule 20).
        """
        now, facts = self._clock.now(), _facts(event, after)
        if change is not None and change.aws_id:
            facts["aws_request_id"] = change.aws_id
        async with self._open_unit() as unit:
            if after.continued_by is not None:
                await _expect_active(unit, after.continued_by)
            saved = await record_transition(unit, event, before, after, now, facts=facts, close=self._plan_summary)
            await unit.commit()
        return saved

    async def _plan_summary(self, unit: UnitOfWork, request: Request) -> None:
        """Have the session activity told once the last session is over, where there is a thread to tell it in."""
        if self._logs_come_within is None or request.target.group is not None or not card_places(request):
            return
        due_at = summary_due_at(request, self._logs_come_within)
        if due_at is not None:
            await unit.summaries.plan(request.id, due_at)


async def _expect_active(unit: UnitOfWork, heir: RequestId) -> None:
    request = await unit.requests.get(heir)
    if request is None or request.status is not Status.ACTIVE:
        raise Conflict(f"{heir} has been ended meanwhile")


def _facts(event: Event, after: Request) -> dict[str, object]:
    facts: dict[str, object] = {"failure": after.failure} if after.failure else {}
    if event is Event.DISALLOW:
        facts["reasons"] = [after.failure]
    if after.continued_by is not None:
        facts["continued_by"] = after.continued_by
    if after.left_behind is not None:
        facts["left_behind"] = after.left_behind.value
    if event is Event.GRANTED and after.window_start_at is not None and after.end_at is not None:
        facts |= {"window_start_at": after.window_start_at.isoformat(), "end_at": after.end_at.isoformat()}
    return facts


def _unwritten(request: Request, error: Exception) -> UpstreamBusy:
    return UpstreamBusy(f"R-{request.id} cannot be written ({type(error).__name__})", side=Side.STORAGE)
