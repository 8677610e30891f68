"""Requests that wait for one approver (rules 10 to 12): oldest first, whatever else is pending."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.approval import Vote, approval_for
from core.domain.errors import Reason, Refusal, Refused
from core.domain.ids import PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.people import ChatUser, Person, Persona
from core.domain.policy import PolicyBook
from core.domain.request import LIVE, Request
from core.domain.search import Cursor, Search
from core.domain.visibility import personas
from core.ports import Clock, OpenUnit
from core.services.context.identity import Identity
from core.services.context.lapsed_votes import LapsedVotes
from core.services.context.policy_context import PolicyContext, RulesSnapshot

PAGE = 10
BATCH = 200
"""Pending requests looked at in one reading."""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A request that waits, with the decisions so far, and the one that it prolongs."""

    request: Request
    votes: Sequence[Vote]
    extends: Request | None
    lapsed: frozenset[PrincipalId] = frozenset()
    """Voters who may decide no longer: their approvals do not count (rule 11)."""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """``more``: there are later ones."""

    awaiting: Sequence[Awaiting]
    more: bool


@dataclass(frozen=True, slots=True)
class LivePage:
    """``more``: there are older ones."""

    requests: Sequence[Request]
    more: bool


class PendingApprovals:
    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock
        self._lapsed_votes = LapsedVotes(open_unit, identity.is_known_gone, policy_context)

    async def of_user(self, chat_user: ChatUser, after: RequestId | None = None) -> WaitingPage:
        """The requests that this chat user may decide. Raises Refused for whoever decides about nothing."""
        person = await self._identity.identify(chat_user, taking_away=True)
        async with self._open_unit() as unit:
            book = await unit.policies.current()
        if Persona.APPROVER not in personas(book, person):
            raise Refused(Refusal(Reason.NOT_PERMITTED, detail="approvers"))
        return await self.of_person(person, after)

    async def of_person(self, person: Person, after: RequestId | None = None) -> WaitingPage:
        """A page of what this person, in the groups held now, may decide."""
        rules = await self._policy_context.rules()
        found = await self._find(rules, person, after, PAGE + 1)
        async with self._open_unit() as unit:
            shown = [
                Awaiting(
                    request,
                    await unit.votes.of(request.id),
                    await unit.requests.get(request.extends) if request.extends else None,
                )
                for request in found[:PAGE]
            ]
        counted = await asyncio.gather(*(self._counted(rules, awaiting) for awaiting in shown))
        return WaitingPage(tuple(counted), more=len(found) > PAGE)

    async def live(self, person: Person, before: RequestId | None = None) -> LivePage:
        """Access of others that is live and that this person, in the groups held now, may end; newest first."""
        rules = await self._policy_context.rules()
        decides, found = _Decides(rules, person), list[Request]()
        async with self._open_unit() as unit:
            first = await unit.requests.get(before) if before else None
        place = Cursor.of(first) if first else None
        while len(found) <= PAGE:
            async with self._open_unit() as unit:
                batch = await unit.requests.search(Search(statuses=LIVE), limit=BATCH, before=place)
            found += [one for one in batch if one.requester != person.id and decides.about(one.target)]
            if len(batch) < BATCH:
                break
            place = Cursor.of(batch[-1])
        return LivePage(tuple(found[:PAGE]), more=len(found) > PAGE)

    async def _counted(self, rules: RulesSnapshot, awaiting: Awaiting) -> Awaiting:
        """Says which of the votes count no longer, as far as that is at hand: a list waits for nothing."""
        lapsed = await self._lapsed_votes.lapsed(awaiting.request, awaiting.votes, rules, fresh=False)
        return replace(awaiting, lapsed=lapsed) if lapsed else awaiting

    async def _find(self, rules: RulesSnapshot, person: Person, after: RequestId | None, most: int) -> list[Request]:
        now = self._clock.now()
        decides = _Decides(rules, person)
        found: list[Request] = []
        while len(found) < most:
            batch = await self._undecided(person, now, after)
            found += [request for request in batch if decides.about(request.target)]
            if len(batch) < BATCH:
                break
            after = batch[-1].id
        return found[:most]

    async def _undecided(self, person: Person, now: datetime, after: RequestId | None) -> Sequence[Request]:
        async with self._open_unit() as unit:
            return await unit.requests.undecided(person.id, now, limit=BATCH, after=after)


class _Decides:
    """The targets that one person decides about: each target is judged once, however many ask for it."""

    def __init__(self, rules: RulesSnapshot, person: Person) -> None:
        self._book: PolicyBook = rules.book
        self._organization = rules.organization
        self._person = person
        self._known: dict[Target, bool] = {}

    def about(self, target: Target) -> bool:
        if target not in self._known:
            approval = approval_for(self._book, self._organization, target)
            self._known[target] = approval.includes(self._person)
        return self._known[target]
