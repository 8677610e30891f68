"""Votes on a pending request that no longer count, for anyone who looks at it (rule 11). Nothing is decided by it."""

import asyncio
from collections.abc import Callable, Sequence

from core.domain.approval import Vote, approval_for
from core.domain.errors import Upstream
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser, speaks_for
from core.domain.request import Request, Status
from core.ports import OpenUnit
from core.services.context.policy_context import PolicyContext, RulesSnapshot

PATIENCE = 5.0
"""Seconds that a picture waits for AWS."""


class LapsedVotes:
    """Looks at the voters of requests that wait. What cannot be known now is not said."""

    def __init__(
        self, open_unit: OpenUnit, is_known_gone: Callable[[ChatUser], bool], policy_context: PolicyContext
    ) -> None:
        """``is_known_gone``: true of a chat account that was last seen deactivated; nobody is asked for it."""
        self._open_unit = open_unit
        self._is_known_gone = is_known_gone
        self._policy_context = policy_context

    async def lapsed(
        self, request: Request, votes: Sequence[Vote], rules: RulesSnapshot, *, fresh: bool
    ) -> frozenset[PrincipalId]:
        """Voters who may decide no longer; none once the request is decided."""
        voters = frozenset(vote.principal_id for vote in votes)
        if not voters or request.status is not Status.PENDING:
            return frozenset()
        approval = approval_for(rules.book, rules.organization, request.target)
        barred = await self._barred(votes)
        try:
            asked = self._policy_context.who_still_decides(approval, voters - barred, fresh=fresh)
            return voters - await asyncio.wait_for(asked, PATIENCE)
        except (Upstream, TimeoutError):
            return barred

    async def _barred(self, votes: Sequence[Vote]) -> frozenset[PrincipalId]:
        async with self._open_unit() as unit:
            pins = [(vote, await unit.pins.get(vote.chat_user)) for vote in votes if vote.chat_user is not None]
        suspended = (vote.principal_id for vote, pin in pins if not speaks_for(pin, vote.principal_id))
        gone = (vote.principal_id for vote in votes if vote.chat_user and self._is_known_gone(vote.chat_user))
        return frozenset((*suspended, *gone))
