"""Changes of policies and settings that give somebody more access, or take a protection away (rule 25).

Judged without asking who is in a group or which accounts there are: a group counts as somebody, and every OU as
an account, and another OU with an account, that could be made in it tomorrow, so that nothing can be prepared narrow
and become wide by itself. What is not known to be narrower counts as wider.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from core.domain.decider_changes import Deciders
from core.domain.ids import AccountId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet
from core.domain.policy import EVERY_PERMISSION_SET, PolicyBook
from core.domain.policy_coverage import (
    AccountBits,
    Members,
    PolicyCoverage,
    both,
    coverage_of,
    minus,
    stretches,
)
from core.domain.policy_diff import Policy
from core.domain.policy_impact import PolicyImpact, policy_impact
from core.domain.settings import SETTINGS, Settings

_ANY_SET = PermissionSetArn("any other permission set")
_ROOT = OuId("the root")


class Widening(StrEnum):
    """The reasons why a change waits for a second admin."""

    MORE_ACCESS = "more_access"
    """People, or targets, that were not open before; protected ones among them."""
    MORE_TIME = "more_time"
    NO_APPROVAL = "no_approval"
    OTHER_APPROVERS = "other_approvers"
    FEWER_APPROVALS = "fewer_approvals"
    FEWER_CHANNELS = "fewer_channels"
    SETTINGS = "settings"
    """A setting that protects, or says who is admin."""


def widens(before: PolicyBook, after: PolicyBook, organization: Organization) -> tuple[Widening, ...]:
    """Say why a change widens; empty when it only narrows, or changes nothing that anybody may do."""
    whole = _whole(organization, (*before.policies, *after.policies))
    done = policy_impact(before, after, whole, _somebody_in_each(before, after))
    found = {
        Widening.MORE_ACCESS: bool(done.gained),
        Widening.MORE_TIME: bool(done.longer),
        Widening.NO_APPROVAL: bool(done.freed) or _loses_a_demand(before, after, whole),
        **_deciding(done),
        Widening.SETTINGS: bool(settings_widened(before.settings, after.settings)),
    }
    return tuple(reason for reason, holds in found.items() if holds)


# --- who and where, as they could be tomorrow ------------------------------------------------------------


def _whole(organization: Organization, policies: Sequence[Policy]) -> Organization:
    """An account in every OU and in one made below it, every account active, and everything named but not known."""
    ous = dict(organization.ous)
    root = next((ou.id for ou in ous.values() if ou.parent is None), _ROOT)
    named = {root, *(ou for policy in policies for ou in policy.ous | policy.direct_ous)}
    ous |= {ou: OrganizationalUnit(ou, ou, None if ou == root else root) for ou in named - ous.keys()}
    below = {OuId(f"an OU made in {ou}"): ou for ou in ous}
    ous |= {ou: OrganizationalUnit(ou, ou, parent) for ou, parent in below.items()}
    accounts = {each.id: replace(each, active=True) for each in organization.accounts.values()}
    made = {AccountId(f"an account made in {ou}"): ou for ou in ous}
    made |= {each: root for policy in policies for each in policy.accounts if each not in accounts}
    accounts |= {each: Account(each, each, ou) for each, ou in made.items()}
    sets = {_ANY_SET, *(arn for policy in policies for arn in policy.permission_sets)} - {EVERY_PERMISSION_SET}
    known = organization.permission_sets
    return Organization(
        accounts=accounts,
        ous=ous,
        permission_sets={**known, **{arn: PermissionSet(arn, arn) for arn in sets - known.keys()}},
        management_account=organization.management_account,
        taken_at=organization.taken_at,
    )


def _somebody_in_each(*books: PolicyBook) -> Members:
    """Every group with one member that is in no other: what it may do counts as that of one person."""
    groups = {group for book in books for policy in book.eligibility for group in policy.groups}
    groups |= {group for book in books for policy in book.approval for group in policy.approver_groups}
    return {group: frozenset({PrincipalId(f"somebody in {group}")}) for group in groups}


# --- what gets weaker ------------------------------------------------------------------------------------


def _loses_a_demand(before: PolicyBook, after: PolicyBook, organization: Organization) -> bool:
    """True if a demand for approval goes from a target that somebody, by another policy, gets without.

    Whoever is named by both would be freed: any matching policy that asks is enough (rule 5).
    """
    grid = AccountBits(organization, before, after)
    old, new = (
        [each for each in stretches(book, organization, grid) if each.policy.approval_required]
        for book in (before, after)
    )
    without = coverage_of(each for each in stretches(after, organization, grid) if not each.asks_approval)
    demands: dict[str, tuple[list[PolicyCoverage], list[PolicyCoverage]]] = {}
    for index, several in enumerate((old, new)):
        for stretch in several:
            for name in (*stretch.policy.users, *stretch.policy.groups):
                demands.setdefault(name, ([], []))[index].append(stretch)
    judged = {(tuple(was), tuple(now)) for was, now in demands.values() if was != now}
    return any(both(without, minus(coverage_of(was), coverage_of(now))) for was, now in judged)


def _deciding(done: PolicyImpact) -> Mapping[Widening, bool]:
    pairs = [(each.before, each.after) for each in done.redecided]
    return {
        Widening.OTHER_APPROVERS: any(_more_people(*pair) for pair in pairs),
        Widening.FEWER_APPROVALS: any(after.quorum < before.quorum and not after.is_nobody for before, after in pairs),
        Widening.FEWER_CHANNELS: any(
            before.channels - after.channels and not after.is_nobody for before, after in pairs
        ),
    }


def _more_people(before: Deciders, after: Deciders) -> bool:
    return bool(after.users - before.users or after.groups - before.groups)


# --- settings --------------------------------------------------------------------------------------------


def settings_widened(before: Settings, after: Settings) -> tuple[str, ...]:
    """The settings that are changed so that something gets weaker; the table of settings has when that is."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in SETTINGS)
    return tuple(name for name, old, new in pairs if old != new and SETTINGS[name].widens(old, new))
