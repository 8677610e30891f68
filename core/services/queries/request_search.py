"""Looking through requests, a page at a time: auditors and admins through all of them, approvers through what they see.

What somebody sees is resolved again for each page (rule 22).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

import structlog

from core.domain.audit import AuditEvent
from core.domain.errors import Reason, Refusal, Refused, Upstream, UpstreamBusy
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId, RequestId
from core.domain.organization import Account, PermissionSet
from core.domain.people import ChatUser, Person, Persona, Principal
from core.domain.request import LIVE, TRANSITIONS, Actor, Event, Request
from core.domain.search import Cursor, Key, ParsedSearch, Search, names_one, read_search, write_search
from core.domain.visibility import VisibleRequests, may_revoke, personas, sees_everything, visible_requests
from core.ports import Clock, OpenUnit, PrincipalDirectory
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.context.type_ahead import best_matches
from core.services.queries.offered_accounts import AccountChoice

PAGE = 10
ONLY_FOR = "auditors and admins"
_SEARCHERS = "approvers, auditors and admins"
_SEARCH_REFUSED = "search.refused"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page, newest first. ``newer`` and ``older``: where the next pages begin, where there are any."""

    search: Search
    requests: Sequence[Request]
    newer: Cursor | None = None
    older: Cursor | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """The names of the ids in the search."""
    unknown: Sequence[str] = ()
    """Addresses in the search that nobody has now: requests carry names and ids, so they find nobody who has left."""
    endable: frozenset[RequestId] = frozenset()
    """Of these requests, the live ones that the reader may end."""
    reader: PrincipalId | None = None
    is_of_all: bool = True
    """False for an approver, who searches among what they see."""


@dataclass(frozen=True, slots=True)
class SearchReader:
    """Somebody who searches. ``sees``: the requests that they search among; None: all of them."""

    person: Person
    sees: VisibleRequests | None


class RequestSearch:
    """``look`` opens a unit of work that only reads: nobody waits for a search that takes its time."""

    def __init__(
        self,
        look: OpenUnit,
        open_unit: OpenUnit,
        identity: Identity,
        policy_context: PolicyContext,
        directory: PrincipalDirectory,
        clock: Clock,
    ) -> None:
        self._look = look
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._directory = directory
        self._clock = clock

    @property
    def today(self) -> date:
        """The day that days count from, in UTC."""
        return self._clock.now().date()

    def read(self, typed: str) -> ParsedSearch:
        return read_search(typed, self.today)

    async def reader(self, chat_user: ChatUser) -> SearchReader:
        """The searcher, known for a minute at most (rule 2); somebody who is to be refused is read again first."""
        with suppress(Refused):
            person = await self._identity.identify(chat_user)
            return await self._sight(person)
        return await self.confirmed_reader(chat_user)

    async def confirmed_reader(self, chat_user: ChatUser) -> SearchReader:
        """The same, read again; Refused, and on record, for somebody who decides about nothing (rules 22 and 23)."""
        person = await self._identity.identify(chat_user, fresh=True)
        try:
            return await self._sight(person)
        except Refused:
            await self._note(person, chat_user, _SEARCH_REFUSED)
            raise

    async def reader_again(self, person: Person) -> SearchReader:
        """Somebody who was let in before, as they are now."""
        if person.chat_user is None:
            raise Refused(Refusal(Reason.NOT_PERMITTED, detail=_SEARCHERS))
        return await self.reader(person.chat_user)

    async def _sight(self, person: Person) -> SearchReader:
        async with self._look() as unit:
            book = await unit.policies.current()
        if sees_everything(book, person):  # AWS need not answer for them
            return SearchReader(person, None)
        if Persona.APPROVER not in personas(book, person):
            raise Refused(Refusal(Reason.NOT_PERMITTED, detail=_SEARCHERS))
        rules = await self._policy_context.rules()
        return SearchReader(person, visible_requests(rules.book, rules.organization, person))

    async def allowed(self, chat_user: ChatUser, refused: str) -> Person:
        """Somebody who sees everything, known for a minute at most; whoever is to be refused is read again first."""
        with suppress(Refused):
            person = await self._identity.identify(chat_user)
            async with self._look() as unit:
                if sees_everything(await unit.policies.current(), person):
                    return person
        return await self.confirmed(chat_user, refused)

    async def confirmed(self, chat_user: ChatUser, refused: str) -> Person:
        """The same, read again; Refused, and on record as ``refused``, when not for them (rules 22 and 23)."""
        person = await self._identity.identify(chat_user, fresh=True)
        async with self._look() as unit:
            book = await unit.policies.current()
        if sees_everything(book, person):
            return person
        await self._note(person, chat_user, refused)
        raise Refused(Refusal(Reason.NOT_PERMITTED, detail=ONLY_FOR))

    async def _note(self, person: Person, chat_user: ChatUser, refused: str) -> None:
        actor = Actor(person.principal.name, person.id, chat_user)
        async with self._open_unit() as unit:
            await unit.refusals.note(AuditEvent(refused, self._clock.now(), actor), "")
            await unit.commit()

    async def page(
        self, chat_user: ChatUser, search: Search, *, before: Cursor | None = None, after: Cursor | None = None
    ) -> SearchPage:
        """One page of what fits: the newest, or the one older than ``before`` or newer than ``after``.

        Refused for an address while AWS is away: everything else is found without it.
        """
        reader = await self.reader(chat_user)
        log.info("requests searched", by=reader.person.id, search=write_search(search))
        try:
            resolved = await self.resolved(search)
        except UpstreamBusy:
            addresses = ", ".join(value for value in (*search.people, *search.approvers) if "@" in value)
            raise Refused(Refusal(Reason.ADDRESS_NOT_LOOKED_UP, detail=addresses)) from None
        async with self._look() as unit:
            found = await unit.requests.search(resolved, limit=PAGE + 1, before=before, after=after, among=reader.sees)
        more = len(found) > PAGE
        shown = found[:PAGE] if after is None else found[-PAGE:]
        has_newer = more if after is not None else before is not None
        has_older = more if after is None else True
        return SearchPage(
            search,
            shown,
            newer=Cursor.of(shown[0]) if shown and has_newer else None,
            older=Cursor.of(shown[-1]) if shown and has_older else None,
            names=await self._names(reader, search),
            unknown=[] if reader.sees else unknown_addresses(resolved),
            endable=await self._endable(reader, shown),
            reader=reader.person.id,
            is_of_all=reader.sees is None,
        )

    async def _endable(self, reader: SearchReader, shown: Sequence[Request]) -> frozenset[RequestId]:
        """Those that the reader could end now, as far as that is known: while AWS is away Details has the button."""
        live = [request for request in shown if (request.status, Event.REVOKE) in TRANSITIONS]
        if not live:
            return frozenset()
        with suppress(Upstream):
            rules = await self._policy_context.rules()
            person = reader.person
            return frozenset(r.id for r in live if may_revoke(rules.book, rules.organization, person, r) is None)
        return frozenset()

    async def live(self, chat_user: ChatUser, limit: int) -> Sequence[Request]:
        """Everything that is live now, newest first; nothing for whoever may not see it."""
        person = await self._identity.identify(chat_user)
        async with self._look() as unit:
            if not sees_everything(await unit.policies.current(), person):
                return ()
            return await unit.requests.search(Search(statuses=LIVE), limit=limit)

    async def resolved(self, search: Search) -> Search:
        """The same with e-mail addresses and user names replaced by the people they lead to."""
        return replace(
            search, people=await self._people_of(search.people), approvers=await self._people_of(search.approvers)
        )

    async def _people_of(self, values: Sequence[str]) -> tuple[str, ...]:
        people: list[str] = []
        for value in values:
            found = await self._directory.principals_of_email(value) if "@" in value else ()
            people += [principal.id for principal in found] or [value]
        return tuple(people)

    async def names_for(self, chat_user: ChatUser, search: Search) -> dict[str, str]:
        """The names of the ids in a search, for whoever may search; Refused for others, as ``page`` is."""
        return await self._names(await self.reader(chat_user), search)

    async def _names(self, reader: SearchReader, search: Search) -> dict[str, str]:
        """The names of the ids in a search, as far as that is known: while AWS is away an id is as good.

        An approver is told the names of targets that they decide about, and their own: the others stay ids.
        """
        names: dict[str, str] = {}
        with suppress(Upstream):
            accounts, sets = await self._offered(reader)
            names |= {known: accounts[known].name for known in map(AccountId, search.accounts) if known in accounts}
            names |= {arn: sets[arn].name for arn in map(PermissionSetArn, search.permission_sets) if arn in sets}
            sought = {*search.people, *search.approvers}
            if reader.sees is not None:
                return names | ({reader.person.id: reader.person.principal.name} if reader.person.id in sought else {})
            for value in filter(_is_user, sought):
                principal = await self._directory.principal(PrincipalId(value))
                names |= {value: principal.name} if principal is not None else {}
        return names

    async def _offered(
        self, reader: SearchReader
    ) -> tuple[Mapping[AccountId, Account], Mapping[PermissionSetArn, PermissionSet]]:
        """The accounts and permission sets that the reader may look for by name."""
        organization = (await self._policy_context.rules()).organization
        accounts, sets = organization.accounts, organization.permission_sets
        if reader.sees is None:
            return accounts, sets
        seen = frozenset().union(*(targets.accounts for targets in reader.sees.targets))
        named = frozenset().union(*(targets.permission_sets or sets.keys() for targets in reader.sees.targets))
        return (
            {account: accounts[account] for account in seen & accounts.keys()},
            {arn: sets[arn] for arn in named & sets.keys()},
        )

    # --- type-ahead: it offers nothing that the reader could not find (rule 22) ----------------------------------

    async def people(self, chat_user: ChatUser, typed: str) -> Sequence[Principal]:
        """Users of Identity Center by name or address; an approver types a name."""
        if (await self._chooser(chat_user)).sees is not None:
            return ()
        everybody = sorted(await self._directory.everybody(), key=lambda principal: principal.name.casefold())
        return best_matches(everybody, typed, lambda found: (found.name, found.user_name, *found.emails))

    async def accounts(self, chat_user: ChatUser, typed: str) -> Sequence[AccountChoice]:
        offered, _ = await self._offered(await self._chooser(chat_user))
        organization = (await self._policy_context.rules()).organization
        choices = [AccountChoice(found, organization.path(found.id)) for found in offered.values()]
        choices.sort(key=lambda choice: (choice.account.name.casefold(), choice.account.id))
        return best_matches(choices, typed, lambda choice: (choice.account.name, choice.account.id, *choice.path))

    async def permission_sets(self, chat_user: ChatUser, typed: str) -> Sequence[PermissionSet]:
        _, offered = await self._offered(await self._chooser(chat_user))
        choices = sorted(offered.values(), key=lambda choice: choice.name.casefold())
        return best_matches(choices, typed, lambda choice: (choice.name, choice.description))

    async def _chooser(self, chat_user: ChatUser) -> SearchReader:
        """The person who fills in the form: a key that is typed leaves no trace on record."""
        return await self._sight(await self._identity.identify(chat_user))


def unknown_addresses(resolved: Search) -> list[str]:
    """Addresses in it that lead to nobody now."""
    return [value for value in (*resolved.people, *resolved.approvers) if "@" in value]


def _is_user(value: str) -> bool:
    return names_one(Key.PERSON, value)
