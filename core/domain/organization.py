"""The AWS organization as it was when last read: accounts, organizational units, permission sets."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from core.domain.display_names import told_apart
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, permission_set_id

K = TypeVar("K", AccountId, OuId, PermissionSetArn)
V = TypeVar("V")

FRESH_FOR = timedelta(hours=1)
"""A snapshot older than this is said to be stale wherever it is shown."""

DECIDES_FOR = timedelta(minutes=15)
"""A snapshot older than this decides nothing but the taking away of access (rule 3)."""

NOTICED_WITHIN, LONGEST_SESSION = timedelta(hours=1), timedelta(hours=12)
"""The time within which AWS notices that somebody joined or left a group, and the longest session that a permission
set allows (Identity Center user guide, authentication concepts)."""
DEFAULT_SESSION = timedelta(hours=1)
"""Session duration of a permission set that names none (rule 24; Identity Center user guide, session duration)."""


@dataclass(frozen=True, slots=True)
class Account:
    """``ou`` is the unit (or root) it stands in; ``active`` is false for suspended or closing ones."""

    id: AccountId
    name: str
    ou: OuId
    active: bool = True


@dataclass(frozen=True, slots=True)
class OrganizationalUnit:
    """``parent`` is None for the root alone."""

    id: OuId
    name: str
    parent: OuId | None = None


@dataclass(frozen=True, slots=True)
class PermissionSet:
    arn: PermissionSetArn
    name: str
    description: str = ""
    session_duration: timedelta = DEFAULT_SESSION


MEMBERSHIP = PermissionSetArn("membership")
"""In the place of a permission set: the target is membership of a group, which stands in the place of the account."""
MEMBERSHIP_NAME = "Membership"


@dataclass(frozen=True, slots=True)
class Target:
    """The access that is asked for: a permission set in an account, or membership of a group."""

    account: AccountId
    """For membership: the id of the group. The two never look alike (twelve digits, or a longer id with hyphens)."""
    permission_set: PermissionSetArn

    @property
    def group(self) -> GroupId | None:
        """The group that one becomes a member of; None for a permission set in an account."""
        return GroupId(self.account) if self.permission_set == MEMBERSHIP else None


def membership_of(group: GroupId) -> Target:
    return Target(AccountId(group), MEMBERSHIP)


@dataclass(frozen=True, slots=True)
class TargetNames:
    """The names of a target, and how long sessions may live on when it is taken away (rule 21)."""

    account: str
    permission_set: str
    sessions: timedelta = DEFAULT_SESSION


@dataclass(frozen=True)
class Organization:
    """One snapshot. Lookups by id; the tree is walked once and kept."""

    accounts: Mapping[AccountId, Account]
    ous: Mapping[OuId, OrganizationalUnit]
    permission_sets: Mapping[PermissionSetArn, PermissionSet]
    management_account: AccountId
    taken_at: datetime
    doubted: frozenset[str] = frozenset()
    """Ids that the last reading missed and the one before had: they stay until a second reading agrees (rule 3)."""
    sure_at: datetime | None = None
    """The time at which the ids in doubt were last read; None without a doubt."""
    out_of_reach: frozenset[PermissionSetArn] = frozenset()
    """Provisioned in the management account, while the bot runs as delegated administrator (rule 9)."""

    def ancestors(self, account: AccountId) -> tuple[OuId, ...]:
        """Every unit the account stands in, from its own up to the root; empty for an unknown account (rule 3)."""
        found = self.accounts.get(account)
        return self._chains.get(found.ou, (found.ou,)) if found else ()

    def path(self, account: AccountId) -> tuple[str, ...]:
        """Names of the units from the top down, without the root: ``("Workloads", "Payments")``."""
        units = (self.ous[ou] for ou in reversed(self.ancestors(account)) if ou in self.ous)
        return tuple(unit.name for unit in units if unit.parent is not None)

    def path_of(self, ou: OuId) -> tuple[str, ...]:
        """Names of the units from the top down to this one, without the root."""
        units = (self.ous[step] for step in reversed(self._chains.get(ou, ())) if step in self.ous)
        return tuple(unit.name for unit in units if unit.parent is not None)

    @cached_property
    def _chains(self) -> Mapping[OuId, tuple[OuId, ...]]:
        return {ou: self._chain(ou) for ou in self.ous}

    def _chain(self, ou: OuId) -> tuple[OuId, ...]:
        chain: list[OuId] = []
        step: OuId | None = ou
        while step is not None and step not in chain:  # a cycle cannot come from AWS; a bad file must not hang us
            chain.append(step)
            unit = self.ous.get(step)
            step = unit.parent if unit else None
        return tuple(chain)

    @cached_property
    def accounts_under(self) -> Mapping[OuId, frozenset[AccountId]]:
        """Accounts below each unit, at any depth (rule 3)."""
        below: dict[OuId, set[AccountId]] = {}
        for account in self.accounts:
            for ou in self.ancestors(account):
                below.setdefault(ou, set()).add(account)
        return {ou: frozenset(members) for ou, members in below.items()}

    @cached_property
    def accounts_in(self) -> Mapping[OuId, frozenset[AccountId]]:
        """Accounts that stand in each unit itself, and in none below it."""
        there: dict[OuId, set[AccountId]] = {}
        for account in self.accounts.values():
            there.setdefault(account.ou, set()).add(account.id)
        return {ou: frozenset(members) for ou, members in there.items()}

    def label_of(self, account: AccountId) -> str:
        """The name of an account, with its number where another account has that name too; the number when unknown."""
        found = self.accounts.get(account)
        return self._labels[account] if found else account

    @cached_property
    def _labels(self) -> Mapping[AccountId, str]:
        return told_apart({account: found.name for account, found in self.accounts.items()})

    def permission_set_called(self, called: str) -> PermissionSet | None:
        """By its ARN, by the id that ends it, or by its name."""
        return self.permission_sets.get(PermissionSetArn(called)) or self._by_name.get(called)

    @cached_property
    def _by_name(self) -> Mapping[str, PermissionSet]:
        every = self.permission_sets.values()
        return {found.name: found for found in every} | {permission_set_id(found.arn): found for found in every}

    def names_of(self, target: Target, group: str | None = None) -> TargetNames | None:
        """The names of a target; None when it is not there. ``group``: that of a target that is one, as it is now.

        Nobody knows which permission sets a group gives: sessions may be the longest there are, an hour later.
        """
        if target.group is not None:
            return None if group is None else TargetNames(group, MEMBERSHIP_NAME, NOTICED_WITHIN + LONGEST_SESSION)
        found = self.permission_sets.get(target.permission_set)
        if found is None or target.account not in self.accounts:
            return None
        return TargetNames(self.label_of(target.account), found.name, found.session_duration)

    def age(self, now: datetime) -> timedelta:
        """Of one that lies ahead as well: it was dated by a clock that has been set back since."""
        return abs(now - self.taken_at)

    def is_stale(self, now: datetime) -> bool:
        return self.age(now) > FRESH_FOR

    def sure_age(self, now: datetime) -> timedelta:
        """Of the oldest thing in it: one in doubt is as old as the last reading that had it."""
        return abs(now - (self.sure_at or self.taken_at))

    def may_decide(self, now: datetime) -> bool:
        return self.sure_age(now) <= DECIDES_FOR


def with_doubts(read: Organization, before: Organization | None) -> Organization:
    """A reading, with what it misses for the first time kept as it was: one reading is no verdict (rule 3).

    The tree is read unit by unit, so that an account that is moved meanwhile may be in none of them.
    """
    if before is None:
        return read
    accounts = _missed(read.accounts, before.accounts, before.doubted)
    ous = _missed(read.ous, before.ous, before.doubted)
    permission_sets = _missed(read.permission_sets, before.permission_sets, before.doubted)
    if not (accounts or ous or permission_sets):
        return read
    return replace(
        read,
        accounts={**read.accounts, **accounts},
        ous={**read.ous, **ous},
        permission_sets={**read.permission_sets, **permission_sets},
        doubted=frozenset({*accounts, *ous, *permission_sets}),
        sure_at=before.taken_at,
    )


def _missed(read: Mapping[K, V], before: Mapping[K, V], doubted: Collection[str]) -> dict[K, V]:
    return {key: known for key, known in before.items() if key not in read and key not in doubted}


def named_target(target: Target, organization: "Organization | None") -> str:
    """``PowerUserAccess in Payments Prod``; by its ids for whoever may not know what they stand for (rule 22)."""
    known = organization.permission_sets.get(target.permission_set) if organization else None
    if organization is None or known is None:
        return f"{permission_set_id(target.permission_set)} in {target.account}"
    return f"{known.name} in {organization.label_of(target.account)}"
