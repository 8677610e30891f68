"""May a stored request still be granted (rule 14): asked at the approving click, at the start, and before AWS is asked.

Never asked when access is taken away (rule 17).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.domain.approval import Approval, Verdict, Vote, approval_for, too_few_votes
from core.domain.errors import Refusal, Refused
from core.domain.evaluation import EvaluationInput, approval_is_needed, evaluate_again
from core.domain.people import Person
from core.domain.request import Request, Status
from core.ports import OpenUnit
from core.services.context.identity import JUST_NOW, Identity
from core.services.context.policy_context import PolicyContext

KNOWN_WITHIN = timedelta(seconds=30)
"""The time a grant waits for the chat platform to say whether the account that asked for it still exists."""


class RequestRecheck:
    """One more judgement of a request that is stored, by what is so now. Nothing is written here."""

    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context

    async def refusals(self, request: Request, *, since: datetime | None = None) -> tuple[Refusal, ...]:
        """Every reason why this request is allowed no more; none when it still is.

        The requester is read anew, as a principal and as the chat account that asked, and meanwhile AWS's list.
        The approvals of a decided request are counted anew; of a pending one they are counted where they are given.
        ``since``: who people are is fresh where it was read after that (``fresh_since``). Raises Upstream when it
        cannot be known.
        """
        asker, held = await asyncio.gather(
            self._asker(request, since), self._policy_context.holds_already(request.requester, request.target)
        )
        return await self._judge(request, asker, since, holds_already=held)

    async def refusals_at_start(self, request: Request) -> tuple[Refusal, ...]:
        """The same at the start. Where its approval has just led to it, people are as they were read for that.

        AWS's list is not asked for again then: it is looked at right before the assignment is asked for (rule 8).
        """
        now, decided_at = self._policy_context.now(), request.decided_at
        if decided_at is None or now - decided_at >= JUST_NOW:
            return await self.refusals(request)
        since = now - JUST_NOW
        return await self._judge(request, await self._asker(request, since), since, holds_already=False)

    async def _judge(
        self, request: Request, asker: Person | tuple[Refusal, ...], since: datetime | None, *, holds_already: bool
    ) -> tuple[Refusal, ...]:
        if not isinstance(asker, Person):
            return asker
        seen = await self._policy_context.gather(
            asker, request.target, find_approvers=False, holds_already=holds_already
        )
        refusals = evaluate_again(request, seen)
        if refusals or request.status is Status.PENDING:
            return refusals
        return await self._judge_votes(request, seen, since)

    async def votes_that_count(
        self,
        votes: Sequence[Vote],
        approval: Approval,
        *,
        must_know: bool = False,
        since: datetime | None = None,
    ) -> tuple[Vote, ...]:
        """The votes of those who may still decide: enabled, approvers now, and nothing known against their account."""
        voters = (vote.principal_id for vote in votes)
        able = await self._policy_context.who_still_decides(approval, voters, since=since)
        able_votes = [vote for vote in votes if vote.principal_id in able]
        return tuple([vote for vote in able_votes if not await self._is_barred(vote, must_know=must_know)])

    async def _asker(self, request: Request, since: datetime | None) -> Person | tuple[Refusal, ...]:
        try:
            person, obstacle = await asyncio.gather(
                self._identity.person(request.requester, since=since), self._known_against(request)
            )
        except Refused as refused:
            return refused.refusals
        return (obstacle,) if obstacle else person

    async def _known_against(self, request: Request) -> Refusal | None:
        if request.requester_chat is None:
            return None
        must_know = self._must_know(request)
        return await self._identity.known_against(request.requester_chat, request.requester, must_know=must_know)

    def _must_know(self, request: Request) -> bool:
        """True if it is about to be granted: then an answer is waited for, but not for longer than an outage may last.

        A pending one is judged once more at its start.
        """
        if request.status is Status.PENDING:
            return False
        due_at = max(filter(None, (request.start_at, request.decided_at, request.granting_at)), default=None)
        return due_at is not None and self._policy_context.now() - due_at < KNOWN_WITHIN

    async def _judge_votes(
        self, request: Request, seen: EvaluationInput, since: datetime | None
    ) -> tuple[Refusal, ...]:
        is_needed = request.filed_by_token or approval_is_needed(request.target, seen)
        if request.quorum == 0 or not is_needed:
            return ()
        approval = approval_for(seen.book, seen.organization, request.target)
        async with self._open_unit() as unit:
            votes = await unit.votes.of(request.id)
        approving = [vote for vote in votes if vote.verdict is Verdict.APPROVE]
        counted = await self.votes_that_count(approving, approval, must_know=self._must_know(request), since=since)
        refusal = too_few_votes(approval, counted, request.requester)
        return (refusal,) if refusal else ()

    async def _is_barred(self, vote: Vote, *, must_know: bool) -> bool:
        if vote.chat_user is None:
            return False
        known = await self._identity.known_against(vote.chat_user, vote.principal_id, must_know=must_know)
        return known is not None
