"""Makes AWS agree with the requests: one pass over one assignment at a time (rules 16 to 20).

Every pass asks AWS what exists, lets ``core.domain.assignment.next_step`` say what follows, stores what it
is about to do, does it, and stores what came of it. A process that dies anywhere in between leaves a row
from which the next pass goes on.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from core.domain.activity import summary_due_at
from core.domain.assignment import (
    LOST_AFTER,
    Assignment,
    Operation,
    OperationKind,
    OperationState,
    Step,
    change_ahead,
    heir,
    next_step,
    patience_is_over,
    released,
    wants_access,
)
from core.domain.audit import AuditEvent
from core.domain.errors import AnswerLost, Conflict, Reason, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Form, Notice, Topic, card_places
from core.domain.request import Event, Request, Status, activated, advance, closed
from core.ports import AssignmentCloud, Clock, OpenUnit, UnitOfWork
from core.services.recording import record

LEASE = timedelta(seconds=20)
"""Longer than the calls of one pass take as a rule; a slower pass loses its fence, and with it the right to write."""
BATCH = 20
POLL_FIRST, POLL_LONGEST = timedelta(seconds=0.5), timedelta(seconds=5)
BACKOFF_FIRST, BACKOFF_LONGEST = timedelta(seconds=1), timedelta(seconds=60)
SLOT_WAIT = timedelta(seconds=0.5)
LOST_FOR = timedelta(minutes=1)
"""How long an operation of which AWS says nothing may still take effect. Much longer than LEASE: see ``_begin``."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pass:
    """One assignment under a claim, with the requests that live on it."""

    assignment: Assignment
    live: Sequence[Request]
    now: datetime
    unknown: Operation | None = None
    """What AWS was, or may have been, asked for and says nothing of."""

    @property
    def in_doubt(self) -> Assignment:
        """The assignment as a pass that concludes nothing leaves it: a doubt stays until it is settled."""
        return replace(self.assignment, operation=self.unknown)

    def may_yet_be_undone(self, step: Step) -> bool:
        """Whether that would turn what this step concludes into the opposite."""
        if self.unknown is None or self.now - self.unknown.begun_at > LOST_FOR:
            return False
        return step in _UNDONE_BY[self.unknown.kind]


class Assigning:
    """Works off the assignments that are due."""

    def __init__(
        self,
        open_unit: OpenUnit,
        cloud: AssignmentCloud,
        clock: Clock,
        *,
        logs_come_within: timedelta | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """``logs_come_within``: how late a source tells of session activity; None when there is no source."""
        self._open_unit = open_unit
        self._cloud = cloud
        self._clock = clock
        self._logs_come_within = logs_come_within
        self._jitter = jitter
        self._steps: dict[Step, Callable[[Pass], Awaitable[None]]] = {
            Step.REST: self._rest,
            Step.CREATE: self._create,
            Step.CONFIRM_ACTIVE: self._confirm_active,
            Step.REFUSE_FOREIGN: self._refuse_foreign,
            Step.DELETE: self._delete,
            Step.CONFIRM_GONE: self._confirm_gone,
            Step.REPORT_LOST: self._report_lost,
        }

    async def work(self) -> int:
        """Claim what is due and give each one pass; returns how many there were."""
        async with self._open_unit() as unit:
            due = await unit.assignments.claim_due(self._clock.now(), LEASE, BATCH)
            await unit.commit()
        await asyncio.gather(*(self._pass(assignment) for assignment in due))
        return len(due)

    async def _pass(self, assignment: Assignment) -> None:
        try:
            await self._take(assignment)
        except Conflict:
            log.info("pass was overtaken", assignment=assignment.id)
            await self._let_go(assignment, lambda held: self._save(replace(held, next_try_at=self._clock.now())))
        except Upstream as error:
            # AWS is away or busy. A revocation is tried for ever (rule 17), a grant until patience is over.
            await self._let_go(assignment, partial(self._retry, error=error))

    async def _take(self, assignment: Assignment) -> None:
        now = self._clock.now()
        async with self._open_unit() as unit:
            live = await unit.requests.live_of(assignment.principal, assignment.target)
            change = change_ahead(assignment, live)
            has_slot = change is None or await unit.assignments.has_slot(assignment, Operation(change, now))
            await unit.commit()
        here = Pass(assignment, live, now)
        if not has_slot:  # AWS need not be asked yet
            await self._wait_for_slot(here)
            return
        if assignment.operation is not None:
            settled = await self._settle(here, assignment.operation)
            if settled is None:
                return
            here = settled
        urgent = not any(wants_access(request) for request in here.live)
        listed = await self._cloud.is_assigned(assignment.principal, assignment.target, urgent=urgent)
        step = next_step(here.assignment, here.live, listed=listed)
        if here.unknown is not None and here.may_yet_be_undone(step):
            await self._poll_later(here, here.unknown)
            return
        await self._steps[step](here)

    # --- an operation that was begun ---------------------------------------------------------------

    async def _settle(self, here: Pass, operation: Operation) -> Pass | None:
        """Find out what became of it; None when it is still going on."""
        operation = await self._known(here, operation)
        status = None
        if operation.aws_id:
            try:
                status = await self._cloud.operation(operation.kind, operation.aws_id)
            except UpstreamRefused as error:  # AWS has forgotten it: what exists is what counts
                log.warning("operation unknown to AWS", assignment=here.assignment.id, because=str(error))
        if status is not None and status.state is OperationState.IN_PROGRESS:
            await self._poll_later(here, operation)
            return None
        here = replace(here, assignment=replace(here.assignment, operation=None))
        if status is None:
            return replace(here, unknown=operation)
        return await self._failed(here, operation, status.reason) if status.state is OperationState.FAILED else here

    async def _known(self, here: Pass, operation: Operation) -> Operation:
        """The operation with AWS's id for it. When the answer was lost, AWS is asked, not guessed at."""
        if operation.aws_id:
            return operation
        assignment = here.assignment
        try:
            found = await self._cloud.find_operation(
                operation.kind, assignment.principal, assignment.target, operation.begun_at
            )
        except Upstream as error:  # then what is listed has to do; to create or delete twice does no harm
            log.warning("operations cannot be listed", because=str(error))
            found = None
        return replace(operation, aws_id=found or "")

    async def _failed(self, here: Pass, operation: Operation, reason: str) -> Pass | None:
        """AWS says FAILED: a grant is given up, a revocation is begun anew after a pause (rule 17)."""
        reason = reason or "AWS gave no reason"
        log.warning("operation failed", assignment=here.assignment.id, kind=operation.kind.value, reason=reason)
        if operation.kind is OperationKind.DELETE:
            await self._retry(here.assignment, UpstreamBusy(f"The deletion failed: {reason}"))
            return None
        here = replace(here, assignment=replace(here.assignment, last_error=reason))
        return await self._give_up(here, reason)

    async def _give_up(self, here: Pass, reason: str) -> Pass:
        """No further try for the requests being granted. They fail once nothing of them is left behind."""
        given_up: list[Request] = []
        for request in here.live:
            if request.status is Status.GRANTING and not request.failure:
                given_up.append(await self._mark_given_up(request, reason))
            else:
                given_up.append(request)
        return replace(here, live=given_up)

    async def _mark_given_up(self, request: Request, reason: str) -> Request:
        async with self._open_unit() as unit:
            saved = await unit.requests.save(request, replace(request, failure=reason))
            await unit.commit()
        return saved

    # --- the steps ---------------------------------------------------------------------------------

    async def _rest(self, here: Pass) -> None:
        await self._close_released(here, heir(here.live))
        await self._save(_at_rest(here.assignment))

    async def _create(self, here: Pass) -> None:
        if any(patience_is_over(request, here.now) for request in here.live if request.status is Status.GRANTING):
            here = await self._give_up(here, here.assignment.last_error or "AWS did not do it in time")
            await self._save(replace(here.in_doubt, next_try_at=here.now, urgent=True))
            return
        if here.unknown is None:  # nothing exists, and whoever waits for that need not wait for this grant
            await self._close_released(here, None)
        await self._begin(here, OperationKind.CREATE)

    async def _delete(self, here: Pass) -> None:
        await self._begin(here, OperationKind.DELETE)

    async def _begin(self, here: Pass, kind: OperationKind) -> None:
        """Store the intent, then ask AWS, then store its answer.

        AWS is asked within the lease or not at all: whoever takes over has waited for longer than that
        before it concludes that nothing was asked for.
        """
        async with self._open_unit() as unit:
            begun = await unit.assignments.begin(here.assignment, Operation(kind, here.now))
            await unit.commit()
        if begun is None or begun.operation is None:
            await self._wait_for_slot(here)
            return
        try:
            async with asyncio.timeout((here.now + LEASE - self._clock.now()).total_seconds()):
                aws_id = await self._cloud.begin(kind, begun.principal, begun.target)
        except (AnswerLost, TimeoutError) as error:
            await self._retry(begun, AnswerLost(str(error) or "AWS did not answer in time"), POLL_FIRST)
        except (UpstreamBusy, UpstreamRefused) as error:
            # AWS answered that it did nothing: what was ours before is what is ours now.
            undone = replace(begun, operation=here.unknown, ours=here.assignment.ours)
            await self._refused(replace(here, assignment=undone), kind, error)
        else:
            await self._poll_later(replace(here, assignment=begun), replace(begun.operation, aws_id=aws_id))

    async def _wait_for_slot(self, here: Pass) -> None:
        await self._save(replace(here.in_doubt, next_try_at=here.now + SLOT_WAIT * (0.5 + self._jitter())))

    async def _refused(self, here: Pass, kind: OperationKind, error: UpstreamBusy | UpstreamRefused) -> None:
        if isinstance(error, UpstreamRefused) and kind is OperationKind.CREATE:
            here = await self._give_up(here, str(error))
            await self._save(replace(here.assignment, last_error=str(error), next_try_at=here.now, urgent=True))
            return
        await self._retry(here.assignment, error)

    async def _confirm_active(self, here: Pass) -> None:
        for request in here.live:
            if request.status is Status.GRANTING and not request.failure:
                now = self._clock.now()
                await self._move(Event.GRANTED, request, activated(request, now), now)
        await self._close_released(here, heir(here.live) or _longest(here.live))
        await self._save(_at_rest(here.assignment))

    async def _refuse_foreign(self, here: Pass) -> None:
        """What exists was made by somebody else: the request fails, and it stays (rules 8 and 19)."""
        for request in here.live:
            if request.status is Status.GRANTING and not request.failure:
                now = self._clock.now()
                failed = advance(request, Event.GRANT_FAILED, now, failure=Reason.ALREADY_ASSIGNED.value)
                await self._move(Event.GRANT_FAILED, request, failed, now)
        await self._close_released(here, None)
        await self._save(_at_rest(here.assignment))

    async def _confirm_gone(self, here: Pass) -> None:
        """Nothing of ours exists any more: everything that waited for this may say so (rule 20)."""
        await self._close_released(here, None)
        await self._save(replace(_at_rest(here.assignment), ours=False))

    async def _report_lost(self, here: Pass) -> None:
        """A live request's assignment is gone, by another hand: said once, and not made again (rule 19).

        Two looks must agree, for AWS's lists lag. From then on it is no longer ours: what somebody makes in
        its place stays.
        """
        assignment, now = here.assignment, self._clock.now()
        await self._close_released(here, heir(here.live))
        since = assignment.missing_since or now
        if assignment.ours and now - since < LOST_AFTER:
            again_at = since + LOST_AFTER
            await self._save(replace(_at_rest(assignment), missing_since=since, next_try_at=again_at))
            return
        if assignment.ours:
            await self._tell_of_loss(next(request for request in here.live if wants_access(request)), now)
        await self._save(replace(_at_rest(assignment), ours=False, missing_since=since))

    async def _tell_of_loss(self, request: Request, now: datetime) -> None:
        facts = {"kind": "lost_assignment"}
        notices = [
            Notice(Form.DIRECT, Topic.DRIFT, ADMINS, request.id, facts),
            Notice(Form.LINE, Topic.DRIFT, AUDIT_CHANNEL, request.id, facts),
        ]
        async with self._open_unit() as unit:
            await unit.outbox.put(notices, now)
            await unit.audit.append(AuditEvent("drift.found", now, request_id=request.id, facts=facts))
            await unit.commit()

    # --- writing down ------------------------------------------------------------------------------

    async def _close_released(self, here: Pass, continued_by: Request | None) -> None:
        for request in released(here.live):
            now = self._clock.now()
            if request.status is Status.GRANTING:
                await self._move(Event.GRANT_FAILED, request, advance(request, Event.GRANT_FAILED, now), now)
            else:
                after = closed(request, now, continued_by=continued_by.id if continued_by else None)
                event = Event.GONE_EARLY if request.revoked_by else Event.GONE
                await self._move(event, request, after, now)

    async def _move(self, event: Event, before: Request, after: Request, now: datetime) -> None:
        facts: dict[str, object] = {"failure": after.failure} if after.failure else {}
        if after.continued_by is not None:
            facts["continued_by"] = after.continued_by
        if event is Event.GRANTED and after.end_at is not None:
            facts["end_at"] = after.end_at.isoformat()
        async with self._open_unit() as unit:
            await record(unit, event, before, after, now, facts=facts, close=self._plan_summary)
            await unit.commit()

    async def _plan_summary(self, unit: UnitOfWork, request: Request) -> None:
        """Have the session activity told once the last session is over, where there is a thread to tell it in."""
        if self._logs_come_within is None or not card_places(request):
            return
        due_at = summary_due_at(request, self._logs_come_within)
        if due_at is not None:
            await unit.summaries.plan(request.id, due_at)

    async def _poll_later(self, here: Pass, operation: Operation) -> None:
        waited = max(self._clock.now() - operation.begun_at, timedelta())
        pause = min(POLL_LONGEST, max(POLL_FIRST, waited / 4))
        await self._save(replace(here.assignment, operation=operation, next_try_at=self._clock.now() + pause))

    async def _let_go(self, assignment: Assignment, save: Callable[[Assignment], Awaitable[None]]) -> None:
        """End a pass that came to nothing, unless another has the assignment by now."""
        async with self._open_unit() as unit:
            stored = await unit.assignments.get(assignment.principal, assignment.target)
        if stored is None or stored.fence != assignment.fence:
            return
        try:
            await save(stored)
        except Conflict:
            log.info("assignment was claimed anew", assignment=assignment.id)

    async def _retry(self, assignment: Assignment, error: Upstream, pause: timedelta | None = None) -> None:
        asked = error.retry_after if isinstance(error, UpstreamBusy) else None
        doubled = min(BACKOFF_LONGEST, BACKOFF_FIRST * 2 ** min(assignment.attempts, 6))
        wait = pause or asked or doubled * (0.5 + self._jitter() / 2)
        log.warning("assignment to be tried again", assignment=assignment.id, wait=str(wait), because=str(error))
        await self._save(
            replace(
                assignment,
                attempts=assignment.attempts + 1,
                last_error=str(error),
                next_try_at=self._clock.now() + wait,
            )
        )

    async def _save(self, assignment: Assignment) -> None:
        async with self._open_unit() as unit:
            await unit.assignments.save(assignment)
            await unit.commit()


_UNDONE_BY = {
    OperationKind.CREATE: frozenset({Step.CONFIRM_GONE}),
    OperationKind.DELETE: frozenset({Step.CONFIRM_ACTIVE, Step.REST}),
}
"""What must not be concluded while such an operation may still take effect."""


def _at_rest(assignment: Assignment) -> Assignment:
    return replace(
        assignment,
        operation=None,
        next_try_at=None,
        urgent=False,
        attempts=0,
        last_error="",
        missing_since=None,
    )


def _longest(live: Sequence[Request]) -> Request | None:
    """The request that has just been granted and now holds the access for the others."""
    holding = [request for request in live if wants_access(request)]
    return max(holding, key=lambda request: request.id, default=None)
