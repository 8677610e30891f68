from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import PermissionSetArn
from core.domain.organization import Organization, Target
from core.domain.people import Person
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, PolicyBook, stands_in
from tests.strategies import approval_policies, eligibility_policies, organizations, persons, policy_books, targets


@given(eligibility_policies, persons)
def test_a_policy_names_a_person_directly_or_through_any_group(policy: EligibilityPolicy, person: Person) -> None:
    """Rule 3."""
    named = any(person.id == user for user in policy.users)
    assert policy.names(person) == (named or any(group in policy.groups for group in person.groups))


def is_placed(policy: EligibilityPolicy | ApprovalPolicy, organization: Organization, target: Target) -> bool:
    below = [organization.accounts_under.get(ou, frozenset()) for ou in policy.ous]
    return target.account in policy.accounts.union(
        *below, *(organization.accounts_in.get(ou, frozenset()) for ou in policy.direct_ous)
    )


@given(eligibility_policies, organizations(), targets)
def test_an_eligibility_policy_covers_what_it_names_and_every_permission_set_where_it_says_so(
    policy: EligibilityPolicy, organization: Organization, target: Target
) -> None:
    """Rule 3."""
    opened = target.permission_set in policy.permission_sets
    if policy.permission_sets == {EVERY_PERMISSION_SET}:
        opened = target.permission_set in organization.permission_sets
    assert policy.covers(target, organization) == (is_placed(policy, organization, target) and opened)


@given(approval_policies, organizations(), targets)
def test_an_approval_policy_without_permission_sets_means_any(
    policy: ApprovalPolicy, organization: Organization, target: Target
) -> None:
    """Rule 10."""
    fits = target.permission_set in policy.permission_sets or not policy.permission_sets
    assert policy.covers(target, organization) == (is_placed(policy, organization, target) and fits)


@given(organizations(), eligibility_policies, approval_policies)
def test_an_ou_named_directly_covers_its_own_accounts_and_none_of_the_ous_below_it(
    organization: Organization, eligible: EligibilityPolicy, approving: ApprovalPolicy
) -> None:
    """Rules 3 and 10."""
    for ou, account in product(organization.ous, organization.accounts.values()):
        for policy in (eligible, approving):
            alone = replace(policy, accounts=frozenset(), ous=frozenset(), direct_ous=frozenset({ou}))
            assert stands_in(account.id, alone, organization) == (account.ou == ou)


@given(organizations(), targets)
def test_a_policy_about_nothing_covers_nothing(organization: Organization, target: Target) -> None:
    """Rules 3 and 10."""
    assert not EligibilityPolicy("", permission_sets=frozenset({target.permission_set})).covers(target, organization)
    assert not EligibilityPolicy("", accounts=frozenset({target.account})).covers(target, organization)
    assert not ApprovalPolicy("").covers(target, organization)


@given(policy_books, st.text(min_size=1))
def test_what_no_label_is_known_for_is_called_by_its_id(book: PolicyBook, name: str) -> None:
    labelled = PolicyBook(labels={"arn": name})
    assert labelled.label("arn") == name
    assert book.label(PermissionSetArn("arn")) == "arn"
