"""The coverage of policies, for thousands of accounts and people at once.

Accounts are bits of one number, so that what two policies cover together is one operation; people whom the same
policies name are judged once. Groups whose membership may be asked for have bits of their own behind the accounts.
Says the same as ``core.domain.evaluation`` (a property test holds it to that).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import timedelta

from core.domain.group_targets import groups_with_power, target_groups
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import MEMBERSHIP, MEMBERSHIP_NAME, Organization, Target
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook

Members = Mapping[GroupId, AbstractSet[PrincipalId]]
EXAMPLES = 3
"""Targets that are named where there are many."""
Coverage = Mapping[PermissionSetArn, int]
"""Accounts, as bits, by permission set; by ``MEMBERSHIP`` groups."""


class AccountBits:
    """The accounts that may be asked for at all, each with its bit (rule 9: never the management account).

    Behind them the groups that these books name as targets.
    """

    def __init__(self, organization: Organization, *books: PolicyBook) -> None:
        self._organization = organization
        usable = (a for a in organization.accounts.values() if a.active and a.id != organization.management_account)
        accounts = sorted((a.id for a in usable), key=lambda a: (organization.accounts[a].name, a))
        groups = sorted(frozenset[GroupId]().union(*map(target_groups, books)))
        self._accounts = (*accounts, *map(AccountId, groups))
        self._of_accounts = (1 << len(accounts)) - 1
        self._bits = {account: 1 << index for index, account in enumerate(self._accounts)}
        self._below: dict[OuId, int] = {}

    def bits(self, accounts: Iterable[AccountId]) -> int:
        bits = 0
        for account in accounts:
            bits |= self._bits.get(account, 0)
        return bits

    def covered(self, policy: EligibilityPolicy | ApprovalPolicy) -> int:
        """The accounts of a policy, by themselves and by OU, at any depth or directly in it (rule 3)."""
        bits = self.bits(policy.accounts)
        for ou in policy.ous:
            bits |= self._under(ou)
        for ou in policy.direct_ous:
            bits |= self.bits(self._organization.accounts_in.get(ou, ()))
        return bits

    def joined(self, groups: Iterable[GroupId]) -> int:
        """The bits of groups."""
        return self.bits(map(AccountId, groups))

    def within(self, permission_set: PermissionSetArn) -> int:
        """Every bit that a permission set can be had in: all accounts; of ``MEMBERSHIP`` all groups."""
        return ~self._of_accounts if permission_set == MEMBERSHIP else self._of_accounts

    def _under(self, ou: OuId) -> int:
        if ou not in self._below:
            self._below[ou] = self.bits(self._organization.accounts_under.get(ou, ()))
        return self._below[ou]

    def accounts(self, bits: int) -> Iterator[AccountId]:
        """The accounts of these bits, by name."""
        while bits:
            lowest = bits & -bits
            yield self._accounts[lowest.bit_length() - 1]
            bits ^= lowest

    def targets(self, reach: Coverage, most: int) -> tuple[Target, ...]:
        """The first few targets: permission sets by name, then accounts by name."""
        sets = self._organization.permission_sets
        found: list[Target] = []
        names = {arn: sets[arn].name if arn in sets else MEMBERSHIP_NAME for arn in reach}
        for arn in sorted(reach, key=lambda arn: (names[arn], arn)):
            for account in self.accounts(reach[arn]):
                if len(found) == most:
                    return tuple(found)
                found.append(Target(account, arn))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class PolicyCoverage:
    """One eligibility policy of a book, with what it opens."""

    policy: EligibilityPolicy
    accounts: int
    permission_sets: frozenset[PermissionSetArn]
    asks_approval: bool
    limit: timedelta
    """The longest access that it allows, capped by the global maximum (rule 4)."""

    @property
    def can_wait(self) -> bool:
        """True if somebody is named who would need an approval."""
        return self.asks_approval and bool(self.policy.users or self.policy.groups)

    def meets(self, other: "PolicyCoverage") -> bool:
        """True if both open the same target."""
        return bool(self.accounts & other.accounts) and not self.permission_sets.isdisjoint(other.permission_sets)


def stretches(book: PolicyBook, organization: Organization, grid: AccountBits) -> tuple[PolicyCoverage, ...]:
    """The targets that each eligibility policy opens, protected targets left out (rules 3, 5 and 9).

    One that opens groups, too, has a second one for them.
    """
    settings = book.settings
    open_to_all = ~grid.bits(settings.protected_accounts)
    known = organization.permission_sets.keys() - settings.protected_permission_sets
    joinable = target_groups(book) - groups_with_power(book) if settings.group_targets else frozenset()
    found: list[PolicyCoverage] = []
    for policy in book.eligibility:
        there = PolicyCoverage(
            policy=policy,
            accounts=grid.covered(policy) & open_to_all,
            permission_sets=frozenset(policy.opened(organization) & known),
            asks_approval=policy.approval_required and settings.approval_required,
            limit=min(policy.max_duration or settings.max_duration, settings.max_duration),
        )
        found.append(there)
        if groups := policy.target_groups & joinable:
            found.append(replace(there, accounts=grid.joined(groups), permission_sets=frozenset({MEMBERSHIP})))
    return tuple(found)


def coverage_of(several: Iterable[PolicyCoverage]) -> dict[PermissionSetArn, int]:
    """Everything that these policies open together."""
    reach: dict[PermissionSetArn, int] = {}
    for stretch in several:
        for arn in stretch.permission_sets:
            reach[arn] = reach.get(arn, 0) | stretch.accounts
    return {arn: bits for arn, bits in reach.items() if bits}


def minus(reach: Coverage, other: Coverage) -> dict[PermissionSetArn, int]:
    left = {arn: bits & ~other.get(arn, 0) for arn, bits in reach.items()}
    return {arn: bits for arn, bits in left.items() if bits}


def both(reach: Coverage, other: Coverage) -> dict[PermissionSetArn, int]:
    shared = {arn: bits & other.get(arn, 0) for arn, bits in reach.items()}
    return {arn: bits for arn, bits in shared.items() if bits}


def bits_of(reach: Coverage) -> int:
    """The accounts of all of it, whatever the permission set."""
    bits = 0
    for each in reach.values():
        bits |= each
    return bits


def size(reach: Coverage) -> int:
    """The number of targets."""
    return sum(bits.bit_count() for bits in reach.values())


def undecidable(
    book: PolicyBook,
    organization: Organization,
    grid: AccountBits,
    members: Members,
    disabled: AbstractSet[PrincipalId],
) -> Coverage:
    """Targets that may be asked for, and that too few people could approve (rule 7)."""
    needed = coverage_of(stretch for stretch in stretches(book, organization, grid) if stretch.can_wait)
    deciding = [
        _Decider(policy, grid.covered(policy) | grid.joined(policy.target_groups), members, disabled)
        for policy in book.approval
    ]
    anywhere = bits_of(needed)
    short: dict[tuple[int, ...], int] = {}
    """By the policies that decide: most permission sets are named by none, and are judged once."""
    found: dict[PermissionSetArn, int] = {}
    for arn, bits in needed.items():
        matching = tuple(index for index, decider in enumerate(deciding) if decider.decides_on(arn))
        if matching not in short:
            short[matching] = _short_of(anywhere, [deciding[index] for index in matching])
        found[arn] = bits & short[matching]
    return {arn: bits for arn, bits in found.items() if bits}


class _Decider:
    """One approval policy, with who could approve by it."""

    def __init__(
        self, policy: ApprovalPolicy, accounts: int, members: Members, disabled: AbstractSet[PrincipalId]
    ) -> None:
        groups = (members.get(group, frozenset()) for group in policy.approver_groups)
        self.accounts = accounts
        self.quorum = policy.approvals_required
        self.able = policy.approver_users.union(*groups) - disabled
        self._permission_sets = policy.permission_sets

    def decides_on(self, permission_set: PermissionSetArn) -> bool:
        named = not self._permission_sets or permission_set in self._permission_sets
        return named or permission_set == MEMBERSHIP


def _short_of(bits: int, deciders: Sequence[_Decider]) -> int:
    """Split the accounts by which policies decide about them, and keep the parts without enough people (rule 10)."""
    parts: list[tuple[int, frozenset[PrincipalId], int]] = [(bits, frozenset(), 1)]
    for decider in deciders:
        split: list[tuple[int, frozenset[PrincipalId], int]] = []
        for part, able, quorum in parts:
            if inside := part & decider.accounts:
                split.append((inside, able | decider.able, max(quorum, decider.quorum)))
            if outside := part & ~decider.accounts:
                split.append((outside, able, quorum))
        parts = split
    short = 0
    for part, able, quorum in parts:
        short |= part if len(able) < quorum else 0
    return short
