"""Favourites of a person: what they can ask for with one press, as far as it may be asked for now (rule 22)."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.evaluation import eligibility, never_granted
from core.domain.favourites import MOST_STARRED, Favourite, favourites
from core.domain.organization import Target
from core.domain.people import ChatUser, Person
from core.ports import Clock, OpenUnit
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext, RulesSnapshot

LOOKED_AT = 50
"""Requests of a person, from the newest, among which those asked for last are found."""


@dataclass(frozen=True, slots=True)
class NamedFavourite:
    """A favourite, and what its target is called now."""

    favourite: Favourite
    account_name: str
    permission_set_name: str


class Favourites:
    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock

    async def of(self, person: Person) -> Sequence[NamedFavourite]:
        """Those that this person, in the groups held now, may ask for: starred ones first."""
        rules = await self._policy_context.rules()
        async with self._open_unit() as unit:
            starred = await unit.stars.of(person.id)
            asked = await unit.requests.of_requester(person.id, limit=LOOKED_AT)
        open_ones = [target for target in starred if _is_open(rules, person, target)]
        recent = (request.target for request in asked if _is_open(rules, person, request.target))
        return [_named(rules, each) for each in favourites(open_ones, recent)]

    async def star(self, chat_user: ChatUser, target: Target) -> None:
        """Raises Refused for what this person may not ask for, whether it exists or not."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        if not _is_open(rules, person, target):
            raise Refused(Refusal(Reason.NOT_ELIGIBLE, Field.PERMISSION_SET))
        async with self._open_unit() as unit:
            await unit.stars.put(person.id, target, self._clock.now())
            for first in (await unit.stars.of(person.id))[MOST_STARRED:]:
                await unit.stars.remove(person.id, first)
            await unit.commit()

    async def unstar(self, chat_user: ChatUser, target: Target) -> None:
        person = await self._identity.identify(chat_user)
        async with self._open_unit() as unit:
            await unit.stars.remove(person.id, target)
            await unit.commit()


def _is_open(rules: RulesSnapshot, person: Person, target: Target) -> bool:
    organization = rules.organization
    account = organization.accounts.get(target.account)
    if account is None or not account.active or target.permission_set not in organization.permission_sets:
        return False
    barred = never_granted(organization, rules.book.settings, target)
    return barred is None and eligibility(rules.book, organization, person, target) is not None


def _named(rules: RulesSnapshot, favourite: Favourite) -> NamedFavourite:
    target, organization = favourite.target, rules.organization
    permission_set = organization.permission_sets[target.permission_set]
    return NamedFavourite(favourite, organization.label_of(target.account), permission_set.name)
