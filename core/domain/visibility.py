"""Visibility: who may see a request, and who may act on it (rules 2 and 22)."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.domain.approval import approval_for, decides_anywhere
from core.domain.errors import Reason, Refusal
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import MEMBERSHIP, Organization, Target
from core.domain.people import Person, Persona
from core.domain.policy import ApprovalPolicy, PolicyBook
from core.domain.request import Request


@dataclass(frozen=True, slots=True)
class ApprovableTargets:
    """The targets of one approval policy, as the organization is now."""

    accounts: frozenset[AccountId]
    permission_sets: frozenset[PermissionSetArn] = frozenset()
    """Empty: any permission set."""

    def include(self, target: Target) -> bool:
        fits = not self.permission_sets or target.permission_set in self.permission_sets
        return fits and target.account in self.accounts


@dataclass(frozen=True, slots=True)
class VisibleRequests:
    """The requests that an approver sees: own ones, and those whose target they may approve (rule 22)."""

    requester: PrincipalId
    targets: tuple[ApprovableTargets, ...] = ()

    def include(self, request: Request) -> bool:
        return request.requester == self.requester or any(each.include(request.target) for each in self.targets)


def personas(book: PolicyBook, person: Person) -> frozenset[Persona]:
    """The personas of a person, from the groups of now (rule 2). One person may hold all."""
    held: set[Persona] = set()
    if not person.may_ask:  # what is left to do for such a person is to reject and to end (rule 1)
        rejects = not person.only_asks and decides_anywhere(book, person)
        return frozenset({Persona.APPROVER} if rejects else ())
    if book.naming(person):
        held.add(Persona.REQUESTER)
    if person.only_asks:
        return frozenset(held)
    if decides_anywhere(book, person):
        held.add(Persona.APPROVER)
    if book.settings.auditor_group in person.groups:
        held.add(Persona.AUDITOR)
    if book.settings.admin_group in person.groups:
        held.add(Persona.ADMIN)
    return frozenset(held)


def sees_everything(book: PolicyBook, person: Person) -> bool:
    return not personas(book, person).isdisjoint({Persona.AUDITOR, Persona.ADMIN})


def _is_admin(book: PolicyBook, person: Person) -> bool:
    """True if the groups say so: ending what an admin may end needs no more (rule 1)."""
    return not person.only_asks and book.settings.admin_group in person.groups


def may_see(book: PolicyBook, organization: Organization, person: Person, request: Request) -> bool:
    """Own requests; those whose target one may approve; everything for auditor and admin (rule 22)."""
    if request.requester == person.id or sees_everything(book, person) or _is_admin(book, person):
        return True
    return approval_for(book, organization, request.target).includes(person)


def visible_requests(book: PolicyBook, organization: Organization, person: Person) -> VisibleRequests | None:
    """The same for all requests at once; None: every request there is."""
    if sees_everything(book, person) or _is_admin(book, person):
        return None
    deciding = () if person.only_asks else (policy for policy in book.approval if policy.names(person))
    return VisibleRequests(person.id, tuple(part for policy in deciding for part in _targets(policy, organization)))


def _targets(policy: ApprovalPolicy, organization: Organization) -> Iterator[ApprovableTargets]:
    below = (organization.accounts_under.get(ou, frozenset()) for ou in policy.ous)
    directly = (organization.accounts_in.get(ou, frozenset()) for ou in policy.direct_ous)
    yield ApprovableTargets(policy.accounts.union(*below, *directly), policy.permission_sets)
    if policy.target_groups:
        yield ApprovableTargets(frozenset(map(AccountId, policy.target_groups)), frozenset({MEMBERSHIP}))


def may_cancel(person: Person, request: Request) -> Refusal | None:
    """Withdrawing is the requester's alone."""
    return None if request.requester == person.id else Refusal(Reason.NOT_YOURS_TO_CANCEL)


def may_revoke(book: PolicyBook, organization: Organization, person: Person, request: Request) -> Refusal | None:
    """Ending early: the requester, an approver of the target, an admin."""
    if request.requester == person.id or _is_admin(book, person):
        return None
    if approval_for(book, organization, request.target).includes(person):
        return None
    return Refusal(Reason.NOT_YOURS_TO_REVOKE)
