"""Gathers what an evaluation rests on. The evaluation itself is ``core.domain.evaluation``."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.approval import Approval, approval_for
from core.domain.assignment import may_be_ours
from core.domain.evaluation import EvaluationInput, eligibility
from core.domain.ids import GroupId, PrincipalId
from core.domain.open_requests import open_at
from core.domain.organization import Organization, Target
from core.domain.people import Group, Person, Pin, Principal
from core.domain.policy import PolicyBook
from core.domain.request import Request
from core.ports import AssignmentCloud, Clock, OpenUnit, PrincipalDirectory, TicketMatcher
from core.services.context.organization_cache import OrganizationCache

FOUND_LATELY = timedelta(minutes=15)
"""The age up to which what AWS listed may answer a form. It decides nothing."""
REMEMBERED = 5000
"""People and targets of which it is remembered."""


@dataclass(frozen=True, slots=True)
class RulesSnapshot:
    """The policies and the organization as they are now."""

    book: PolicyBook
    organization: Organization


@dataclass(frozen=True, slots=True)
class _Found:
    """An answer of AWS: others made an assignment, or did not, as of then."""

    at: datetime
    held: bool


class PolicyContext:
    """Reads policies, organization, approvers and AWS for one person and one target."""

    def __init__(
        self,
        open_unit: OpenUnit,
        look: OpenUnit,
        organizations: OrganizationCache,
        directory: PrincipalDirectory,
        cloud: AssignmentCloud,
        clock: Clock,
        matcher: TicketMatcher,
    ) -> None:
        self._open_unit, self._look = open_unit, look
        self._organizations = organizations
        self._directory = directory
        self._cloud = cloud
        self._clock = clock
        self._matcher = matcher
        self._found: OrderedDict[tuple[PrincipalId, Target], _Found] = OrderedDict()
        self._looking: dict[tuple[PrincipalId, Target], asyncio.Event] = {}

    def now(self) -> datetime:
        return self._clock.now()

    async def rules(self) -> RulesSnapshot:
        """Policies are read from storage each time: a change holds at once, on every replica (rule 3)."""
        async with self._look() as unit:
            book = await unit.policies.current()
        return await self.with_organization(book)

    async def with_organization(self, book: PolicyBook) -> RulesSnapshot:
        """The same for policies that were read just now, together with other things."""
        return RulesSnapshot(book, await self._organizations.current())

    async def rules_to_decide_by(self) -> RulesSnapshot:
        """The same for what gives access: UpstreamBusy when the organization was not read lately (rule 3)."""
        organization = await self._organizations.to_decide_by()
        async with self._look() as unit:
            return RulesSnapshot(await unit.policies.current(), organization)

    async def of_person(self, principal: PrincipalId) -> tuple[tuple[Request, ...], tuple[Pin, ...]]:
        """Open requests of somebody, and the chat accounts that are known as theirs."""
        async with self._open_unit() as unit:
            there = open_at(await unit.requests.open_of(principal), self._clock.now())
            return there, tuple(await unit.pins.of_principal(principal))

    async def gather(
        self,
        person: Person,
        target: Target,
        *,
        find_approvers: bool = True,
        rules: RulesSnapshot | None = None,
        holds_already: bool | None = None,
    ) -> EvaluationInput:
        """Everything about one target. Once a request is decided, who could have done so matters no more (rule 7).

        By these rules, or by what may decide. ``holds_already`` where it is known or does not matter (rule 8).
        """
        rules = rules or await self.rules_to_decide_by()
        approval = approval_for(rules.book, rules.organization, target)
        approvers = await self.approvers(approval) if find_approvers else ()
        eligible = eligibility(rules.book, rules.organization, person, target) is not None
        if holds_already is None:
            holds_already = eligible and await self.holds_already(person.id, target)
        return EvaluationInput(
            book=rules.book,
            organization=rules.organization,
            person=person,
            now=self._clock.now(),
            fits=self._matcher.fits,
            already_assigned=holds_already,
            approvers=frozenset(principal.id for principal in approvers),
            group=await self.group(target),
        )

    async def group(self, target: Target) -> Group | None:
        """The group of a target, as known a minute ago at most; None for an account, and for one that is gone."""
        return None if target.group is None else (await self.groups()).get(target.group)

    async def groups(self) -> Mapping[GroupId, Group]:
        """Every group that there is, as known a minute ago at most."""
        return {group.id: group for group in await self._directory.groups()}

    async def approvers(self, approval: Approval) -> tuple[Principal, ...]:
        """Everybody who may decide and is enabled, by name."""
        groups = sorted(approval.groups)
        found = await asyncio.gather(*(self._directory.members_of(group) for group in groups))
        ids = sorted(approval.approvers(dict(zip(groups, found, strict=True))))
        principals = await asyncio.gather(*(self._directory.principal(principal) for principal in ids))
        enabled = (p for p in principals if p is not None and p.enabled)
        return tuple(sorted(enabled, key=lambda principal: (principal.name.casefold(), principal.id)))

    async def who_still_decides(
        self,
        approval: Approval,
        voters: Iterable[PrincipalId],
        *,
        fresh: bool = True,
        since: datetime | None = None,
    ) -> frozenset[PrincipalId]:
        """Those of the voters who are enabled and approvers (rule 11)."""
        ids = tuple(dict.fromkeys(voters))
        able = await asyncio.gather(*(self._may_decide(approval, voter, since, fresh=fresh) for voter in ids))
        return frozenset(voter for voter, may in zip(ids, able, strict=True) if may)

    async def _may_decide(self, approval: Approval, voter: PrincipalId, since: datetime | None, *, fresh: bool) -> bool:
        principal, groups = await asyncio.gather(
            self._directory.principal(voter, fresh=fresh, since=since),
            self._directory.groups_of(voter, fresh=fresh, since=since),
        )
        return principal is not None and principal.enabled and approval.includes(Person(principal, groups))

    async def holds_already(self, principal: PrincipalId, target: Target, *, since: datetime | None = None) -> bool:
        """True if AWS lists an assignment to the principal that this product did not make (rule 8).

        ``since``: what was found after that will do. None: AWS is asked now.
        """
        found = self._found.get((principal, target))
        if since is not None and found is not None and since <= found.at <= self._clock.now():
            return found.held
        looking = self._looking.setdefault((principal, target), asyncio.Event())
        try:
            now = self._clock.now()
            held = await self._is_held(principal, target)
        finally:
            looking.set()
            self._looking.pop((principal, target), None)
        self._found[principal, target] = _Found(now, held)
        self._found.move_to_end((principal, target))
        while len(self._found) > REMEMBERED:
            self._found.popitem(last=False)
        return held

    async def _is_held(self, principal: PrincipalId, target: Target) -> bool:
        async with self._look() as unit:
            known = await unit.assignments.get(principal, target)
        if known is not None and may_be_ours(known, self._clock.now()):
            return False
        return await self._cloud.is_assigned(principal, target)

    async def found_to_hold(self, principal: PrincipalId, target: Target) -> bool | None:
        """The answer that was found here in the last minutes, or is being found now; None where nobody looked."""
        looking = self._looking.get((principal, target))
        if looking is not None:
            await looking.wait()
        found = self._found.get((principal, target))
        return found.held if found is not None and self._clock.now() - found.at <= FOUND_LATELY else None
