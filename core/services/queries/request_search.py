"""Looking through all requests: for auditors and admins, a page at a time (rule 22)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

import structlog

from core.domain.audit import AuditEvent
from core.domain.errors import Reason, Refusal, Refused, Upstream, UpstreamBusy
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import PermissionSet
from core.domain.people import ChatUser, Person, Principal
from core.domain.request import LIVE, Actor, Request
from core.domain.search import Cursor, Key, ParsedSearch, Search, names_one, read_search, write_search
from core.domain.visibility import sees_everything
from core.ports import Clock, OpenUnit, PrincipalDirectory
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.context.type_ahead import best_matches
from core.services.queries.offered_accounts import AccountChoice

PAGE = 10
ONLY_FOR = "auditors and admins"

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

    async def allowed(self, chat_user: ChatUser, refused: str = "search.refused") -> Person:
        """The reader, known for a minute at most (rule 2); somebody who is to be refused is read again first."""
        with suppress(Refused):
            person = await self._identity.identify(chat_user)
            async with self._look() as unit:
                if sees_everything(await unit.policies.current(), person):
                    return person
        return await self.confirmed(chat_user, refused)

    async def confirmed(self, chat_user: ChatUser, refused: str = "search.refused") -> Person:
        """The asker, read again; Refused, and on record as ``refused``, when not for them (rules 22 and 23)."""
        person = await self._identity.identify(chat_user, fresh=True)
        async with self._open_unit() as unit:
            book = await unit.policies.current()
            if sees_everything(book, person):
                return person
            actor = Actor(person.principal.name, person.id, chat_user)
            await unit.refusals.note(AuditEvent(refused, self._clock.now(), actor), "")
            await unit.commit()
        raise Refused(Refusal(Reason.NOT_PERMITTED, detail=ONLY_FOR))

    async def page(
        self, chat_user: ChatUser, search: Search, *, before: Cursor | None = None, after: Cursor | None = None
    ) -> SearchPage:
        """One page of what fits: the newest, or the one older than ``before`` or newer than ``after``.

        Refused for an address while AWS is away: everything else is found without it.
        """
        person = await self.allowed(chat_user)
        log.info("requests searched", by=person.id, search=write_search(search))
        try:
            resolved = await self.resolved(search)
        except UpstreamBusy:
            addresses = ", ".join(value for value in (*search.people, *search.approvers) if "@" in value)
            raise Refused(Refusal(Reason.ADDRESS_NOT_LOOKED_UP, detail=addresses)) from None
        async with self._look() as unit:
            found = await unit.requests.search(resolved, limit=PAGE + 1, before=before, after=after)
        more = len(found) > PAGE
        shown = found[:PAGE] if after is None else found[-PAGE:]
        has_newer = more if after is not None else before is not None
        has_older = more if after is None else True
        return SearchPage(
            search,
            shown,
            newer=Cursor.of(shown[0]) if shown and has_newer else None,
            older=Cursor.of(shown[-1]) if shown and has_older else None,
            names=await self.names(search),
            unknown=[value for value in (*resolved.people, *resolved.approvers) if "@" in value],
        )

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
        await self.allowed(chat_user)
        return await self.names(search)

    async def names(self, search: Search) -> dict[str, str]:
        """The names of the ids in a search, as far as that is known: while AWS is away an id is as good."""
        names: dict[str, str] = {}
        with suppress(Upstream):
            organization = (await self._policy_context.rules()).organization
            accounts, sets = organization.accounts, organization.permission_sets
            names |= {known: accounts[known].name for known in map(AccountId, search.accounts) if known in accounts}
            names |= {arn: sets[arn].name for arn in map(PermissionSetArn, search.permission_sets) if arn in sets}
            for value in filter(_is_user, (*search.people, *search.approvers)):
                principal = await self._directory.principal(PrincipalId(value))
                names |= {value: principal.name} if principal is not None else {}
        return names

    # --- type-ahead: what may be looked for is everything, so it is offered to those alone who see everything ------

    async def people(self, chat_user: ChatUser, typed: str) -> Sequence[Principal]:
        """Users of Identity Center by name or address."""
        await self._may_choose(chat_user)
        everybody = sorted(await self._directory.everybody(), key=lambda principal: principal.name.casefold())
        return best_matches(everybody, typed, lambda found: (found.name, found.user_name, *found.emails))

    async def accounts(self, chat_user: ChatUser, typed: str) -> Sequence[AccountChoice]:
        await self._may_choose(chat_user)
        organization = (await self._policy_context.rules()).organization
        choices = [AccountChoice(found, organization.path(found.id)) for found in organization.accounts.values()]
        choices.sort(key=lambda choice: (choice.account.name.casefold(), choice.account.id))
        return best_matches(choices, typed, lambda choice: (choice.account.name, choice.account.id, *choice.path))

    async def permission_sets(self, chat_user: ChatUser, typed: str) -> Sequence[PermissionSet]:
        await self._may_choose(chat_user)
        choices = list((await self._policy_context.rules()).organization.permission_sets.values())
        choices.sort(key=lambda choice: choice.name.casefold())
        return best_matches(choices, typed, lambda choice: (choice.name, choice.description))

    async def _may_choose(self, chat_user: ChatUser) -> None:
        person = await self._identity.identify(chat_user)
        if not sees_everything((await self._policy_context.rules()).book, person):
            raise Refused(Refusal(Reason.NOT_PERMITTED, detail=ONLY_FOR))


def _is_user(value: str) -> bool:
    return names_one(Key.PERSON, value)
