"""Asks AWS for changes of an assignment, and finds out what became of them (rules 16 and 20)."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.domain.assignment import (
    LISTS_LAG,
    MOST_FAILURES,
    RETRIED_AFTER,
    SELDOM,
    Assignment,
    Operation,
    OperationKind,
    OperationState,
    Unusable,
    is_being_granted,
    is_created,
    is_deleted,
    made_as,
    wants_access,
)
from core.domain.errors import AnswerLost, Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.operation_outcomes import (
    finds_nothing_yet,
    is_stuck,
    is_unsettled,
    not_found,
    says_absent,
    succeeded,
    taken_by_us,
    unconfirmed,
    was_there_before,
)
from core.domain.request import Status
from core.ports import AssignmentCloud, Clock, OpenUnit, OperationStatus
from core.services.context.usability import Usability
from core.services.provisioning.assignment_book import LEASE, Also, AssignmentBook, ReconcilePass
from core.services.provisioning.poll_schedule import SOONEST, PollSchedule

NOT_FOUND = "ResourceNotFoundException"
log = structlog.get_logger()


class Operations:
    """Changes that AWS was asked for. One is in flight at a time; what has no outcome for long hangs beside it."""

    def __init__(
        self, open_unit: OpenUnit, cloud: AssignmentCloud, clock: Clock, book: AssignmentBook, usability: Usability
    ) -> None:
        self._open_unit = open_unit
        self._cloud = cloud
        self._clock = clock
        self._book = book
        self._usability = usability
        self._polls: defaultdict[tuple[OperationKind, bool], PollSchedule] = defaultdict(PollSchedule)
        """By kind of operation, and whether a group is its target: those are over at once."""

    # --- when it comes to nothing ------------------------------------------------------------------

    async def back_off(self, assignment: Assignment, error: Upstream) -> None:
        """Try again later. What AWS refuses to take away may be of no use to anybody: then the requests may end.

        Two looks must agree on that (rule 17). The row stays ours, and is tried now and then.
        """
        async with self._open_unit() as unit:
            live = await unit.requests.live_of(assignment.principal, assignment.target)
        if isinstance(error, UpstreamRefused) and not any(wants_access(request) for request in live):
            now = self._clock.now()
            assignment, seen_at = await self._use_of(assignment, now)
            if assignment.unusable and seen_at - assignment.unusable.since >= LISTS_LAG:
                await self._end_unusable(ReconcilePass(assignment, live, now), assignment.unusable)
                return
        await self._book.retry(assignment, error)

    async def _use_of(self, assignment: Assignment, now: datetime) -> tuple[Assignment, datetime]:
        """The obstacle to its use, and when that was last seen: two looks must not be at one and the same picture."""
        known = assignment.unusable
        try:
            found = await self._usability.obstacle(assignment.principal, assignment.target, now)
        except Upstream as error:  # no look at all, and so not the second one
            log.info("use of an assignment cannot be judged", assignment=assignment.id, because=str(error))
            return assignment, known.since if known else now
        if found is None:
            return replace(assignment, unusable=None), now
        if known is not None and known.because is found.because:
            return assignment, found.since
        return replace(assignment, unusable=found), found.since

    async def _end_unusable(self, here: ReconcilePass, unusable: Unusable) -> None:
        """The requests are over. The row stays ours and is deleted now and then: an account may come back."""
        log.warning("nobody can use what AWS keeps", assignment=here.assignment.id, because=unusable.because.value)
        await self._book.close_released(here, None, unusable.because)
        tried = replace(here.assignment, unusable=replace(unusable, since=here.now))
        await self._book.rest(here, tried, again_after=SELDOM)

    # --- asking for a change -----------------------------------------------------------------------

    async def ask(self, here: ReconcilePass, kind: OperationKind, also: Also | None = None) -> None:
        """Store the intent, and ``also`` with it; then ask AWS, then store its answer; without a slot stand in line."""
        async with self._open_unit() as unit:
            begun = await unit.assignments.begin(here.assignment, Operation(kind, here.now))
            if begun is None:
                await unit.assignments.save(self._book.in_line(here, kind))
            elif also is not None:
                await also(unit)
            await unit.commit()
        if begun is not None:
            await self.call(here, begun)

    async def call(self, here: ReconcilePass, begun: Assignment) -> None:
        """Ask AWS for the operation that was recorded to have begun, then store its answer.

        AWS is asked within the lease or not at all: whoever takes over has waited for longer than that
        before it concludes that nothing was asked for.
        """
        operation = begun.operation
        if operation is None:
            raise ValueError("nothing was recorded to have begun")
        left = here.now + LEASE - self._clock.now()
        try:
            async with asyncio.timeout(left.total_seconds()):
                aws_id = await self._cloud.begin(
                    operation.kind, begun.principal, begun.target, within=left, made=made_as(here.assignment)
                )
        except (AnswerLost, TimeoutError) as error:
            lost = AnswerLost(str(error) or "AWS did not answer in time", side=Side.AWS)
            await self._book.retry(begun, lost, SOONEST)
        except (UpstreamBusy, UpstreamRefused) as error:
            await self._refused(here, operation.kind, error)
        else:
            asked = replace(operation, aws_id=aws_id)
            await self._book.watch(replace(here, assignment=begun), asked, self._polls_of(begun, asked).begun(aws_id))

    async def _refused(self, here: ReconcilePass, kind: OperationKind, error: UpstreamBusy | UpstreamRefused) -> None:
        """AWS answered that it did nothing: what was so before is so now."""
        if isinstance(error, UpstreamBusy):
            await self._book.retry(here.assignment, error)
        elif kind is OperationKind.CREATE:
            failures = here.assignment.failures if any(map(is_being_granted, here.live)) else MOST_FAILURES
            here = await self._book.give_up(here, lambda _: True, str(error))
            again = replace(here.assignment, last_error=str(error), urgent=True, failures=failures)
            if here.hindrance is None:
                await self._book.try_later(again, timedelta())
            else:  # it is still being granted: AWS would be asked for the same at once, again and again
                await self._book.retry(again, error)
        elif error.code == NOT_FOUND and finds_nothing_yet(here.assignment, self._clock.now()):
            await self.back_off(not_found(here.assignment, self._clock.now()), error)
        elif error.code == NOT_FOUND:
            gone = Operation(kind, here.now, made_as(here.assignment))
            absent = succeeded(here.assignment, gone, self._clock.now())
            await self._book.try_later(replace(absent, urgent=True), timedelta())
        else:
            await self.back_off(here.assignment, error)

    # --- what became of it -------------------------------------------------------------------------

    async def settle(self, here: ReconcilePass) -> ReconcilePass | None:
        """Learn the outcome of everything that AWS was asked for; None when the pass is over with that."""
        for operation in here.assignment.hanging:
            here = await self._settle_hanging(here, operation)
        if here.assignment.operation is None:
            return here
        operation, status = await self._outcome(here, here.assignment.operation)
        if status is None:
            return self._let_hang(here, operation)
        polls = self._polls_of(here.assignment, operation)
        if status.state is OperationState.IN_PROGRESS:
            if is_stuck(operation, here.now):
                polls.hangs(operation.aws_id)
                return self._let_hang(here, operation)
            again = polls.goes_on(operation.aws_id, self._clock.now())
            await self._book.watch(here, operation, again)
            return None
        polls.ended(operation.aws_id, self._clock.now())
        here = replace(here, assignment=replace(here.assignment, operation=None))
        if status.state is OperationState.SUCCEEDED:
            return _with(here, operation, status)
        return await self._failed(here, operation, status.reason or "AWS gave no reason")

    def _polls_of(self, assignment: Assignment, operation: Operation) -> PollSchedule:
        return self._polls[operation.kind, assignment.target.group is not None]

    async def _outcome(self, here: ReconcilePass, operation: Operation) -> tuple[Operation, OperationStatus | None]:
        """The operation with AWS's id for it, and its status; None when AWS knows nothing of it.

        When the answer was lost, AWS is asked, not guessed at. One that cannot be asked after keeps its slot for as
        long as any other, and no longer.
        """
        try:
            return await self._known(here, operation)
        except Upstream as error:
            if not is_stuck(operation, here.now):
                raise
            log.warning("operation cannot be asked after", assignment=here.assignment.id, because=str(error))
            return operation, OperationStatus(OperationState.IN_PROGRESS)

    async def _known(self, here: ReconcilePass, operation: Operation) -> tuple[Operation, OperationStatus | None]:
        assignment = here.assignment
        if not operation.aws_id:
            found = await self._find(here, operation)
            operation = replace(operation, aws_id=found or "")
        if not operation.aws_id:
            return operation, None
        try:
            return operation, await self._cloud.operation(operation.kind, operation.aws_id)
        except UpstreamRefused as error:
            if error.code != NOT_FOUND:
                raise
            log.warning("operation unknown to AWS", assignment=assignment.id, because=str(error))
            return operation, None

    async def _find(self, here: ReconcilePass, operation: Operation) -> str | None:
        principal, target = here.assignment.principal, here.assignment.target
        try:
            found = await self._cloud.find_operation(operation.kind, principal, target, operation.begun_at)
        except Upstream as error:  # then what is listed has to do; to create or delete twice does no harm
            log.warning("operations cannot be listed", because=str(error))
            return None
        return None if was_there_before(here.assignment, found) else found

    def _let_hang(self, here: ReconcilePass, operation: Operation) -> ReconcilePass:
        """It loses its slot, not its record: what comes of it later is acted on then."""
        assignment = here.assignment
        log.warning("operation has no outcome", assignment=assignment.id, kind=operation.kind.value)
        return replace(here, assignment=replace(assignment, operation=None, hanging=(*assignment.hanging, operation)))

    async def _settle_hanging(self, here: ReconcilePass, operation: Operation) -> ReconcilePass:
        assignment = here.assignment
        try:
            known, status = await self._known(here, operation)
        except Upstream as error:
            log.warning("operation cannot be asked after", assignment=assignment.id, because=str(error))
            return here
        others = tuple(other for other in assignment.hanging if other != operation)
        is_wanted = any(wants_access(request) for request in here.live)
        is_active = any(request.status is Status.ACTIVE for request in here.live)
        is_open = is_unsettled(known, here.now, is_wanted=is_wanted) if status is None else False
        if is_open or (status is not None and status.state is OperationState.IN_PROGRESS):
            return replace(here, assignment=replace(assignment, hanging=(*others, known)))
        here = replace(here, assignment=replace(assignment, hanging=others))
        if status is None:
            return here
        if known.kind is OperationKind.DELETE and is_active:
            log.warning("deletion came to its end late, while a request is active", assignment=assignment.id)
            return replace(here, assignment=taken_by_us(here.assignment, known, here.now))
        if status.state is OperationState.SUCCEEDED:
            return _with(here, known, status)
        log.warning("operation failed late", assignment=assignment.id, kind=known.kind.value, because=status.reason)
        is_granted = is_wanted and not is_active
        failed = _after_late_failure(here.assignment, known, here.now, is_granting=is_granted)
        return replace(here, assignment=failed)

    async def _failed(self, here: ReconcilePass, operation: Operation, reason: str) -> ReconcilePass | None:
        """AWS says FAILED: a creation is tried thrice, a deletion for ever (rule 17)."""
        log.warning("operation failed", assignment=here.assignment.id, kind=operation.kind.value, reason=reason)
        if operation.kind is OperationKind.CREATE:
            return await self._creation_failed(here, reason)
        refused = UpstreamRefused(f"The deletion failed: {reason}", code=OperationState.FAILED.value, side=Side.AWS)
        if says_absent(reason) and finds_nothing_yet(here.assignment, here.now):
            await self.back_off(not_found(here.assignment, here.now), refused)
            return None
        if says_absent(reason):
            return _with(here, operation, OperationStatus(OperationState.SUCCEEDED))
        # It may have been done all the same: what AWS said of the creation before proves nothing any more (rule 20).
        await self.back_off(replace(here.assignment, changed=None), refused)
        return None

    async def _creation_failed(self, here: ReconcilePass, reason: str) -> ReconcilePass | None:
        failures = here.assignment.failures + 1
        here = replace(here, assignment=replace(here.assignment, failures=failures, last_error=reason))
        if failures >= MOST_FAILURES:
            return await self._book.give_up(here, lambda _: True, reason)
        if not any(wants_access(request) for request in here.live):
            return here
        await self._book.try_later(here.assignment, RETRIED_AFTER[failures - 1])
        return None


def _after_late_failure(
    assignment: Assignment, operation: Operation, now: datetime, *, is_granting: bool
) -> Assignment:
    """AWS calls it FAILED and may have done it: its word on the opposite before counts no more (rule 20)."""
    if operation.kind is OperationKind.DELETE:
        return replace(assignment, changed=None) if is_created(assignment) else assignment
    if is_granting:  # a look from before proves nothing about what it may have done
        return replace(assignment, missing_since=None, changed=None if is_deleted(assignment) else assignment.changed)
    return replace(assignment, hanging=(*assignment.hanging, unconfirmed(operation, now)))


def _with(here: ReconcilePass, operation: Operation, status: OperationStatus) -> ReconcilePass:
    return replace(here, assignment=succeeded(here.assignment, operation, here.now, status.created_at))
