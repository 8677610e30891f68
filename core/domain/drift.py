"""Where AWS and the book disagree (rule 19).

A *lost* assignment, of a live request, is found by whoever looks after it (``assignment.py``). An *unknown*
one, on a target that policies manage and without a live request, is found by going through those targets.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.eligibility import never_granted
from core.domain.ids import PrincipalId
from core.domain.organization import Organization, Target
from core.domain.policy import PolicyBook, UnknownAssignments

REMOVED_AFTER = timedelta(minutes=30)
"""How long an unknown assignment stands reported before it is removed, where the setting says so: time to object."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An assignment under management without a live request. ``told_at``: when admins were told of it."""

    principal: PrincipalId
    target: Target
    found_at: datetime
    told_at: datetime | None = None


def managed_targets(book: PolicyBook, organization: Organization) -> tuple[Target, ...]:
    """What somebody may be granted by some policy, in a steady order: nothing else is under management."""
    targets = {
        Target(account, permission_set)
        for policy in book.eligibility
        for account in policy.accounts.union(*(organization.accounts_under.get(ou, frozenset()) for ou in policy.ous))
        for permission_set in policy.permission_sets
        if account in organization.accounts and permission_set in organization.permission_sets
    }
    allowed = (target for target in targets if never_granted(organization, book.settings, target) is None)
    return tuple(sorted(allowed, key=lambda target: (target.account, target.permission_set)))


def unknown_of(
    seen: AbstractSet[PrincipalId], wanted: AbstractSet[PrincipalId], ours: AbstractSet[PrincipalId]
) -> frozenset[PrincipalId]:
    """Who holds one target directly for no reason that the book knows.

    ``wanted``: for a live request. ``ours``: made by this product or in its hands; it is taken away by itself.
    """
    return frozenset(seen - wanted - ours)


def may_remove(unknown: Unknown, setting: UnknownAssignments, now: datetime) -> bool:
    """Only where the setting says so, and only what admins have been told of long enough ago (rule 19)."""
    if setting is not UnknownAssignments.REMOVE or unknown.told_at is None:
        return False
    return now - unknown.told_at >= REMOVED_AFTER
