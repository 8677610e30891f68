"""Favourites of a person: what they can ask for with one press, as far as it may be asked for now (rule 22).

A target, membership of a group, or a bundle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.domain.errors import Field, Reason, Refusal, Refused, Upstream
from core.domain.evaluation import eligibility, groups_open_to, may_join, never_granted
from core.domain.favourites import MOST_STARRED, Favourite, asked_for, bundle_of, favourites
from core.domain.ids import GroupId
from core.domain.organization import Target
from core.domain.people import ChatUser, Group, Person
from core.ports import Clock, OpenUnit
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext, RulesSnapshot
from core.services.queries.form_options import OfferedBundle, offered_bundle

LOOKED_AT = 50
"""Requests of a person, from the newest, among which those asked for last are found."""


@dataclass(frozen=True, slots=True)
class NamedFavourite:
    """A favourite, and what its target is called now.

    Of a group ``account_name`` is that of the group; of a bundle it is its word, and ``targets`` are how many it has
    for this person.
    """

    favourite: Favourite
    account_name: str
    permission_set_name: str = ""
    targets: int = 1


@dataclass(frozen=True, slots=True)
class _Open:
    """Everything that one person may ask for now. ``groups``: those that they may join."""

    rules: RulesSnapshot
    person: Person
    groups: Mapping[GroupId, Group]
    bundles: Mapping[str, OfferedBundle]

    def includes(self, target: Target) -> bool:
        if (word := bundle_of(target)) is not None:
            return word in self.bundles
        if target.group is not None:
            return target.group in self.groups
        book, organization = self.rules.book, self.rules.organization
        account = organization.accounts.get(target.account)
        if account is None or not account.active or target.permission_set not in organization.permission_sets:
            return False
        barred = never_granted(organization, book.settings, target)
        return barred is None and eligibility(book, organization, self.person, target) is not None

    def named(self, favourite: Favourite) -> NamedFavourite:
        target, organization = favourite.target, self.rules.organization
        if (word := bundle_of(target)) is not None:
            return NamedFavourite(favourite, word, targets=len(self.bundles[word].targets))
        if target.group is not None:
            return NamedFavourite(favourite, self.groups[target.group].name)
        permission_set = organization.permission_sets[target.permission_set]
        return NamedFavourite(favourite, organization.label_of(target.account), permission_set.name)


class Favourites:
    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock

    async def of(self, person: Person) -> Sequence[NamedFavourite]:
        """Those that this person, in the groups held now, may ask for: starred ones first."""
        async with self._open_unit() as unit:
            starred = await unit.stars.of(person.id)
            asked = await unit.requests.of_requester(person.id, limit=LOOKED_AT)
        found = await self._open_to(person, [*starred, *(request.target for request in asked)])
        several = {word: frozenset(each.targets) for word, each in found.bundles.items() if len(each.targets) > 1}
        recent = (target for target in asked_for(asked, several) if found.includes(target))
        return [found.named(each) for each in favourites([one for one in starred if found.includes(one)], recent)]

    async def star(self, chat_user: ChatUser, target: Target) -> None:
        """Raises Refused for what this person may not ask for, whether it exists or not."""
        person = await self._identity.identify(chat_user)
        if not (await self._open_to(person, [target])).includes(target):
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

    async def _open_to(self, person: Person, targets: Iterable[Target]) -> _Open:
        """Everything that this person may ask for. Groups are looked up only where the targets name some."""
        rules = await self._policy_context.rules()
        offered = (offered_bundle(rules, person, bundle) for bundle in rules.book.bundles)
        groups = await self._groups(rules, person) if any(target.group for target in targets) else {}
        return _Open(rules, person, groups, {each.name: each for each in offered if each.targets})

    async def _groups(self, rules: RulesSnapshot, person: Person) -> Mapping[GroupId, Group]:
        """None while Identity Center does not answer: the other favourites do not wait for it."""
        if not may_join(rules.book, person):
            return {}
        try:
            known = await self._policy_context.groups()
        except Upstream:
            return {}
        return {group: known[group] for group in groups_open_to(rules.book, person, known)}
