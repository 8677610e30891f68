"""May a stored request still be granted (rule 14): asked at the approving click, at the start, and before AWS is asked.

Never asked when access is taken away (rule 17).
"""

from collections.abc import Sequence
from datetime import timedelta

from core.domain.approval import Approval, Verdict, Vote, approval_for, too_few_votes
from core.domain.errors import Refusal, Refused
from core.domain.evaluation import EvaluationInput, approval_is_needed, evaluate_again
from core.domain.people import Person
from core.domain.request import Request, Status
from core.ports import OpenUnit
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext

KNOWN_WITHIN = timedelta(seconds=30)
"""The time a grant waits for the chat platform to say whether the account that asked for it still exists."""


class RequestRecheck:
    """One more judgement of a request that is stored, by what is so now. Nothing is written here."""

    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context

    async def refusals(self, request: Request) -> tuple[Refusal, ...]:
        """Every reason why this request is allowed no more; none when it still is.

        The requester is read anew, as a principal and as the chat account that asked. The approvals of a decided
        request are counted anew; of a pending one they are counted where they are given. Raises Upstream when it
        cannot be known.
        """
        asker = await self._asker(request)
        if not isinstance(asker, Person):
            return asker
        seen = await self._policy_context.gather(asker, request.target, find_approvers=False)
        refusals = evaluate_again(request, seen)
        if refusals or request.status is Status.PENDING:
            return refusals
        return await self._judge_votes(request, seen)

    async def votes_that_count(
        self, votes: Sequence[Vote], approval: Approval, *, must_know: bool = False
    ) -> tuple[Vote, ...]:
        """The votes of those who may still decide: enabled, approvers now, and nothing known against their account."""
        able = await self._policy_context.who_still_decides(approval, (vote.principal_id for vote in votes))
        able_votes = [vote for vote in votes if vote.principal_id in able]
        return tuple([vote for vote in able_votes if not await self._is_barred(vote, must_know=must_know)])

    async def _asker(self, request: Request) -> Person | tuple[Refusal, ...]:
        try:
            person = await self._identity.person(request.requester)
        except Refused as refused:
            return refused.refusals
        if request.requester_chat is None:
            return person
        obstacle = await self._identity.known_against(
            request.requester_chat, request.requester, must_know=self._must_know(request)
        )
        return (obstacle,) if obstacle else person

    def _must_know(self, request: Request) -> bool:
        """True if it is about to be granted: then an answer is waited for, but not for longer than an outage may last.

        A pending one is judged once more at its start.
        """
        if request.status is Status.PENDING:
            return False
        due_at = max(filter(None, (request.start_at, request.decided_at, request.granting_at)), default=None)
        return due_at is not None and self._policy_context.now() - due_at < KNOWN_WITHIN

    async def _judge_votes(self, request: Request, seen: EvaluationInput) -> tuple[Refusal, ...]:
        if request.quorum == 0 or not approval_is_needed(request.target, seen):
            return ()
        approval = approval_for(seen.book, seen.organization, request.target)
        async with self._open_unit() as unit:
            votes = await unit.votes.of(request.id)
        approving = [vote for vote in votes if vote.verdict is Verdict.APPROVE]
        counted = await self.votes_that_count(approving, approval, must_know=self._must_know(request))
        refusal = too_few_votes(approval, counted, request.requester)
        return (refusal,) if refusal else ()

    async def _is_barred(self, vote: Vote, *, must_know: bool) -> bool:
        if vote.chat_user is None:
            return False
        known = await self._identity.known_against(vote.chat_user, vote.principal_id, must_know=must_know)
        return known is not None
