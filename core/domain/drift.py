"""Differences between AWS and the database (rule 19).

A *lost* assignment, of a live request, is found by whoever looks after it (``assignment.py``). An *unknown*
one, on a target that policies manage and without a live request, is found by going through those targets.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.evaluation import barred_target
from core.domain.group_targets import target_groups
from core.domain.ids import AccountId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import MEMBERSHIP, Organization, Target
from core.domain.policy import PolicyBook, stands_in
from core.domain.settings import UnknownAssignments

REMOVED_AFTER = timedelta(minutes=30)
"""The time between the report of an unknown assignment and its removal, where the setting says so: time to object."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """That an operator has it reported no more."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """An assignment under management without a live request.

    ``confirmed_at``: when it was seen a second time, because lists lag. ``told_at``: when admins were told of it.
    """

    principal: PrincipalId
    target: Target
    found_at: datetime
    told_at: datetime | None = None
    confirmed_at: datetime | None = None
    ignored: Ignored | None = None

    @property
    def is_ignored(self) -> bool:
        return self.ignored is not None


@dataclass(frozen=True, slots=True)
class Sweep:
    """The progress of a sweep over the managed targets. ``after``: the last that was; ``fence`` is storage's."""

    begun_at: datetime
    after: Target | None = None
    is_over: bool = True
    fence: int = 0


def managed_targets(book: PolicyBook, organization: Organization, after: Target | None = None) -> Iterator[Target]:
    """The targets that some policy may grant to somebody: nothing else is under management (rule 9 left out).

    By account and permission set, from behind ``after`` on; there may be hundreds of thousands, so no list is made.
    """
    groups = frozenset(map(AccountId, target_groups(book)))
    for account in sorted(organization.accounts.keys() | groups):
        if after is not None and account < after.account:
            continue
        for permission_set in sorted(_granted_in(account, book, organization)):
            target = Target(account, permission_set)
            is_behind = after is None or (account, permission_set) > (after.account, after.permission_set)
            if is_behind and barred_target(book, organization, target) is None:
                yield target


def is_managed(book: PolicyBook, organization: Organization, target: Target) -> bool:
    """True if one target is under management."""
    granted = _granted_in(target.account, book, organization)
    return target.permission_set in granted and barred_target(book, organization, target) is None


def _granted_in(account: AccountId, book: PolicyBook, organization: Organization) -> frozenset[PermissionSetArn]:
    if account not in organization.accounts:
        is_opened = any(GroupId(account) in policy.target_groups for policy in book.eligibility)
        return frozenset({MEMBERSHIP}) if is_opened else frozenset()
    granted = (policy.opened(organization) for policy in book.eligibility if stands_in(account, policy, organization))
    return frozenset().union(*granted) & organization.permission_sets.keys()


def unknown_of(
    seen: AbstractSet[PrincipalId], wanted: AbstractSet[PrincipalId], ours: AbstractSet[PrincipalId]
) -> frozenset[PrincipalId]:
    """The people who have a target directly for no reason that the database knows.

    ``wanted``: for a live request. ``ours``: made by this product or in its hands; it is taken away by itself.
    """
    return frozenset(seen - wanted - ours)


def may_remove(unknown: Unknown, setting: UnknownAssignments, now: datetime) -> bool:
    """Only where the setting says so, and only what admins have been told of long enough ago (rule 19).

    Never a membership: groups have members of their own, beside those who are there for a time.
    """
    if unknown.target.group is not None:
        return False
    if setting is not UnknownAssignments.REMOVE or unknown.told_at is None or unknown.is_ignored:
        return False
    return now - unknown.told_at >= REMOVED_AFTER
