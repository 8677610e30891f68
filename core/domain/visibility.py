"""Visibility: who may see a request, and who may act on it (rules 2 and 22)."""

from core.domain.approval import approval_for, decides_anywhere
from core.domain.errors import Reason, Refusal
from core.domain.organization import Organization
from core.domain.people import Person, Persona
from core.domain.policy import PolicyBook
from core.domain.request import Request


def personas(book: PolicyBook, person: Person) -> frozenset[Persona]:
    """The personas of a person, from the groups of now (rule 2). One person may hold all."""
    held: set[Persona] = set()
    if not person.may_ask:  # what is left to do for such a person is to reject and to end (rule 1)
        return frozenset({Persona.APPROVER} if decides_anywhere(book, person) else ())
    if any(policy.names(person) for policy in book.eligibility):
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
