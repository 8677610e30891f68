"""The company that an import goes into: its accounts, permission sets, people and groups as they are today."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property

from core.domain.display_names import composed
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Organization
from core.domain.people import Group, Principal, address_key


@dataclass(frozen=True)
class Surroundings:
    """Everything that ids and names of a file are held against. ``members`` are those of the groups that it names."""

    organization: Organization
    principals: Mapping[PrincipalId, Principal]
    groups: Mapping[GroupId, Group]
    members: Mapping[GroupId, AbstractSet[PrincipalId]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        organization: Organization,
        principals: Iterable[Principal],
        groups: Iterable[Group],
        members: Mapping[GroupId, AbstractSet[PrincipalId]],
    ) -> "Surroundings":
        return cls(organization, {one.id: one for one in principals}, {one.id: one for one in groups}, members)

    @cached_property
    def usable(self) -> frozenset[AccountId]:
        """Accounts in which access can be granted at all (rule 9)."""
        known = self.organization.accounts.values()
        return frozenset(a.id for a in known if a.active) - {self.organization.management_account}

    @cached_property
    def root(self) -> OuId | None:
        return next((unit.id for unit in self.organization.ous.values() if unit.parent is None), None)

    def directly_in(self, ou: OuId) -> frozenset[AccountId]:
        """The usable accounts that stand in the unit itself."""
        return frozenset(a for a in self.usable if self.organization.accounts[a].ou == ou)

    def below(self, ou: OuId) -> frozenset[AccountId]:
        """The usable accounts at any depth."""
        return self.organization.accounts_under.get(ou, frozenset()) & self.usable

    def spelling(self, principal: Principal) -> str:
        """The user name or an address under which a policy file finds this enabled user alone; else the id."""
        names = (principal.user_name, *principal.emails)
        return next((name for name in names if self._bearers.get(_key(name)) == 1), principal.id)

    @cached_property
    def _bearers(self) -> Mapping[str, int]:
        """The number of enabled users that a policy file finds by a name, an address or an id."""
        count: dict[str, int] = {}
        for principal in self.principals.values():
            names = {_key(name) for name in (principal.id, principal.user_name, *principal.emails)}
            for name in names if principal.enabled else ():
                count[name] = count.get(name, 0) + 1
        return count

    def called(self, address: str) -> tuple[Principal, ...]:
        """The users who have this address or, where nobody has, this user name; the enabled ones if there are any."""
        wanted = address_key(address)
        everybody = self.principals.values()
        by_address = [p for p in everybody if wanted in map(address_key, p.emails)]
        for matches in (by_address, [p for p in everybody if wanted == address_key(p.user_name)]):
            enabled = tuple(p for p in matches if p.enabled)
            if enabled:
                return enabled
        return tuple(by_address)

    def named(self, name: str) -> tuple[Group, ...]:
        """The group with this id, else the groups with this display name."""
        by_id = self.groups.get(GroupId(name))
        if by_id is not None:
            return (by_id,)
        return tuple(group for group in self.groups.values() if composed(group.name) == composed(name))

    def group_spelling(self, group: Group) -> str:
        """The display name where no other group has it, else the id."""
        is_alone = len(self.named(group.name)) == 1 and GroupId(group.name) not in self.groups
        return group.name if is_alone and group.name.strip() else group.id

    def enabled_in(self, groups: Iterable[GroupId]) -> frozenset[PrincipalId]:
        """The enabled people of these groups."""
        inside = frozenset[PrincipalId]().union(*(self.members.get(group, frozenset()) for group in groups))
        return frozenset(p for p in inside if p in self.principals and self.principals[p].enabled)

    @cached_property
    def sets_by_name(self) -> Mapping[str, tuple[PermissionSetArn, ...]]:
        named: dict[str, tuple[PermissionSetArn, ...]] = {}
        for each in self.organization.permission_sets.values():
            named[each.name] = (*named.get(each.name, ()), each.arn)
        return named

    def accounts_called(self, accounts: Iterable[AccountId]) -> tuple[str, ...]:
        """Each by name and number, in the order of names."""
        known = self.organization.accounts
        return tuple(sorted(f"{known[a].name} ({a})" if a in known else a for a in accounts))

    def targets_called(self, sets: Iterable[PermissionSetArn], accounts: AbstractSet[AccountId]) -> str:
        """Each of these permission sets in each of these accounts."""
        names = sorted({self.organization.permission_sets[arn].name for arn in sets})
        everywhere = len(accounts) > 1 and accounts == self.usable
        where = "every account" if everywhere else ", ".join(self.accounts_called(accounts))
        return f"{', '.join(names)} in {where}"

    def people_called(self, people: Iterable[PrincipalId]) -> tuple[str, ...]:
        return tuple(sorted(self.principals[person].user_name for person in people))


def _key(name: str) -> str:
    """A user name as policy files compare it."""
    return composed(name.strip()).casefold()
