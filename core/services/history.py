"""What is read: own requests, one request whole, who one is (rules 2 and 22)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.approval import Approval, Vote, approval_for
from core.domain.audit import Sealed
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.people import ChatUser, Person, Persona
from core.domain.request import Request
from core.domain.visibility import may_cancel, may_revoke, may_see, personas
from core.ports import MessageRef, OpenUnit, PrincipalDirectory
from core.services.identity import Identity
from core.services.judging import Judge
from core.services.organizations import Organizations

PAGE = 10


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One audit event of a request, as it is told."""

    action: str
    at: datetime
    actor_name: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request, with everything this reader may know and do."""

    request: Request
    votes: Sequence[Vote]
    events: Sequence[HistoryEvent]
    approval: Approval
    group_names: Sequence[str]
    approver_names: Sequence[str]
    account_path: Sequence[str]
    card: MessageRef | None
    may_cancel: bool
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class Page:
    """``next_before`` is where the next page begins; None on the last."""

    requests: Sequence[Request]
    next_before: RequestId | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Who a person is here."""

    person: Person
    personas: frozenset[Persona]
    group_names: Sequence[str]


class History:
    def __init__(
        self,
        open_unit: OpenUnit,
        identity: Identity,
        judge: Judge,
        organizations: Organizations,
        directory: PrincipalDirectory,
    ) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._judge = judge
        self._organizations = organizations
        self._directory = directory

    async def own(self, chat_user: ChatUser, before: RequestId | None = None) -> Page:
        """Own requests, newest first, ten a page."""
        person = await self._identity.identify(chat_user)
        async with self._open_unit() as unit:
            found = await unit.requests.of_requester(person.id, limit=PAGE + 1, before=before)
        shown = tuple(found[:PAGE])
        return Page(shown, shown[-1].id if len(found) > PAGE else None)

    async def request(self, request_id: RequestId) -> Request | None:
        """A request for whoever has just acted on it."""
        async with self._open_unit() as unit:
            return await unit.requests.get(request_id)

    async def show(self, chat_user: ChatUser, request_id: RequestId) -> RequestView:
        """One request whole; NotFound when it is unknown or not for this person, the two never told apart."""
        person = await self._identity.identify(chat_user)
        rules = await self._judge.rules()
        async with self._open_unit() as unit:
            request = await unit.requests.get(request_id)
            votes = await unit.votes.of(request_id)
            events = await unit.audit.of_request(request_id)
            cards = await unit.cards.of(request_id)
        if request is None or not may_see(rules.book, rules.organization, person, request):
            raise NotFound
        approval = approval_for(rules.book, rules.organization, request.target)
        approvers = await self._judge.approvers(approval)
        return RequestView(
            request=request,
            votes=votes,
            events=tuple(_event(sealed) for sealed in events),
            approval=approval,
            group_names=tuple(sorted(rules.book.label(group) for group in approval.groups)),
            approver_names=tuple(p.name for p in approvers if p.id != request.requester),
            account_path=rules.organization.path(request.target.account),
            card=next(iter(cards.values()), None),
            may_cancel=may_cancel(person, request) is None,
            may_revoke=may_revoke(rules.book, rules.organization, person, request) is None,
        )

    async def standing(self, chat_user: ChatUser) -> Standing:
        """Who this chat user is: principal, groups, personas."""
        person = await self._identity.identify(chat_user)
        async with self._open_unit() as unit:
            book = await unit.policies.current()
        names = {group.id: group.name for group in await self._directory.groups()}
        groups = tuple(sorted(names.get(group, group) for group in person.groups))
        return Standing(person, personas(book, person), groups)


def _event(sealed: Sealed) -> HistoryEvent:
    body = json.loads(sealed.body)
    return HistoryEvent(body["action"], datetime.fromisoformat(body["at"]), body["actor"]["name"], body["facts"])
