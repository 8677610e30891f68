"""The clock's part: reminds, expires, starts, ends, and warns before the end. Due times are in the rows.

Starts and ends say when the next one is due, so that nobody waits for the next look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from core.domain.approval import approval_for, too_few_approvers
from core.domain.assignment import GRANT_PATIENCE, SLOW_AFTER
from core.domain.audit import AuditEvent
from core.domain.errors import Conflict, Refusal, Upstream
from core.domain.extensions import OPEN, goes_on
from core.domain.notice_content import Overdue, Slow, Undecidable
from core.domain.notices import (
    ADMINS,
    AUDIT_CHANNEL,
    Form,
    Notice,
    Plain,
    Recipient,
    Topic,
    card_places,
    notices_to_admins,
)
from core.domain.request import Event, Request, Status, advance, ending_soon_at, granting, has_expired, next_reminder
from core.domain.transition_notices import reminders_for
from core.domain.windows import lapse
from core.ports import Clock, OpenUnit, UnitOfWork
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext, RulesSnapshot
from core.services.context.request_pages import pages
from core.services.notifications.home_screens import homes_to_redraw
from core.services.notifications.request_card import MOST_OPEN
from core.services.requests.recheck import RequestRecheck
from core.services.requests.transition import record_transition
from core.services.runtime.row_boundaries import RowBoundaries, Work
from core.services.runtime.worker_pool import WorkerPool

BATCH = 50
LEASE = timedelta(seconds=20)
STARTS_AT_ONCE = 20
"""One that waits for AWS or for a chat platform keeps its own place, and no other one waits for it."""
LOOKS_AROUND_AFTER = timedelta(seconds=0.25)
"""The pause before it looks for more that is due, while others are being judged."""
JUDGE_AGAIN_AFTER = timedelta(seconds=5)
EXTENDED_FOR = timedelta(seconds=30)
"""The pause before access that goes on under an approved extension is looked at again: that may yet be called off."""

_Due = Callable[[UnitOfWork], Callable[[int, Request | None], Awaitable[Sequence[Request]]]]
"""The pages of what is due, each after a request and of so many."""

log = structlog.get_logger()


class RequestSchedule:
    """Each pass takes what is due; of two replicas that see the same, compare-and-swap lets one act."""

    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._policy_context = policy_context
        self._clock = clock
        self._recheck = RequestRecheck(open_unit, identity, policy_context)
        self._boundaries = RowBoundaries[Request](clock)
        self._starts = WorkerPool(self._claim_starts, self._take_up, STARTS_AT_ONCE, due_in=self._look_in)
        self._next_start_at: datetime | None = None

    def stuck(self) -> Mapping[str, int]:
        """The number of requests that could not be worked off, by round."""
        return self._boundaries.stuck()

    async def expire(self) -> None:
        """Give up pending requests that were not decided in time."""
        now = self._clock.now()
        await self._work_off("expiries", lambda unit: partial(unit.requests.due_to_expire, now), self._expire)

    async def end(self) -> timedelta | None:
        """Begin to take away access whose time is over: by time alone (rule 17). Returns the time until the next."""
        now = self._clock.now()
        await self._work_off("ends", lambda unit: partial(unit.requests.due_to_end, now), self._end)
        async with self._open_unit() as unit:
            return self._until(await unit.requests.next_end(now))

    async def start(self) -> timedelta | None:
        """Begin to grant what is due, after judging it once more (rule 14). Returns the time until the next."""
        await self._starts.run()
        return self._until(self._next_start_at)

    async def warn(self) -> None:
        """Tell requesters that the end is near, and that AWS takes its time over the beginning; each once."""
        now = self._clock.now()
        await self._work_off("warnings", lambda unit: partial(unit.requests.due_to_warn, now), self._warn)
        since = now - SLOW_AFTER
        await self._work_off("slow grants", lambda unit: partial(unit.requests.slow_grants, since), self._tell_slow)

    async def remind(self) -> None:
        """Tell approvers again of what still waits: at longer and longer intervals, until it is decided or expires."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            after = (await unit.policies.current()).settings.reminder_after
        if not after:
            return
        remind = partial(self._remind, after=after)
        await self._work_off("reminders", lambda unit: partial(unit.requests.due_to_remind, now), remind)

    async def tell_undecidable(self) -> None:
        """Tell requester and admins, once, of what too few people are left to approve (rule 7)."""
        try:
            rules = await self._policy_context.rules_to_decide_by()
        except Upstream as error:
            log.info("nobody looks whether requests can be decided", because=str(error))
            return
        look = partial(self._look_for_deciders, rules=rules)
        async for page in pages(self._open_unit, Status.PENDING):
            await self._boundaries.each("deciders", page, look)

    async def raise_alarms(self, after: timedelta) -> None:
        """Tell the admins of access that takes longer to be taken away than it should (rule 17)."""
        since = self._clock.now() - after
        await self._work_off("alarms", lambda unit: partial(unit.requests.overdue_revocations, since), self._alarm)

    async def _work_off(self, name: str, due: "_Due", work: Work[Request]) -> None:
        async def page(after: Request | None) -> Sequence[Request]:
            async with self._open_unit() as unit:
                return await due(unit)(BATCH, after)

        await self._boundaries.work_off(name, page, work)

    async def _expire(self, request: Request) -> None:
        now = self._clock.now()
        why = lapse(request, now)
        expired = advance(request, Event.EXPIRE, now, failure=why.value if why else "")
        await self._move(request, Event.EXPIRE, expired, now, facts={"reasons": [why.value]} if why else None)

    async def _end(self, request: Request) -> None:
        now = self._clock.now()
        await self._move(request, Event.END, advance(request, Event.END, now, revoking_at=now), now, wake=True)

    def _until(self, at: datetime | None) -> timedelta | None:
        return None if at is None else max(at - self._clock.now(), timedelta())

    def _look_in(self) -> timedelta:
        return min(self._until(self._next_start_at) or LOOKS_AROUND_AFTER, LOOKS_AROUND_AFTER)

    async def _claim_starts(self, limit: int) -> Sequence[Request]:
        now = self._clock.now()
        async with self._open_unit() as unit:
            due = await unit.requests.claim_due_to_start(now, LEASE, limit)
            self._next_start_at = None if due else await unit.requests.next_start(now)
            await unit.commit()
        return due

    async def _take_up(self, request: Request) -> bool:
        await self._boundaries.each("starts", [request], self._try_to_start)
        await self._boundaries.each("pauses", [request], self._let_pause)
        return True

    async def _try_to_start(self, request: Request) -> None:
        if lapse(request, self._clock.now()) is not None:  # rather than surprise anybody
            await self._expire(request)
            return
        try:
            async with asyncio.timeout(LEASE.total_seconds()):  # then somebody else may take it up
                refusals = await self._recheck.refusals_at_start(request)
            await self._start(request, refusals)
        except (Upstream, TimeoutError) as error:
            await self._start_later(request, str(error) or "it takes too long to judge")

    async def _let_pause(self, request: Request) -> None:
        """Leave a row that met a fault alone for longer than its lease, so that it takes nobody's turn."""
        pause = self._boundaries.pause_of("starts", request)
        if pause is None:
            return
        async with self._open_unit() as unit:
            await unit.requests.put_off(request.id, self._clock.now() + max(pause, LEASE))
            await unit.commit()

    async def _warn(self, request: Request) -> timedelta | None:
        """Warn of the end, unless the access goes on. Then it is still owed: an extension may come to nothing."""
        now, warned_at = self._clock.now(), ending_soon_at(request)
        if warned_at is None or request.end_at is None or not warned_at <= now < request.end_at:
            return None
        to = Recipient.principal(request.requester)
        async with self._open_unit() as unit:
            theirs = await unit.requests.of_requester(request.requester, limit=MOST_OPEN, statuses=OPEN)
        if goes_on(request, theirs):
            return EXTENDED_FOR
        notice = Notice(Form.DIRECT, Plain(Topic.ENDING_SOON), to, request.id)
        await self._mark(request, replace(request, ending_soon_told=True), (notice,))
        return None

    async def _tell_slow(self, request: Request) -> None:
        async with self._open_unit() as unit:
            assignment = await unit.assignments.get(request.requester, request.target)
        began_at = request.granting_at or self._clock.now()
        until = min(filter(None, (began_at + GRANT_PATIENCE, request.end_at)))
        slow = Slow(assignment.last_error if assignment else "", until)
        notice = Notice(Form.DIRECT, slow, Recipient.principal(request.requester), request.id)
        await self._mark(request, replace(request, slow_told=True), [notice], action="request.slow_grant_told")

    async def _remind(self, request: Request, *, after: timedelta) -> None:
        remind_at = next_reminder(request, after, self._clock.now())
        reminded = replace(request, reminders=request.reminders + 1, remind_at=remind_at)
        async with self._open_unit() as unit:
            notices = reminders_for(reminded, await unit.requests.asked_with(request))
        await self._mark(request, reminded, notices, action="request.reminded")

    async def _look_for_deciders(self, request: Request, *, rules: RulesSnapshot) -> None:
        if request.unjudged:
            return
        now, approval = self._clock.now(), approval_for(rules.book, rules.organization, request.target)
        approval = replace(approval, quorum=max(approval.quorum, request.quorum))
        try:
            able = [principal.id for principal in await self._policy_context.approvers(approval)]
        except Upstream:  # then it is not known
            return
        refusal = too_few_approvers(approval, able, request.requester)
        if refusal is None and request.undecidable_since is not None:
            await self._mark(request, replace(request, undecidable_since=None), (), action="request.decidable")
        elif refusal is not None and request.undecidable_since is None and not has_expired(request, now):
            others = len(set(able) - {request.requester})
            content = Undecidable(others, approval.quorum)
            places = (Recipient.principal(request.requester), ADMINS)
            notices = [Notice(Form.DIRECT, content, to, request.id) for to in places]
            notices.append(Notice(Form.LINE, content, AUDIT_CHANNEL, request.id))
            notices += [Notice(Form.CARD, Plain(Topic.UNDECIDABLE), to, request.id) for to in card_places(request)]
            await self._mark(request, replace(request, undecidable_since=now), notices, action="request.undecidable")

    async def _alarm(self, request: Request) -> None:
        async with self._open_unit() as unit:
            assignment = await unit.assignments.get(request.requester, request.target)
        is_asked = assignment is not None and (assignment.operation is not None or bool(assignment.hanging))
        because = assignment.last_error if assignment else ""
        log.error(
            "revocation overdue",
            request=request.id,
            since=str(request.revoking_at),
            because=because,
            asked="yes" if is_asked else "",
        )
        notices = notices_to_admins(Overdue(because, asked=is_asked), request.id)
        now = self._clock.now()
        alarmed = replace(request, alarmed_at=now)
        await self._mark(request, alarmed, notices, action="request.revocation_overdue")
        async with self._open_unit() as unit:  # a replica whose clock is ahead may have put its next try off
            await unit.assignments.wake(request.requester, request.target, now, urgent=True)
            await unit.commit()

    async def _start(self, request: Request, refusals: tuple[Refusal, ...]) -> None:
        now = self._clock.now()
        if refusals:
            failed = advance(request, Event.DISALLOW, now, failure=refusals[0].stored)
            reasons = {"reasons": [refusal.reason.value for refusal in refusals]}
            await self._move(request, Event.DISALLOW, failed, now, facts=reasons)
        else:
            await self._move(request, Event.START, granting(request, now), now, wake=True)

    async def _start_later(self, request: Request, because: str) -> None:
        """It cannot be judged now, so it is not granted now; after a while its start counts as missed."""
        log.warning("start postponed", request=request.id, because=because)
        async with self._open_unit() as unit:
            await unit.requests.put_off(request.id, self._clock.now() + JUDGE_AGAIN_AFTER)
            await unit.commit()

    async def _move(
        self,
        before: Request,
        event: Event,
        after: Request,
        now: datetime,
        *,
        wake: bool = False,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        try:
            async with self._open_unit() as unit:
                if wake:
                    urgent = event is Event.END
                    await unit.assignments.wake(before.requester, before.target, now, urgent=urgent)
                await record_transition(unit, event, before, after, now, facts=facts)
                await unit.commit()
        except Conflict:
            log.info("somebody was faster", request=before.id, transition=event.value)

    async def _mark(
        self,
        before: Request,
        after: Request,
        notices: Sequence[Notice],
        *,
        action: str = "request.ending_soon_told",
    ) -> None:
        now = self._clock.now()
        try:
            async with self._open_unit() as unit:
                await unit.requests.save(before, after)
                topic = notices[0].topic if notices else Topic.UNDECIDABLE
                homes = await homes_to_redraw(unit, after, topic, now, None, approvers=after.status is Status.PENDING)
                await unit.outbox.put([*notices, *homes], now)
                await unit.audit.append(AuditEvent(action, now, request_id=before.id))
                await unit.commit()
        except Conflict:
            log.info("somebody was faster", request=before.id, action=action)
