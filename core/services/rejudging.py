"""May a stored request still be granted (rule 14): asked at the approving click, at the start, and before AWS is asked.

Never asked when access is taken away (rule 17).
"""

from collections.abc import Sequence

from core.domain.approval import Approval, Verdict, Vote, approval_for, too_few_votes
from core.domain.errors import Refusal, Refused
from core.domain.ids import PrincipalId
from core.domain.people import Person
from core.domain.request import Request, Status
from core.domain.submission import Circumstances, approval_is_needed, judge_again
from core.ports import OpenUnit
from core.services.identity import Identity
from core.services.judging import Judge


class Rejudging:
    """One more judgement of a request that is stored, by what is so now. Nothing is written here."""

    def __init__(self, open_unit: OpenUnit, identity: Identity, judge: Judge) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._judge = judge

    async def refusals(self, request: Request) -> tuple[Refusal, ...]:
        """Every reason why this request is allowed no more; none when it still is.

        The requester is read anew, as a principal and as the chat account that asked. The approvals of a decided
        request are counted anew; of a pending one they are counted where they are given. Raises Upstream when it
        cannot be known.
        """
        asker = await self._asker(request)
        if not isinstance(asker, Person):
            return asker
        seen = await self._judge.see(asker, request.target, find_approvers=False)
        refusals = judge_again(request, seen)
        if refusals or request.status is Status.PENDING:
            return refusals
        return await self._judge_votes(request, seen)

    async def votes_that_count(self, votes: Sequence[Vote], approval: Approval) -> tuple[Vote, ...]:
        """The votes of those who may still decide: enabled, approvers now, and nothing known against their account."""
        able = await self._judge.who_still_decides(approval, (vote.principal_id for vote in votes))
        return tuple([vote for vote in votes if vote.principal_id in able and not await self._is_barred(vote)])

    async def _asker(self, request: Request) -> Person | tuple[Refusal, ...]:
        try:
            person = await self._identity.person(request.requester)
        except Refused as refused:
            return refused.refusals
        if request.requester_chat is None:
            return person
        obstacle = await self._identity.known_against(request.requester_chat, request.requester)
        return (obstacle,) if obstacle else person

    async def _judge_votes(self, request: Request, seen: Circumstances) -> tuple[Refusal, ...]:
        if request.quorum == 0 or not approval_is_needed(request.target, seen):
            return ()
        approval = approval_for(seen.book, seen.organization, request.target)
        async with self._open_unit() as unit:
            votes = await unit.votes.of(request.id)
        approving = [vote for vote in votes if vote.verdict is Verdict.APPROVE]
        refusal = too_few_votes(approval, await self.votes_that_count(approving, approval), request.requester)
        return (refusal,) if refusal else ()

    async def _is_barred(self, vote: Vote) -> bool:
        voter: PrincipalId = vote.principal_id
        return vote.chat_user is not None and await self._identity.known_against(vote.chat_user, voter) is not None
