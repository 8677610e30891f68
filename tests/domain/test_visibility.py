from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import Approval
from core.domain.errors import Reason
from core.domain.ids import GroupId
from core.domain.organization import Organization
from core.domain.people import Person, Persona
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.request import Request
from core.domain.settings import Settings
from core.domain.visibility import may_cancel, may_revoke, may_see, personas, sees_everything, visible_requests
from tests.strategies import (
    GROUPS,
    PEOPLE,
    organizations,
    persons,
    policy_books,
    principal,
    requests,
)

AUDITORS, ADMINS = GroupId("auditors"), GroupId("admins")


def approves(book: PolicyBook, organization: Organization, person: Person, request: Request) -> bool:
    """Rule 10 read aloud."""
    return any(
        person.id in policy.approver_users or bool(person.groups & policy.approver_groups)
        for policy in book.approval
        if policy.covers(request.target, organization)
    )


def bystander(person: Person) -> Person:
    """The same person outside the groups that see everything."""
    return replace(person, groups=person.groups - {AUDITORS, ADMINS})


def with_offices(book: PolicyBook) -> PolicyBook:
    return replace(book, settings=replace(book.settings, admin_group=ADMINS, auditor_group=AUDITORS))


@given(policy_books, persons)
def test_personas_follow_from_the_groups_held_now_and_from_the_policies(book: PolicyBook, person: Person) -> None:
    """Rule 2."""
    held = personas(book, person)
    assert (Persona.ADMIN in held) == (book.settings.admin_group in person.groups)
    assert (Persona.AUDITOR in held) == (book.settings.auditor_group in person.groups)
    assert (Persona.REQUESTER in held) == any(policy.names(person) for policy in book.eligibility)
    assert (Persona.APPROVER in held) == any(
        person.id in policy.approver_users or person.groups & policy.approver_groups for policy in book.approval
    )


@given(persons)
def test_where_settings_name_no_group_nobody_is_admin_or_auditor(person: Person) -> None:
    """Rule 2: an installation nobody has configured gives no one everything."""
    assert personas(PolicyBook(), person) == frozenset()


@given(policy_books, persons)
def test_one_person_may_hold_several_personas(book: PolicyBook, person: Person) -> None:
    """Rule 2."""
    both = replace(person, groups=person.groups | {AUDITORS, ADMINS})
    assert {Persona.ADMIN, Persona.AUDITOR} <= personas(with_offices(book), both)


@given(policy_books, organizations(), persons, requests())
def test_a_person_sees_own_requests_and_those_whose_target_they_may_approve(
    book: PolicyBook, organization: Organization, person: Person, request: Request
) -> None:
    """Rule 22."""
    somebody = bystander(person)
    visible = may_see(with_offices(book), organization, somebody, request)
    assert visible == (request.requester == somebody.id or approves(book, organization, somebody, request))


@given(policy_books, organizations(), persons, requests())
def test_auditor_and_admin_see_every_request(
    book: PolicyBook, organization: Organization, person: Person, request: Request
) -> None:
    """Rule 22."""
    for office in (AUDITORS, ADMINS):
        officer = replace(person, groups=person.groups | {office})
        assert sees_everything(with_offices(book), officer)
        assert may_see(with_offices(book), organization, officer, request)
    assert not sees_everything(with_offices(book), bystander(person))


@given(policy_books, organizations(), persons, requests())
def test_the_requester_an_approver_and_an_admin_may_end_access_early_and_nobody_else(
    book: PolicyBook, organization: Organization, person: Person, request: Request
) -> None:
    """Rule 15: and an auditor only looks on."""
    somebody = replace(bystander(person), groups=person.groups | {AUDITORS})
    refusal = may_revoke(with_offices(book), organization, somebody, request)
    allowed = request.requester == somebody.id or approves(book, organization, somebody, request)
    assert (refusal is None) == allowed
    assert refusal is None or refusal.reason is Reason.NOT_YOURS_TO_REVOKE
    admin = replace(person, groups=person.groups | {ADMINS})
    assert may_revoke(with_offices(book), organization, admin, request) is None


@given(policy_books, organizations(), persons, requests())
def test_who_may_end_a_request_may_see_it(
    book: PolicyBook, organization: Organization, person: Person, request: Request
) -> None:
    """Rule 22."""
    if may_revoke(book, organization, person, request) is None:
        assert may_see(book, organization, person, request)


@given(policy_books, organizations(), persons, requests(), st.sampled_from([None, Reason.SECOND_ACCOUNT]))
def test_what_somebody_sees_at_once_is_what_they_see_one_by_one(
    book: PolicyBook, organization: Organization, person: Person, request: Request, barred_by: Reason | None
) -> None:
    """Rule 22."""
    somebody = replace(person, barred_by=barred_by)
    seen = visible_requests(with_offices(book), organization, somebody)
    assert (seen is None or seen.include(request)) == may_see(with_offices(book), organization, somebody, request)


@given(persons, requests())
def test_a_request_is_withdrawn_by_its_requester_alone(person: Person, request: Request) -> None:
    """Rule 15."""
    assert (may_cancel(person, request) is None) == (person.id == request.requester)


@pytest.mark.parametrize(
    ("barred_by", "held"),
    [
        (None, {Persona.REQUESTER, Persona.APPROVER, Persona.ADMIN, Persona.AUDITOR}),
        (Reason.SECOND_ACCOUNT, {Persona.REQUESTER}),
        (Reason.IDENTITY_SUSPENDED, {Persona.APPROVER}),
    ],
)
def test_a_second_account_only_asks_and_a_suspended_one_only_takes_away(
    barred_by: Reason | None, held: set[Persona]
) -> None:
    """Rules 1 and 2."""
    group = GROUPS[0]
    eligible = EligibilityPolicy("p", groups=frozenset({group}))
    book = PolicyBook(
        1,
        Settings(admin_group=group, auditor_group=group),
        (eligible,),
        (ApprovalPolicy("a", approver_groups=frozenset({group})),),
    )

    assert personas(book, Person(principal(PEOPLE[0]), frozenset({group}), barred_by=barred_by)) == held
    assert Approval().includes(Person(principal(PEOPLE[0]))) is False
