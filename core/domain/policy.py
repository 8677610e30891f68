"""Policies: who may ask for what, and who decides; with the settings, one book at one revision.

Everything is held by id; ``labels`` keeps the name each id had when the policy was written, so that a
policy about something deleted can still be read and exported.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Self

from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Organization, Target
from core.domain.people import Person
from core.domain.settings import Settings

EVERY_PERMISSION_SET = PermissionSetArn("*")
"""In an eligibility policy, alone: every permission set that the instance has at the time (rule 3)."""


class Notify(StrEnum):
    """The way to tell approvers of a new request. Of several matching policies each adds its way (rule 10)."""

    CHANNEL = "channel"
    """In the policy's channels; where no matching policy has one, each approver directly."""
    EACH = "each"
    """Each approver directly; not in its channels."""
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class EligibilityPolicy:
    """These people may ask for these permission sets in these accounts (rule 3)."""

    name: str
    users: frozenset[PrincipalId] = frozenset()
    groups: frozenset[GroupId] = frozenset()
    accounts: frozenset[AccountId] = frozenset()
    ous: frozenset[OuId] = frozenset()
    """Every account below these, at any depth."""
    direct_ous: frozenset[OuId] = frozenset()
    """The accounts that stand in these themselves."""
    permission_sets: frozenset[PermissionSetArn] = frozenset()
    max_duration: timedelta | None = None
    """None: the global maximum."""
    approval_required: bool = True
    target_groups: frozenset[GroupId] = frozenset()
    """Groups of which these people may ask to be members for a time. ``groups`` are people, these are targets."""

    def names(self, person: Person) -> bool:
        return person.id in self.users or not self.groups.isdisjoint(person.groups)

    def covers(self, target: Target, organization: Organization) -> bool:
        if target.group is not None:
            return target.group in self.target_groups
        opened = target.permission_set in self.opened(organization)
        return opened and stands_in(target.account, self, organization)

    def opened(self, organization: Organization) -> AbstractSet[PermissionSetArn]:
        """The permission sets that it names; by ``EVERY_PERMISSION_SET`` all there are, the protected among them."""
        if EVERY_PERMISSION_SET in self.permission_sets:
            return organization.permission_sets.keys()
        return self.permission_sets


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """These people decide about these targets, asked in these channels (rule 10)."""

    name: str
    accounts: frozenset[AccountId] = frozenset()
    ous: frozenset[OuId] = frozenset()
    direct_ous: frozenset[OuId] = frozenset()
    permission_sets: frozenset[PermissionSetArn] = frozenset()
    """Empty: any permission set."""
    approver_groups: frozenset[GroupId] = frozenset()
    approver_users: frozenset[PrincipalId] = frozenset()
    channels: tuple[ConversationId, ...] = ()
    approvals_required: int = 1
    notify: Notify = Notify.CHANNEL
    target_groups: frozenset[GroupId] = frozenset()
    """Groups about whose membership these people decide."""

    @property
    def posts_in(self) -> tuple[ConversationId, ...]:
        """The channels in which cards are posted."""
        return () if self.notify is Notify.EACH else self.channels

    def names(self, person: Person) -> bool:
        return person.id in self.approver_users or not self.approver_groups.isdisjoint(person.groups)

    def covers(self, target: Target, organization: Organization) -> bool:
        if target.group is not None:
            return target.group in self.target_groups
        fits = not self.permission_sets or target.permission_set in self.permission_sets
        return fits and stands_in(target.account, self, organization)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Targets under one word, to be asked for in one go. It gives no power: each target is judged as if typed."""

    name: str
    targets: tuple[Target, ...] = ()


def stands_in(account: AccountId, policy: EligibilityPolicy | ApprovalPolicy, organization: Organization) -> bool:
    """True if a policy is about this account: by itself, by a unit above it, or by its own unit alone (rule 3)."""
    above = organization.ancestors(account)
    by_ou = not policy.ous.isdisjoint(above) or not policy.direct_ous.isdisjoint(above[:1])
    return by_ou or account in policy.accounts


@dataclass(frozen=True, slots=True)
class _Naming:
    """The places of policies in a book, by whom they name."""

    by_user: Mapping[PrincipalId, list[int]]
    by_group: Mapping[GroupId, list[int]]

    @classmethod
    def of(cls, policies: Sequence[EligibilityPolicy]) -> Self:
        by_user, by_group = defaultdict[PrincipalId, list[int]](list), defaultdict[GroupId, list[int]](list)
        for place, policy in enumerate(policies):
            for user in policy.users:
                by_user[user].append(place)
            for group in policy.groups:
                by_group[group].append(place)
        return cls(dict(by_user), dict(by_group))

    def places(self, person: Person) -> list[int]:
        named = (self.by_user.get(person.id, []), *(self.by_group.get(group, []) for group in person.groups))
        return sorted(set().union(*named))


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Settings and all policies at one revision. Revision 0 is an installation nobody has configured."""

    revision: int = 0
    settings: Settings = field(default_factory=Settings)
    eligibility: tuple[EligibilityPolicy, ...] = ()
    approval: tuple[ApprovalPolicy, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """Id → the name it had when the policy was written: for what is gone since, and where nothing can be asked."""
    _index: "_Naming | None" = field(default=None, init=False, repr=False, compare=False)

    def naming(self, person: Person) -> list[EligibilityPolicy]:
        """The eligibility policies that name somebody, in their order.

        They are found by who somebody is: nearly all of a large company's policies are about others.
        """
        index = self._index
        if index is None:
            index = _Naming.of(self.eligibility)
            object.__setattr__(self, "_index", index)  # once: a book never changes
        return [self.eligibility[place] for place in index.places(person)]

    @property
    def policies(self) -> tuple[EligibilityPolicy | ApprovalPolicy, ...]:
        return (*self.eligibility, *self.approval)

    def label(self, identifier: str) -> str:
        return self.labels.get(identifier, identifier)
