"""Reads what a card shows about a request, at the moment it is drawn."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from core.domain.approval import Approval, Vote, approval_for
from core.domain.conversations import Place, platform_of
from core.domain.display_names import told_apart
from core.domain.errors import Upstream
from core.domain.extensions import OPEN, siblings
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser, Pin, PinState, Principal
from core.domain.policy import PolicyBook
from core.domain.request import LIVE, Request, digest
from core.ports import Card, Clock, MessageRef, OpenUnit
from core.services.context.lapsed_votes import LapsedVotes
from core.services.context.policy_context import PolicyContext, RulesSnapshot

RECENT = timedelta(days=30)
MOST_LIVE = 20
MOST_OPEN = 200


@dataclass(frozen=True, slots=True)
class Deciding:
    """Those who can still decide on a request, under the policies of now, by name."""

    people: tuple[str, ...]
    """Of the groups."""
    personal: tuple[str, ...]
    """Named by the policies themselves."""
    groups: tuple[str, ...]
    account_path: tuple[str, ...]
    lapsed: frozenset[PrincipalId]
    """Those who decided earlier and may not any more (rule 11)."""


class CardReader:
    """The facts of a card. What AWS cannot tell at the moment is left out rather than waited for."""

    def __init__(
        self,
        open_unit: OpenUnit,
        is_known_gone: Callable[[ChatUser], bool],
        policy_context: PolicyContext,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._policy_context = policy_context
        self._clock = clock
        self._lapsed_votes = LapsedVotes(open_unit, is_known_gone, policy_context)

    async def read(self, request: Request, platform: str = "") -> Card:
        """``platform``: where it is shown; without one it names no chat account."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            book = await unit.policies.current()
            votes = await unit.votes.of(request.id)
            pins = await unit.pins.of_principal(request.requester)
            recent = await unit.requests.count_since(request.requester, request.target, now - RECENT)
            others = await unit.requests.of_requester(request.requester, limit=MOST_LIVE, statuses=LIVE)
            extends = await unit.requests.get(request.extends) if request.extends else None
            together = await unit.requests.asked_with(request)
            open_ones: Sequence[Request] = ()
            if request.revoked_by:
                open_ones = await unit.requests.of_requester(request.requester, limit=MOST_OPEN, statuses=OPEN)
        deciding = await self._deciding(request, book, votes)
        return Card(
            request=request,
            votes=votes,
            approver_names=deciding.people,
            personal_names=deciding.personal,
            group_names=deciding.groups,
            account_path=deciding.account_path,
            recent_requests=recent,
            live_elsewhere=tuple(other for other in others if other.id != request.id),
            extends=extends,
            requester_users=_accounts(request, pins, platform),
            digest=digest(request),
            now=now,
            lapsed=deciding.lapsed,
            siblings=tuple(one for one in siblings(request, open_ones) if not one.unjudged),
            together=tuple(one for one in together if one.id != request.id),
        )

    async def deciding(self, request: Request) -> Deciding:
        """Only who can still decide: for an answer that somebody waits for."""
        async with self._open_unit() as unit:
            book, votes = await unit.policies.current(), await unit.votes.of(request.id)
        return await self._deciding(request, book, votes)

    async def _deciding(self, request: Request, book: PolicyBook, votes: Sequence[Vote]) -> Deciding:
        rules = await self._rules(book)
        approval, approvers, path = await self._organization_facts(request, rules)
        lapsed = await self._lapsed_votes.lapsed(request, votes, rules, fresh=True) if rules else frozenset()
        people = told_apart({principal.user_name: principal.name for principal in approvers})
        decided = {vote.principal_id for vote in votes if vote.principal_id not in lapsed}
        left = [principal for principal in approvers if principal.id not in {request.requester, *decided}]
        groups = told_apart({group: book.label(group) for group in approval.groups})
        return Deciding(
            people=tuple(people[p.user_name] for p in left if p.id not in approval.users),
            personal=tuple(people[p.user_name] for p in left if p.id in approval.users),
            groups=tuple(sorted(groups[group] for group in approval.groups)),
            account_path=path,
            lapsed=lapsed,
        )

    async def read_all(self, requests: Sequence[Request], platform: str = "") -> Card:
        """The card of requests that are shown in one message: that of the first, with those of the others."""
        first, *others = [await self.read(request, platform) for request in requests]
        return replace(first, others=tuple(others))

    async def approvers(self, request: Request) -> tuple[Principal, ...]:
        """Enabled approvers of the request as the policies are now, the requester left out."""
        rules = await self._policy_context.rules()
        approval = approval_for(rules.book, rules.organization, request.target)
        found = await self._policy_context.approvers(approval)
        return tuple(principal for principal in found if principal.id != request.requester)

    async def _rules(self, book: PolicyBook) -> RulesSnapshot | None:
        try:
            return await self._policy_context.with_organization(book)
        except Upstream:
            return None

    async def _organization_facts(
        self, request: Request, rules: RulesSnapshot | None
    ) -> tuple[Approval, tuple[Principal, ...], tuple[str, ...]]:
        if rules is None:
            return Approval(), (), ()
        approval = approval_for(rules.book, rules.organization, request.target)
        path = rules.organization.path(request.target.account)
        try:
            approvers = await asyncio.wait_for(self._policy_context.approvers(approval), timeout=5)
        except (Upstream, TimeoutError):
            approvers = ()
        return approval, approvers, path


def card_for(cards: Mapping[Place, MessageRef], reader: Place) -> MessageRef | None:
    """The card that a reader can open: the reader's own, else one in a channel of the same platform."""
    platform = platform_of(reader)
    channels = (place for place in cards if not isinstance(place, ChatUser) and platform_of(place) == platform)
    return cards.get(reader) or next((cards[channel] for channel in channels), None)


def _accounts(request: Request, pins: Iterable[Pin], platform: str) -> tuple[ChatUser, ...]:
    """The account that asked, and no other; on another platform, those that stand for the requester there."""
    asked_with = request.requester_chat
    if asked_with is not None and asked_with.platform == platform:
        return (asked_with,)
    return tuple(pin.chat_user for pin in pins if pin.state is PinState.ACTIVE and pin.chat_user.platform == platform)
