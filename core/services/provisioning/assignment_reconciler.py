"""Makes AWS agree with the requests: one pass over one assignment at a time (rules 16 to 20).

A pass learns what became of what AWS was asked for, looks at AWS's list where that has a say, lets
``core.domain.assignment.next_step`` say what follows, stores what it is about to do, does it, and stores what came of
it. A process that dies anywhere in between leaves a row from which the next pass goes on.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from core.domain.assignment import (
    JUDGED_WITHIN,
    LISTS_LAG,
    MAX_OUTSTANDING,
    MOST_FAILURES,
    Assignment,
    Operation,
    OperationKind,
    Presence,
    Step,
    change_ahead,
    is_being_granted,
    is_deleted,
    is_deleted_unseen,
    is_lately_changed,
    longest_active,
    made_as,
    may_yet_be_undone,
    needs_look,
    next_step,
    patience_is_over,
    presence,
    rests_on_older,
    wants_access,
    watched_again_after,
)
from core.domain.audit import AuditEvent, about
from core.domain.errors import Conflict, Reason, Refusal, Side, Upstream, UpstreamBusy
from core.domain.freshness import is_younger
from core.domain.notice_content import LostAssignment
from core.domain.notices import notices_to_admins
from core.domain.operation_outcomes import seen, wanted_no_more
from core.domain.request import LeftBehind, Request
from core.ports import AssignmentCloud, Clock, OpenUnit, UnitOfWork
from core.services.context.usability import Usability
from core.services.provisioning.assignment_book import AssignmentBook, ReconcilePass
from core.services.provisioning.operations import Operations
from core.services.runtime.worker_pool import WorkerPool

AT_ONCE = 20
"""Passes, besides those over operations in flight, which always have a place."""
LOOKS_AROUND_AFTER = timedelta(seconds=0.25)
"""The pause before it looks for rows that others have made due."""
LOOKED_AGAIN_WITHIN = timedelta(seconds=60)
LOOKED_WITHIN = timedelta(seconds=5)
"""The longest look at what is to be deleted: a list that is silent leaves time for the deletion in the same lease."""

log = structlog.get_logger()


class Judges(Protocol):
    """Says why a stored request is allowed no more (``core.services.requests.recheck``)."""

    async def refusals(self, request: Request) -> tuple[Refusal, ...]: ...


class AssignmentReconciler:
    """Works off the assignments that are due."""

    def __init__(
        self,
        open_unit: OpenUnit,
        cloud: AssignmentCloud,
        clock: Clock,
        usability: Usability,
        recheck: Judges,
        *,
        logs_come_within: timedelta | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """``logs_come_within``: how late a source tells of session activity; None when there is no source."""
        self._open_unit = open_unit
        self._cloud = cloud
        self._clock = clock
        self._recheck = recheck
        self._book = AssignmentBook(open_unit, clock, logs_come_within=logs_come_within, jitter=jitter)
        self._operations = Operations(open_unit, cloud, clock, self._book, usability)
        self._pool = WorkerPool(self._book.due, self._pass, AT_ONCE + MAX_OUTSTANDING, due_in=self._look_in)
        self._steps: dict[Step, Callable[[ReconcilePass], Awaitable[None]]] = {
            Step.NOTHING_TO_DO: self._rest,
            Step.CREATE: self._create,
            Step.CONFIRM_ACTIVE: self._confirm_active,
            Step.REFUSE_FOREIGN: self._refuse_foreign,
            Step.DELETE: partial(self._operations.ask, kind=OperationKind.DELETE),
            Step.CONFIRM_GONE: self._confirm_gone,
            Step.REPORT_LOST: self._report_lost,
            Step.RESTORE: self._restore,
            Step.LOOK_AGAIN: self._look_again,
        }

    async def work(self) -> timedelta | None:
        """Give each row that is due one pass; returns how long until the next is due, where that is known."""
        await self._pool.run()
        return self._until_due()

    def _look_in(self) -> timedelta:
        return min(self._until_due() or LOOKS_AROUND_AFTER, LOOKS_AROUND_AFTER)

    def _until_due(self) -> timedelta | None:
        now = self._clock.now()
        due = self._book.next_due(now)
        return None if due is None else due - now

    async def _pass(self, here: ReconcilePass) -> bool:
        """True if it may have freed a slot. One row's trouble is its own: it waits, while the others go on."""
        is_handed_on = False
        try:
            is_handed_on = await self._try(here)
        except Upstream as error:  # nothing could be stored: its lease runs out, and somebody takes it up again
            log.warning("pass could not be ended", assignment=here.assignment.id, because=str(error))
        except Exception:
            log.exception("pass could not be ended", assignment=here.assignment.id, incident=secrets.token_hex(4))
        return here.assignment.operation is not None and not is_handed_on

    async def _try(self, here: ReconcilePass) -> bool:
        """True if it has handed its slot on."""
        assignment = here.assignment
        try:
            return await self._take(here)
        except Conflict:
            log.info("pass was overtaken", assignment=assignment.id)
            await self._let_go(assignment, lambda held: self._book.try_later(held, timedelta()))
        except Upstream as error:
            # AWS is away or busy. A revocation is tried for ever (rule 17), a grant until patience is over.
            await self._let_go(assignment, partial(self._operations.back_off, error=error))
        except Exception as error:
            incident = secrets.token_hex(4)
            log.exception("pass met a fault", incident=incident, assignment=assignment.id)
            fault = UpstreamBusy(f"A fault of TEAM Bot ({type(error).__name__}, incident {incident})", side=Side.BOT)
            await self._let_go(assignment, partial(self._operations.back_off, error=fault))
        return False

    async def _let_go(self, assignment: Assignment, end: Callable[[Assignment], Awaitable[None]]) -> None:
        """End a pass that came to nothing, unless another has the assignment by now."""
        async with self._open_unit() as unit:
            stored = await unit.assignments.get(assignment.principal, assignment.target)
        if stored is None or stored.fence != assignment.fence:
            return
        try:
            await end(replace(stored, waits_for=None))
        except Conflict:
            log.info("assignment was claimed anew", assignment=assignment.id)

    async def _take(self, here: ReconcilePass) -> bool:
        if here.begun is not None:
            await self._operations.call(here, here.begun)
            return False
        here = await self._book.end_what_is_over(here)
        # Whatever else is in the way: no slot, no list, no answer (rule 16).
        late = here.assignment.last_error or "AWS did not do it in time"
        here = await self._book.give_up(here, lambda request: patience_is_over(request, here.now), late)
        settled = await self._operations.settle(here)
        if settled is None:
            return False
        if here.assignment.operation is not None and is_deleted(settled.assignment):
            self._pool.take_up(await self._book.hand_on(settled))
            return True
        await self._find_step(settled)
        return False

    async def _find_step(self, here: ReconcilePass) -> None:
        here = replace(here, assignment=wanted_no_more(here.assignment, here.live))
        change = change_ahead(here.assignment, here.live)
        must_look = needs_look(here.assignment, here.live, here.now)
        if change is not None and must_look and not await self._has_slot(here.assignment, change, here.now):
            await self._book.save(self._book.in_line(here, change))  # AWS need not be asked yet
            return
        is_unseen = is_deleted_unseen(here.assignment, here.live)
        try:
            async with asyncio.timeout(LOOKED_WITHIN.total_seconds() if is_unseen else None):
                looked = await self._look(here) if must_look else here
        except (Upstream, TimeoutError) as error:
            if not is_unseen:
                raise
            log.warning("deleting without a look", assignment=here.assignment.id, because=str(error) or "no answer")
            await self._operations.ask(here, OperationKind.DELETE)
        else:
            await self._go_on(looked)

    async def _has_slot(self, assignment: Assignment, change: OperationKind, now: datetime) -> bool:
        async with self._open_unit() as unit:
            return await unit.assignments.has_slot(assignment, Operation(change, now))

    async def _look(self, here: ReconcilePass) -> ReconcilePass:
        """Ask AWS for its list, and note since when it lacks what is ours."""
        assignment = here.assignment
        ending = not any(wants_access(request) for request in here.live)
        # What AWS has deleted is only to be seen gone: whoever waits for a slot goes before that.
        urgent = ending and not is_deleted(assignment)
        listed = await self._cloud.is_assigned(
            assignment.principal, assignment.target, ending=ending, urgent=urgent, made=made_as(assignment)
        )
        assignment = seen(assignment, here.now, listed=listed)
        found = presence(assignment, listed=listed, now=here.now)
        if listed or found is Presence.OURS:
            missing_since = None
        elif found is Presence.MISSING:
            missing_since = assignment.missing_since or here.now
        else:
            missing_since = assignment.missing_since
        return replace(here, assignment=replace(assignment, missing_since=missing_since), listed=listed)

    async def _go_on(self, here: ReconcilePass) -> None:
        step = next_step(here.assignment, here.live, listed=here.listed, now=here.now)
        if may_yet_be_undone(here.assignment, step, here.now):
            step = Step.LOOK_AGAIN
        await self._steps[step](here)

    # --- the steps ---------------------------------------------------------------------------------

    async def _rest(self, here: ReconcilePass) -> None:
        await self._book.close_released(here, longest_active(here.live))
        await self._book.rest(here, here.assignment)

    async def _create(self, here: ReconcilePass) -> None:
        judged = await self._judge_again(here)
        if not any(is_being_granted(request) for request in judged.live):
            await self._go_on(judged)
            return
        if await self._seems_replaced(judged):
            found = presence(judged.assignment, listed=judged.listed, now=judged.now)
            if found is Presence.MISSING or is_lately_changed(judged.assignment, judged.now):
                await self._book.try_later(judged.assignment, LOOKED_AGAIN_WITHIN)
                return
            replaced = replace(judged.assignment, ours=False, changed=None, asked_since=None, missing_since=None)
            await self._refuse_foreign(replace(judged, assignment=replaced, listed=True))
            return
        if self._is_gone(judged):  # whoever waits for that need not wait for this grant
            await self._book.close_released(judged, None)
        await self._operations.ask(judged, OperationKind.CREATE)

    async def _seems_replaced(self, here: ReconcilePass) -> bool:
        """True if a membership is listed where ours was not: somebody else's, or ours, and the look before was behind.

        Seen before AWS is asked: should the answer be lost, theirs could be taken for what we had asked for (rule 19).
        One look disowns nothing: it is theirs once ours is gone (rule 20).
        """
        found = presence(here.assignment, listed=here.listed, now=here.now)
        if not made_as(here.assignment) or found not in {Presence.GONE, Presence.MISSING}:
            return False
        return await self._cloud.is_assigned(here.assignment.principal, here.assignment.target)

    def _is_gone(self, here: ReconcilePass) -> bool:
        found = presence(here.assignment, listed=here.listed, now=here.now)
        return found is Presence.GONE and not may_yet_be_undone(here.assignment, Step.CONFIRM_GONE, here.now)

    async def _judge_again(
        self, here: ReconcilePass, which: Callable[[Request], bool] = is_being_granted
    ) -> ReconcilePass:
        """Nobody is granted on a judgement that is older than half a minute (rule 14)."""
        for request in here.live:
            judged_at = request.judged_at or request.granting_at or request.created_at
            if not which(request) or is_younger(judged_at, here.now, JUDGED_WITHIN):
                continue
            refusals = await self._recheck.refusals(request)
            if refusals:
                here = await self._book.give_up(here, lambda one, this=request: one is this, refusals[0].stored)  # type: ignore[misc]
            else:
                judged = await self._book.judged(request)
                here = replace(here, live=[judged if one is request else one for one in here.live])
        return here

    async def _confirm_active(self, here: ReconcilePass) -> None:
        here = await self._judge_again(here, partial(rests_on_older, here.assignment))
        if not any(is_being_granted(request) for request in here.live):
            await self._go_on(here)
            return
        live, unwritten = list[Request](), list[Upstream]()
        for request in here.live:
            is_granted = is_being_granted(request)
            try:
                live.append(await self._book.activate(request, here.assignment.changed) if is_granted else request)
            except Upstream as error:
                unwritten.append(error)
        if unwritten:  # AWS has done it: a request that cannot be written keeps no slot (rule 17)
            await self._book.retry(here.assignment, unwritten[0])
            return
        here = replace(here, live=live)
        if not any(wants_access(request) for request in live):  # its end had come before it was seen
            await self._book.try_later(replace(here.assignment, urgent=True), timedelta())
            return
        await self._rest(here)

    async def _refuse_foreign(self, here: ReconcilePass) -> None:
        """Fail the request because somebody else made the assignment, which stays (rules 8 and 19)."""
        of_group = here.assignment.target.group is not None
        why = Reason.ALREADY_MEMBER if of_group else Reason.ALREADY_ASSIGNED
        here = await self._book.give_up(here, lambda _: True, why.value)
        await self._book.close_released(here, None, LeftBehind.FOREIGN)
        await self._book.rest(here, here.assignment)

    async def _confirm_gone(self, here: ReconcilePass) -> None:
        """Nothing of ours exists any more: everything that waited for this may say so (rule 20).

        What is listed all the same is somebody else's, and stays.
        """
        await self._book.close_released(here, None, LeftBehind.FOREIGN if here.listed else None)
        kept = here.assignment.changed if is_deleted(here.assignment) else None
        forgotten = replace(
            here.assignment, ours=False, changed=kept, asked_since=None, missing_since=None, unusable=None
        )
        await self._book.rest(here, forgotten)

    async def _look_again(self, here: ReconcilePass) -> None:
        """AWS's list contradicts its word, or an outcome is still to come: nothing is concluded yet (rule 20)."""
        assignment = here.assignment
        under = longest_active(here.live)
        if under is not None:
            await self._book.close_released(here, under)
        if under is not None and assignment.missing_since is not None:
            again_at = assignment.missing_since + LISTS_LAG
        elif assignment.hanging:
            again_at = here.now + watched_again_after(assignment, here.live, here.now)
        else:
            since = assignment.changed.at if assignment.changed else here.now
            again_at = here.now + min(LOOKED_AGAIN_WITHIN, max((here.now - since) / 2, timedelta(seconds=1)))
        await self._book.try_later(assignment, max(again_at - here.now, timedelta(seconds=1)))

    async def _restore(self, here: ReconcilePass) -> None:
        """Make again what a late deletion of ours took from a live request, while that is still allowed (rules 14, 18).

        What AWS refuses, or ends as FAILED three times, is reported as lost.
        """
        under = longest_active(here.live)
        await self._book.close_released(here, under)
        refused = under is None or here.assignment.failures >= MOST_FAILURES or await self._recheck.refusals(under)
        if under is None or refused:
            await self._report_lost(here)
        else:
            record = partial(self._record_restoring, request=under)
            await self._operations.ask(here, OperationKind.CREATE, also=record)

    async def _record_restoring(self, unit: UnitOfWork, request: Request) -> None:
        event = AuditEvent("assignment.restored", self._clock.now(), request_id=request.id, facts=about(request))
        await unit.audit.append(event)

    async def _report_lost(self, here: ReconcilePass) -> None:
        """A live request's assignment is gone, by another hand: said once, and not made again (rule 19).

        Two looks have agreed. From now on it is no longer ours: what somebody makes in its place stays.
        """
        await self._book.close_released(here, longest_active(here.live))
        request = next(request for request in here.live if wants_access(request))
        tell = partial(self._tell_of_loss, request=request) if here.assignment.ours else None
        since = here.assignment.missing_since or here.now
        lost = replace(here.assignment, ours=False, changed=None, asked_since=None, missing_since=since)
        await self._book.rest(here, lost, also=tell)

    async def _tell_of_loss(self, unit: UnitOfWork, request: Request) -> None:
        now, facts = self._clock.now(), {"kind": "lost_assignment"}
        await unit.outbox.put(notices_to_admins(LostAssignment(), request.id), now)
        await unit.audit.append(AuditEvent("drift.found", now, request_id=request.id, facts=facts))
