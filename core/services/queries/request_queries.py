"""Queries about requests: own requests, one request whole, who one is (rules 2 and 22)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.domain.approval import approval_for, may_decide
from core.domain.audit import Sealed
from core.domain.errors import NotFound
from core.domain.ids import PrincipalId, RequestId
from core.domain.people import ChatUser, Person, Persona
from core.domain.request import TRANSITIONS, Event, Request, Status, digest
from core.domain.visibility import may_cancel, may_revoke, may_see, personas
from core.ports import Card, MessageRef, OpenUnit, PrincipalDirectory
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext, RulesSnapshot
from core.services.notifications.request_card import CardReader, card_for

PAGE = 10


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request whole, and what this reader may do with it."""

    card: Card
    events: Sequence[Sealed]
    place: MessageRef | None
    """A card that the reader can open."""
    is_own: bool
    may_decide: bool
    may_cancel: bool
    may_revoke: bool
    end_all: Sequence[Request] = ()
    """This and the others of its submission that the reader may end now; empty where there is no other."""


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One page of requests; ``more``: there are older ones."""

    reader: PrincipalId
    requests: Sequence[Request]
    more: bool


@dataclass(frozen=True, slots=True)
class NamedApprovers:
    """The approvers of a request under the policies of now, by name."""

    people: Sequence[str]
    """Of the groups."""
    groups: Sequence[str]
    personal: Sequence[str]
    """Named by the policies themselves."""
    quorum: int


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """A person's identity here."""

    person: Person
    personas: frozenset[Persona]
    group_names: Sequence[str]
    asks_for_groups: bool = False
    """True where membership of groups may be asked for at all."""


class RequestQueries:
    def __init__(
        self,
        open_unit: OpenUnit,
        identity: Identity,
        policy_context: PolicyContext,
        cards: CardReader,
        directory: PrincipalDirectory,
    ) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._cards = cards
        self._directory = directory

    async def own(self, chat_user: ChatUser, before: RequestId | None = None) -> RequestPage:
        """Own requests, newest first, ten a page."""
        person = await self._identity.identify(chat_user, taking_away=True)
        async with self._open_unit() as unit:
            found = await unit.requests.of_requester(person.id, limit=PAGE + 1, before=before)
        return RequestPage(person.id, tuple(found[:PAGE]), more=len(found) > PAGE)

    async def of_person(
        self, principal: PrincipalId, statuses: Collection[Status], before: RequestId | None = None
    ) -> RequestPage:
        """Requests of somebody who is known to be the reader, of these statuses, newest first, ten a page."""
        async with self._open_unit() as unit:
            found = await unit.requests.of_requester(principal, limit=PAGE + 1, before=before, statuses=statuses)
        return RequestPage(principal, tuple(found[:PAGE]), more=len(found) > PAGE)

    async def request(self, request_id: RequestId) -> Request | None:
        """A request for whoever has just acted on it."""
        async with self._open_unit() as unit:
            return await unit.requests.get(request_id)

    async def known(self, chat_user: ChatUser, request_id: RequestId, seen: str) -> Request:
        """A request for whoever may see it, or has a card of it in front of them: ``seen`` is its digest (rule 13).

        NotFound when it is unknown or not for this person, the two never told apart.
        """
        request = await self.request(request_id)
        if request is not None and seen == digest(request):
            return request
        person = await self._identity.identify(chat_user, taking_away=True)
        rules = await self._policy_context.rules()
        if request is None or not may_see(rules.book, rules.organization, person, request):
            await self._identity.note_foreign(person, request_id, "open")
            raise NotFound
        return request

    async def place(self, request_id: RequestId, reader: ChatUser) -> MessageRef | None:
        """The card of a request that this reader can open, when it has been posted."""
        async with self._open_unit() as unit:
            return card_for(await unit.cards.of(request_id), reader)

    async def own_one(self, chat_user: ChatUser, request_id: RequestId) -> Request:
        """An own request; NotFound for anybody else's."""
        person = await self._identity.identify(chat_user)
        request = await self.request(request_id)
        if request is None or request.requester != person.id:
            await self._identity.note_foreign(person, request_id, "ask again")
            raise NotFound
        return request

    async def deciders(self, request: Request) -> NamedApprovers:
        deciding = await self._cards.deciding(request)
        return NamedApprovers(deciding.people, deciding.groups, deciding.personal, max(request.quorum, 1))

    async def show(self, chat_user: ChatUser, request_id: RequestId) -> RequestView:
        """One request whole; NotFound when it is unknown or not for this person, the two never told apart."""
        person = await self._identity.identify(chat_user, taking_away=True)
        rules = await self._policy_context.rules()
        async with self._open_unit() as unit:
            request = await unit.requests.get(request_id)
            events = await unit.audit.of_request(request_id)
            cards = await unit.cards.of(request_id)
        if request is None or not may_see(rules.book, rules.organization, person, request):
            await self._identity.note_foreign(person, request_id, "show")
            raise NotFound
        card = await self._cards.read(request, chat_user.platform)
        return RequestView(
            card=card,
            events=events,
            place=card_for(cards, chat_user),
            is_own=request.requester == person.id,
            may_decide=self._may_decide(rules, person, card),
            may_cancel=_may_cancel(person, request),
            may_revoke=_may_revoke(rules, person, request),
            end_all=_end_all(rules, person, card),
        )

    def _may_decide(self, rules: RulesSnapshot, person: Person, card: Card) -> bool:
        approval = approval_for(rules.book, rules.organization, card.request.target)
        barred = may_decide(approval, person, card.request.requester, card.votes)
        return card.request.status is Status.PENDING and not card.request.unjudged and barred is None

    async def standing(self, chat_user: ChatUser) -> WhoAmI:
        """The identity of this chat user: principal, groups, personas."""
        person = await self._identity.identify(chat_user, taking_away=True)
        async with self._open_unit() as unit:
            book = await unit.policies.current()
        names = {group.id: group.name for group in await self._directory.groups()}
        groups = tuple(sorted(names.get(group, group) for group in person.groups))
        return WhoAmI(person, personas(book, person), groups, book.settings.group_targets)


def _may_cancel(person: Person, request: Request) -> bool:
    return may_cancel(person, request) is None and (request.status, Event.CANCEL) in TRANSITIONS


def _may_revoke(rules: RulesSnapshot, person: Person, request: Request) -> bool:
    in_time = (request.status, Event.REVOKE) in TRANSITIONS
    return in_time and may_revoke(rules.book, rules.organization, person, request) is None


def _end_all(rules: RulesSnapshot, person: Person, card: Card) -> Sequence[Request]:
    """Those of one submission that the same button ends; its requester withdraws what has not begun."""
    found = tuple(
        one
        for one in sorted((card.request, *card.together), key=lambda each: each.id)
        if _may_revoke(rules, person, one) and not _may_cancel(person, one) and not one.failure
    )
    return found if card.request in found and len(found) > 1 else ()
