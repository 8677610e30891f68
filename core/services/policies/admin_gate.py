"""Lets admins through and nobody else (rule 2: Identity Center alone says who is one)."""

from dataclasses import dataclass

from core.domain.audit import AuditEvent
from core.domain.errors import Reason, Refusal, Refused
from core.domain.people import ChatUser, Person, Persona
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.domain.visibility import personas
from core.ports import Clock, OpenUnit
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.policies.names import CurrentNames, NameLookup


@dataclass(frozen=True, slots=True)
class AdminContext:
    """An admin, the policies as they are now, and what everything in them is called."""

    person: Person
    book: PolicyBook
    names: CurrentNames

    @property
    def actor(self) -> Actor:
        return Actor(self.person.principal.name, self.person.id, self.person.chat_user)


class AdminGate:
    def __init__(
        self,
        open_unit: OpenUnit,
        identity: Identity,
        policy_context: PolicyContext,
        name_lookup: NameLookup,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._identity = identity
        self._policy_context = policy_context
        self._name_lookup = name_lookup

    async def require(self, chat_user: ChatUser, *, fresh: bool = True, acts: bool = False) -> AdminContext:
        """Raise Refused for anybody else. ``fresh`` asks AWS for the groups held now: for all but a type-ahead.

        ``acts``: to change something, and not to look; a refusal is audited then (rule 23).
        """
        person = await self._identity.identify(chat_user, fresh=fresh)
        rules = await self._policy_context.rules()
        refusal = _objection(person, rules.book)
        if refusal is not None:
            if acts:
                await self._note(person, rules.book, refusal)
            raise Refused(refusal)
        return AdminContext(person, rules.book, await self._name_lookup.names(rules.organization))

    async def is_still_admin(self, author: Actor) -> bool:
        """True if somebody who acted as an admin may still do so. Raises Upstream when it cannot be known.

        An author without a principal is an operator at the command line, who needs no group.
        """
        if author.principal_id is None:
            return True
        try:
            person = await self._identity.person(author.principal_id)
        except Refused:
            return False
        if author.chat_user is not None and await self._identity.known_against(author.chat_user, person.id):
            return False
        rules = await self._policy_context.rules()
        return Persona.ADMIN in personas(rules.book, person)

    async def _note(self, person: Person, book: PolicyBook, refusal: Refusal) -> None:
        actor = Actor(person.principal.name, person.id, person.chat_user)
        facts = {"reasons": [refusal.reason.value]}
        async with self._open_unit() as unit:
            event = AuditEvent("policies.refused", self._clock.now(), actor, None, book.revision, facts)
            await unit.refusals.note(event, refusal.reason.value)
            await unit.commit()


def _objection(person: Person, book: PolicyBook) -> Refusal | None:
    if person.only_asks:
        return Refusal(person.barred_by or Reason.SECOND_ACCOUNT)
    is_admin = Persona.ADMIN in personas(book, person)
    return None if is_admin else Refusal(Reason.NOT_PERMITTED, detail="admins")
