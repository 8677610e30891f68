"""Groups as targets: the groups of which nobody may become a member for a time (rule 9).

A group that gives something *here* is none: its members may ask for access, decide, administer or audit. Whoever
joined it for an hour would be eligible for, or approve, what nobody ever let them. A group gives something in AWS, and
only by being named as a target can it be asked for: there is no word for all of them.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from core.domain.assignment import Assignment, may_be_ours
from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import GroupId, PrincipalId
from core.domain.people import Group
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.domain.setting_kinds import OneGroup
from core.domain.settings import settings_of_kind


def groups_with_power(book: PolicyBook) -> frozenset[GroupId]:
    """Every group whose members may do something here: by a policy of either kind, or by settings."""
    by_settings: Iterable[GroupId | None] = (getattr(book.settings, name) for name in settings_of_kind(OneGroup))
    return frozenset(group for group in by_settings if group).union(
        *(policy.groups for policy in book.eligibility), *(policy.approver_groups for policy in book.approval)
    )


def target_groups(book: PolicyBook) -> frozenset[GroupId]:
    """Every group that some policy names as a target."""
    return frozenset().union(*(policy.target_groups for policy in book.policies))


def clashing(book: PolicyBook) -> frozenset[GroupId]:
    """Groups that policies name as a target though their members may do something here."""
    return target_groups(book) & groups_with_power(book)


def not_joined(
    book: PolicyBook, synchronized: AbstractSet[GroupId]
) -> tuple[tuple[EligibilityPolicy, Reason, tuple[GroupId, ...]], ...]:
    """Eligibility policies with groups that nobody joins by them as things are, and why: accepted, and warned of.

    It becomes true and untrue by what somebody does in another system, or by a setting.
    """
    by_reason = {Reason.GROUP_HAS_POWER: groups_with_power(book), Reason.GROUP_SYNCHRONIZED: synchronized}
    if not book.settings.group_targets:
        by_reason = {Reason.GROUPS_OFF: target_groups(book)}
    named = ((p, reason, p.target_groups & among) for p in book.eligibility for reason, among in by_reason.items())
    return tuple((policy, reason, tuple(sorted(groups))) for policy, reason, groups in named if groups)


def never_joined(book: PolicyBook, group: GroupId, known: Group | None) -> Refusal | None:
    """Say why nobody becomes a member of it, whatever policies say. ``known``: the group as it is now."""
    if not book.settings.group_targets:
        return Refusal(Reason.GROUPS_OFF, Field.GROUP)
    if group in groups_with_power(book):
        return Refusal(Reason.GROUP_HAS_POWER, Field.GROUP)
    if known is not None and known.is_synchronized:
        return Refusal(Reason.GROUP_SYNCHRONIZED, Field.GROUP)
    return None


def lasting_groups(groups: AbstractSet[GroupId], book: Iterable[Assignment], now: datetime) -> frozenset[GroupId]:
    """The groups of somebody that give power here (rule 2). ``book``: this product's memberships of theirs.

    One that may be of its making does not count, nor one that AWS may still list although it is over.
    """
    return frozenset(groups - {entry.target.group for entry in book if may_be_ours(entry, now)})


def lasting_members(
    members: AbstractSet[PrincipalId], book: Iterable[Assignment], now: datetime
) -> frozenset[PrincipalId]:
    """The members of a group to whom it gives power here. ``book``: this product's memberships of that group."""
    return frozenset(members - {entry.principal for entry in book if may_be_ours(entry, now)})
