"""The judgement of requests that were stored by what was known: by what is so, before anybody is told (rule 14).

Until then nothing of a request is posted, nobody can decide on it, and nothing is granted. Its requester can withdraw
it.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.domain.errors import Conflict, Reason, Refusal, Refused, Upstream
from core.domain.evaluation import Evaluation, RequestedAccess, evaluate
from core.domain.ids import PrincipalId
from core.domain.people import Person
from core.domain.request import Actor, Event, Request, Status, advance
from core.domain.transition_notices import notices_for
from core.ports import Clock, OpenUnit
from core.services.context.identity import Identity, fresh_since
from core.services.context.policy_context import PolicyContext
from core.services.requests.transition import homes_for, record_transition
from core.services.runtime.lease_renewal import LEASE, renewing
from core.services.runtime.retries import doubled
from core.services.runtime.row_boundaries import RowBoundaries
from core.services.runtime.worker_pool import WorkerPool

ROUND = "judgements"
AT_ONCE = 20
"""Requests that are judged together."""
AT_ONCE_OF_ONE = 3
"""Of one person: should all of theirs hang, there is room for the others (rule 26)."""
TRIED_FOR = timedelta(seconds=30)
"""The time for one try. What hangs for longer gives its place to others, and is tried again."""
AGAIN_AFTER, AGAIN_AFTER_AT_MOST = timedelta(seconds=2), timedelta(seconds=30)
LISTED_WITHIN = timedelta(minutes=1)
"""The age up to which AWS's list counts (rule 8): it is read again at the approval, and before anything is made."""
JUDGED_WITHIN = timedelta(minutes=30)
"""The time after which a request that could not be judged is refused: nobody expects it any more (rule 27)."""
UNSTARTED = frozenset({Status.PENDING, Status.SCHEDULED})

log = structlog.get_logger()


class SecondJudgement:
    """Each pass takes what was filed. Of two replicas one has the lease, and compare-and-swap lets one write."""

    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock
        self._boundaries = RowBoundaries[Request](clock)
        self._under_way = Counter[PrincipalId]()
        self._pool = WorkerPool(self._claim, self._take_up, AT_ONCE)

    def stuck(self) -> Mapping[str, int]:
        """The number of requests that could not be judged because of a fault, by round."""
        return self._boundaries.stuck()

    async def work(self) -> int:
        """Judge what was filed: what is allowed is told to those concerned, and anything else fails, in words."""
        return await self._pool.run()

    async def _claim(self, limit: int) -> Sequence[Request]:
        async with self._open_unit() as unit:
            filed = await unit.requests.claim_unjudged(self._clock.now(), LEASE, limit)
            await unit.commit()
        return filed

    async def _take_up(self, request: Request) -> bool:
        if self._under_way[request.requester] >= AT_ONCE_OF_ONE:
            with suppress(Upstream):  # then its lease runs out
                await self._put_off(request, self._clock.now() + AGAIN_AFTER)
            return True
        self._under_way[request.requester] += 1
        try:
            return await self._work_on(request)
        finally:
            self._under_way[request.requester] -= 1
            self._under_way += Counter()  # forgets who has none

    async def _work_on(self, request: Request) -> bool:
        await self._boundaries.each(ROUND, [request], self._judge)
        pause = self._boundaries.pause_of(ROUND, request)
        if pause is not None:  # it met a fault: for longer than its lease it takes nobody's turn
            with suppress(Upstream):
                await self._put_off(request, self._clock.now() + max(pause, LEASE))
        return True

    async def _judge(self, request: Request) -> None:
        if request.status not in UNSTARTED:  # a replica of the release before, which knows of no mark, went on with it
            await self._unmark(request)
            return
        now = self._clock.now()
        late = now - request.created_at
        if late > JUDGED_WITHIN:
            await self._fail(request, (Refusal(Reason.ACT_TOO_LATE, limit=late),))
            return
        try:
            async with asyncio.timeout(TRIED_FOR.total_seconds()):
                person, judgement = await renewing(self._judgement(request), lambda: self._hold(request))
        except Refused as refused:
            await self._fail(request, refused.refusals)
        except (Upstream, TimeoutError) as error:
            log.info("request is judged later", request=request.id, because=str(error) or "it takes too long")
            tries = max(int(late / AGAIN_AFTER), 0)  # the clock of the replica that stored it may be ahead
            await self._put_off(request, now + doubled(tries, AGAIN_AFTER, AGAIN_AFTER_AT_MOST))
        else:
            refusals = (*judgement.told, *_unapproved(request, judgement))
            await (self._fail(request, refusals) if refusals else self._tell(request, person, judgement))

    async def _judgement(self, request: Request) -> tuple[Person, Evaluation]:
        """By who the requester is now and the groups of now, the policies, the organization, and AWS's list."""
        person, rules, held = await asyncio.gather(
            self._requester(request),
            self._policy_context.rules_to_decide_by(),
            self._policy_context.holds_already(
                request.requester, request.target, since=self._clock.now() - LISTED_WITHIN
            ),
        )
        seen = await self._policy_context.gather(person, request.target, rules=rules, holds_already=held)
        access = RequestedAccess(
            request.target,
            request.duration,
            request.justification,
            request.start_at,
            request.ticket,
            request.created_at,
        )
        return person, evaluate(access, seen)

    async def _requester(self, request: Request) -> Person:
        """The person whom the chat account that asked leads to now, looked up as for any other act (rule 1)."""
        if request.requester_chat is None:
            return await self._identity.person(request.requester)
        since = fresh_since(request.created_at, self._clock.now())
        person = await self._identity.identify(request.requester_chat, fresh=True, since=since)
        if person.id != request.requester:
            raise Refused(Refusal(Reason.IDENTITY_SUSPENDED))
        return person

    async def _tell(self, request: Request, person: Person, judgement: Evaluation) -> None:
        """It is a request like any other from now on: its messages go out, and a start that is due begins."""
        now, event = self._clock.now(), _made_by(request)
        policies = judgement.eligibility.policies if judgement.eligibility else ()
        is_second = person.barred_by is Reason.SECOND_ACCOUNT
        actor = Actor(request.requester_name, request.requester, request.requester_chat)
        try:
            async with self._open_unit() as unit:
                judged = replace(request, unjudged=False, eligibility_policies=policies, second_account=is_second)
                saved = await unit.requests.save(request, judged)
                await unit.requests.put_off(request.id, now)
                homes = await homes_for(unit, event, None, saved, now, actor)
                await unit.outbox.put([*notices_for(event, saved), *homes], now)
                await unit.commit()
        except Conflict:
            await self._moved(request)

    async def _fail(self, request: Request, refusals: Sequence[Refusal]) -> None:
        now = self._clock.now()
        failed = advance(request, Event.DISALLOW, now, failure=refusals[0].stored)
        facts = {"reasons": [refusal.reason.value for refusal in refusals]}
        try:
            async with self._open_unit() as unit:
                await record_transition(unit, Event.DISALLOW, request, failed, now, facts=facts)
                await unit.commit()
        except Conflict:
            await self._moved(request)

    async def _unmark(self, request: Request) -> None:
        try:
            async with self._open_unit() as unit:
                await unit.requests.save(request, replace(request, unjudged=False))
                await unit.commit()
        except Conflict:
            await self._moved(request)

    async def _moved(self, request: Request) -> None:
        """It was withdrawn, or an account got another name: what is still to be judged is taken up again at once."""
        log.info("request was changed while it was judged", request=request.id)
        await self._put_off(request, self._clock.now())

    async def _hold(self, request: Request) -> None:
        """It is still being judged here: nobody else takes it up, and nor does the next look of this process."""
        await self._put_off(request, self._clock.now() + LEASE)

    async def _put_off(self, request: Request, until: datetime) -> None:
        async with self._open_unit() as unit:
            await unit.requests.put_off(request.id, until)
            await unit.commit()


def _made_by(request: Request) -> Event:
    return Event.SUBMIT if request.status is Status.PENDING else Event.SUBMIT_APPROVED


def _unapproved(request: Request, judgement: Evaluation) -> Sequence[Refusal]:
    """The refusal of access that was let through without approval, and needs it by what is so."""
    if request.quorum or not judgement.needs_approval:
        return ()
    because = judgement.eligibility.approval_because if judgement.eligibility else ()
    return (Refusal(Reason.APPROVAL_NOW_REQUIRED, policies=because),)
