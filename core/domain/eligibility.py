"""Eligibility: the targets that a person may ask for (rules 3, 4, 5 and 9)."""

from dataclasses import dataclass
from datetime import timedelta

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Organization, Target
from core.domain.people import Person
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Eligibility:
    """A yes, with its reasons."""

    policies: tuple[str, ...]
    """Every policy that matched, by name, sorted."""
    limit: timedelta
    limit_from: str
    """The policy that allows the limit, or "" when the global maximum bound it."""
    approval_required: bool
    approval_because: tuple[str, ...] = ()
    """The matching policies that ask for approval."""


def eligibility(book: PolicyBook, organization: Organization, person: Person, target: Target) -> Eligibility | None:
    """Judge one target; None when no policy names both the person and the target (rule 3)."""
    matching = [p for p in book.eligibility if p.names(person) and p.covers(target, organization)]
    if not matching:
        return None
    limit, limit_from = longest(matching, book.settings)
    asking = tuple(sorted(p.name for p in matching if p.approval_required))
    return Eligibility(
        policies=tuple(sorted(p.name for p in matching)),
        limit=limit,
        limit_from=limit_from,
        approval_required=bool(asking) and book.settings.approval_required,
        approval_because=asking,
    )


def longest(matching: list[EligibilityPolicy], settings: Settings) -> tuple[timedelta, str]:
    """The maximum over the matching policies, capped by the global one, and the policy it comes from (rule 4)."""

    def allowed(policy: EligibilityPolicy) -> timedelta:
        return settings.max_duration if policy.max_duration is None else policy.max_duration

    best = max(matching, key=lambda p: (allowed(p), p.name))
    if best.max_duration is None or best.max_duration > settings.max_duration:
        return settings.max_duration, ""
    return best.max_duration, best.name


def never_granted(organization: Organization, settings: Settings, target: Target) -> Refusal | None:
    """The management account, protected targets, and sets that are out of the bot's reach (rule 9)."""
    if target.account == organization.management_account:
        return Refusal(Reason.MANAGEMENT_ACCOUNT, Field.ACCOUNT)
    if target.account in settings.protected_accounts:
        return Refusal(Reason.PROTECTED_ACCOUNT, Field.ACCOUNT)
    if target.permission_set in settings.protected_permission_sets:
        return Refusal(Reason.PROTECTED_PERMISSION_SET, Field.PERMISSION_SET)
    if target.permission_set in organization.out_of_reach:
        return Refusal(Reason.PERMISSION_SET_OUT_OF_REACH, Field.PERMISSION_SET)
    return None


def accounts_open_to(
    book: PolicyBook,
    organization: Organization,
    person: Person,
    permission_set: PermissionSetArn | None = None,
) -> frozenset[AccountId]:
    """Accounts the person may ask for, narrowed to one permission set when given (rules 3 and 9)."""
    found: set[AccountId] = set()
    for policy in _naming(book, person):
        usable = _permission_sets_of(policy, book, organization)
        if permission_set in usable or (permission_set is None and usable):
            found |= _accounts_of(policy, book, organization)
    return frozenset(found)


def permission_sets_open_to(
    book: PolicyBook,
    organization: Organization,
    person: Person,
    account: AccountId | None = None,
) -> frozenset[PermissionSetArn]:
    """Permission sets the person may ask for, narrowed to one account when given (rules 3 and 9)."""
    found: set[PermissionSetArn] = set()
    for policy in _naming(book, person):
        usable = _accounts_of(policy, book, organization)
        if account in usable or (account is None and usable):
            found |= _permission_sets_of(policy, book, organization)
    return frozenset(found)


def _naming(book: PolicyBook, person: Person) -> list[EligibilityPolicy]:
    return [policy for policy in book.eligibility if policy.names(person)]


def _accounts_of(policy: EligibilityPolicy, book: PolicyBook, organization: Organization) -> frozenset[AccountId]:
    below = (organization.accounts_under.get(ou, frozenset()) for ou in policy.ous)
    directly = (organization.accounts_in.get(ou, frozenset()) for ou in policy.direct_ous)
    named = policy.accounts.union(*below, *directly) - book.settings.protected_accounts
    known = organization.accounts
    return frozenset(
        account
        for account in named
        if account in known and known[account].active and account != organization.management_account
    )


def _permission_sets_of(
    policy: EligibilityPolicy, book: PolicyBook, organization: Organization
) -> frozenset[PermissionSetArn]:
    usable = policy.opened(organization) & organization.permission_sets.keys()
    return frozenset(usable - book.settings.protected_permission_sets - organization.out_of_reach)
