"""The effect of a policy change on who decides: quorum, approvers and channels of each target, and who is admin.

Targets are taken by the set of approval policies that match them, so that thousands are judged at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from core.domain.errors import Field
from core.domain.ids import ConversationId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import MEMBERSHIP, Organization, Target
from core.domain.policy import ApprovalPolicy, PolicyBook
from core.domain.policy_coverage import (
    EXAMPLES,
    AccountBits,
    Coverage,
    Members,
    both,
    coverage_of,
    size,
    stretches,
)
from core.domain.settings import Settings

Signature = int
"""Approval policies as bits: those of the book before, then those of the book after."""


@dataclass(frozen=True, slots=True)
class Deciders:
    """The deciders of a target, by name and not by person; nobody at all where no policy matches (rule 10)."""

    users: frozenset[PrincipalId] = frozenset()
    groups: frozenset[GroupId] = frozenset()
    channels: frozenset[ConversationId] = frozenset()
    quorum: int = 1

    def people(self, members: Members) -> frozenset[PrincipalId]:
        return self.users.union(*(members.get(group, frozenset()) for group in self.groups))

    @property
    def is_nobody(self) -> bool:
        return not self.users and not self.groups


@dataclass(frozen=True, slots=True)
class DeciderChange:
    """The same change for all of these targets. People are those who can decide today; groups and channels by id."""

    before: Deciders
    after: Deciders
    gained: tuple[PrincipalId, ...]
    lost: tuple[PrincipalId, ...]
    targets: int
    examples: tuple[Target, ...]
    """Targets that somebody can ask for come first."""
    askable: bool
    """True if somebody can ask for any of them, before or after."""

    @property
    def groups_gained(self) -> tuple[GroupId, ...]:
        return tuple(sorted(self.after.groups - self.before.groups))

    @property
    def groups_lost(self) -> tuple[GroupId, ...]:
        return tuple(sorted(self.before.groups - self.after.groups))

    @property
    def channels_gained(self) -> tuple[ConversationId, ...]:
        return tuple(sorted(self.after.channels - self.before.channels))

    @property
    def channels_lost(self) -> tuple[ConversationId, ...]:
        return tuple(sorted(self.before.channels - self.after.channels))

    @property
    def is_weaker(self) -> bool:
        """True if something gets easier to approve, or is seen by fewer: fewer approvals, other approvers, no card."""
        if self.after.is_nobody:
            return False
        more = self.after.users - self.before.users or self.groups_gained or self.gained
        return bool(self.after.quorum < self.before.quorum or more or self.channels_lost)


@dataclass(frozen=True, slots=True)
class RoleShift:
    """People who get a role by a setting, and people who lose it. ``field`` names the setting."""

    field: str
    gained: tuple[PrincipalId, ...]
    lost: tuple[PrincipalId, ...]


def redecided(
    before: PolicyBook,
    after: PolicyBook,
    organization: Organization,
    grid: AccountBits,
    members: Members,
    disabled: AbstractSet[PrincipalId],
) -> tuple[DeciderChange, ...]:
    """Every target about which it is decided differently, by how; the dangerous ones first, then those of most."""
    openable = coverage_of((*stretches(before, organization, grid), *stretches(after, organization, grid)))
    found: list[DeciderChange] = []
    for (was, now), reach in decided_differently(before, after, organization, grid).items():
        able = [each.people(members) - disabled for each in (was, now)]
        asked_for = both(reach, openable)
        found.append(
            DeciderChange(
                before=was,
                after=now,
                gained=tuple(sorted(able[1] - able[0])),
                lost=tuple(sorted(able[0] - able[1])),
                targets=size(reach),
                examples=grid.targets(asked_for or reach, EXAMPLES),
                askable=bool(asked_for),
            )
        )
    return tuple(sorted(found, key=_dangerous_first))


def _dangerous_first(each: DeciderChange) -> tuple[bool, bool, int, str]:
    return not each.askable, not each.is_weaker, -each.targets, repr(each.examples)


def decided_differently(
    before: PolicyBook, after: PolicyBook, organization: Organization, grid: AccountBits
) -> Mapping[tuple[Deciders, Deciders], Coverage]:
    """The targets whose deciders differ, by those before and after."""
    old, new = before.approval, after.approval
    if frozenset(old) == frozenset(new):
        return {}
    found: dict[tuple[Deciders, Deciders], dict[PermissionSetArn, int]] = {}
    for signature, reach in _by_policies((*old, *new), organization, grid).items():
        was = _together(_picked(old, signature))
        now = _together(_picked(new, signature >> len(old)))
        if was != now:
            there = found.setdefault((was, now), {})
            for arn, bits in reach.items():
                there[arn] = there.get(arn, 0) | bits
    return found


def _by_policies(
    policies: Sequence[ApprovalPolicy], organization: Organization, grid: AccountBits
) -> Mapping[Signature, Mapping[PermissionSetArn, int]]:
    """Targets by the policies that match them: accounts first, because most permission sets are named by none."""
    places = _places([grid.covered(policy) | grid.joined(policy.target_groups) for policy in policies])
    naming: dict[PermissionSetArn, Signature] = {}
    for arn in organization.permission_sets:
        deciding = (1 << index for index, p in enumerate(policies) if not p.permission_sets or arn in p.permission_sets)
        naming[arn] = sum(deciding)
    naming[MEMBERSHIP] = (1 << len(policies)) - 1
    found: dict[Signature, dict[PermissionSetArn, int]] = {}
    for arn, decides in naming.items():
        for covering, bits in places.items():
            here = bits & grid.within(arn)
            if here and (signature := covering & decides):
                there = found.setdefault(signature, {})
                there[arn] = there.get(arn, 0) | here
    return found


def _places(covered: Sequence[int]) -> Mapping[Signature, int]:
    """Accounts by the policies that cover them; those that none covers are left out."""
    parts: dict[Signature, int] = {}
    seen = 0
    for index, bits in enumerate(covered):
        split: dict[Signature, int] = {}
        for signature, part in parts.items():
            if inside := part & bits:
                split[signature | 1 << index] = inside
            if outside := part & ~bits:
                split[signature] = outside
        if fresh := bits & ~seen:
            split[1 << index] = fresh
        seen |= bits
        parts = split
    return parts


def _picked(policies: Sequence[ApprovalPolicy], signature: Signature) -> Iterator[ApprovalPolicy]:
    return (policy for index, policy in enumerate(policies) if signature >> index & 1)


def _together(matching: Iterable[ApprovalPolicy]) -> Deciders:
    """The deciders of a target by the policies that match it, as ``approval_for`` resolves them."""
    several = list(matching)
    return Deciders(
        users=frozenset().union(*(policy.approver_users for policy in several)),
        groups=frozenset().union(*(policy.approver_groups for policy in several)),
        channels=frozenset(channel for policy in several for channel in policy.posts_in),
        quorum=max((1, *(policy.approvals_required for policy in several))),
    )


_ROLES = (Field.ADMIN_GROUP, Field.AUDITOR_GROUP)


def role_groups(before: Settings, after: Settings) -> frozenset[GroupId]:
    """The groups of roles that a change moves."""
    pairs = ((getattr(before, field), getattr(after, field)) for field in _ROLES)
    return frozenset(group for old, new in pairs if old != new for group in (old, new) if group)


def role_shifts(
    before: Settings, after: Settings, members: Members, disabled: AbstractSet[PrincipalId]
) -> tuple[RoleShift, ...]:
    found = []
    for field in _ROLES:
        old, new = (members.get(getattr(settings, field), frozenset()) - disabled for settings in (before, after))
        if old != new:
            found.append(RoleShift(field, tuple(sorted(new - old)), tuple(sorted(old - new))))
    return tuple(found)
