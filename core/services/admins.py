"""The door that only admins pass, and what they find behind it (rule 2: Identity Center alone says who is one)."""

from dataclasses import dataclass

from core.domain.errors import Reason, Refusal, Refused
from core.domain.people import ChatUser, Person, Persona
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.domain.visibility import personas
from core.services.identity import Identity
from core.services.judging import Judge
from core.services.naming import Names, Naming


@dataclass(frozen=True, slots=True)
class Seat:
    """An admin, the policies as they are now, and what everything in them is called."""

    person: Person
    book: PolicyBook
    names: Names

    @property
    def actor(self) -> Actor:
        return Actor(self.person.principal.name, self.person.id, self.person.chat_user)


class Admins:
    def __init__(self, identity: Identity, judge: Judge, naming: Naming) -> None:
        self._identity = identity
        self._judge = judge
        self._naming = naming

    async def enter(self, chat_user: ChatUser, *, fresh: bool = True) -> Seat:
        """Raise Refused for anybody else. ``fresh`` asks AWS for the groups held now: for all but a type-ahead."""
        person = await self._identity.identify(chat_user, fresh=fresh)
        if person.only_asks:
            raise Refused(Refusal(Reason.SECOND_ACCOUNT))
        rules = await self._judge.rules()
        if Persona.ADMIN not in personas(rules.book, person):
            raise Refused(Refusal(Reason.NOT_PERMITTED, detail="admins"))
        return Seat(person, rules.book, await self._naming.names(rules.organization))
