"""Groups as targets: nobody joins one that has power here, and what policies say of groups adds up as of accounts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import approval_for
from core.domain.assignment import LISTS_LAG, Assignment, AssignmentChange, Operation, OperationKind
from core.domain.drift import Unknown, is_managed, managed_targets, may_remove
from core.domain.errors import Field, Reason, Refusal
from core.domain.evaluation import EvaluationInput, barred_target, eligibility, evaluate_target, groups_open_to
from core.domain.group_targets import clashing, groups_with_power, lasting_groups, lasting_members, not_joined
from core.domain.ids import AccountId, GroupId, PrincipalId
from core.domain.organization import MEMBERSHIP, Organization, Target, membership_of
from core.domain.people import Group, Person
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_impact import policy_impact
from core.domain.policy_validation import faults
from core.domain.policy_warnings import KnownState, WarningKind, policy_warnings
from core.domain.request import Status
from core.domain.settings import UnknownAssignments
from core.domain.visibility import may_see, personas, visible_requests
from core.domain.widening import widens
from tests.domain.test_policy_impact import held
from tests.handlers.samples import STATES
from tests.strategies import GROUPS, NOW, PEOPLE, organizations, persons, policy_books, principal, requests

JOINED = tuple(GroupId(f"joined-{n}") for n in range(1, 4))
NAMED = (*JOINED, *GROUPS[:2])
KNOWN = {group: Group(group, group.title(), is_synchronized=group == JOINED[2]) for group in NAMED}
memberships = st.fixed_dictionaries({group: st.frozensets(st.sampled_from(PEOPLE)) for group in GROUPS})
some = st.frozensets(st.sampled_from((*JOINED, *JOINED, *NAMED)), max_size=2)


def _with_groups(drawn: tuple[PolicyBook, list[frozenset[GroupId]], bool]) -> PolicyBook:
    book, named, is_on = drawn
    joined = iter(named)
    return replace(
        book,
        settings=replace(book.settings, group_targets=is_on),
        eligibility=tuple(replace(policy, target_groups=next(joined)) for policy in book.eligibility),
        approval=tuple(replace(policy, target_groups=next(joined)) for policy in book.approval),
    )


books = st.tuples(policy_books, st.lists(some, min_size=4, max_size=4), st.sampled_from((True, True, True, False))).map(
    _with_groups
)


def seen(book: PolicyBook, organization: Organization, person: Person, group: GroupId) -> EvaluationInput:
    approvers = frozenset(PEOPLE)
    return EvaluationInput(
        book, organization, person, NOW, lambda *_: True, approvers=approvers, group=KNOWN.get(group)
    )


@given(organizations(), books, persons, st.sampled_from(NAMED))
def test_nobody_joins_a_group_with_power_here_whatever_is_stored(
    organization: Organization, book: PolicyBook, person: Person, group: GroupId
) -> None:
    """Rules 3 and 9: the verdict, the choices of the form and what is under management agree."""
    verdict = evaluate_target(membership_of(group), seen(book, organization, person, group))
    named = any(group in policy.target_groups for policy in book.naming(person))
    powerful = group in groups_with_power(book)
    may = named and not powerful and book.settings.group_targets and not KNOWN[group].is_synchronized
    assert (group in groups_open_to(book, person, KNOWN)) == may
    reasons = {refusal.reason for refusal in verdict.refusals}
    if not may:
        assert reasons & {Reason.NOT_ELIGIBLE, Reason.GROUPS_OFF, Reason.GROUP_HAS_POWER, Reason.GROUP_SYNCHRONIZED}
    else:
        assert reasons <= {Reason.PRINCIPAL_DISABLED, Reason.NO_APPROVER, Reason.QUORUM_UNREACHABLE}
    assert all(refusal.field in {None, Field.GROUP} for refusal in verdict.told)


@given(organizations(), books, persons)
def test_a_group_that_is_not_there_is_told_like_one_that_is_not_open(
    organization: Organization, book: PolicyBook, person: Person
) -> None:
    nowhere = GroupId("nowhere")
    told = evaluate_target(membership_of(nowhere), seen(book, organization, person, nowhere)).told
    assert told == (Refusal(Reason.NOT_ELIGIBLE, Field.GROUP),)


@given(organizations(), books)
def test_groups_open_no_account_and_accounts_no_group(organization: Organization, book: PolicyBook) -> None:
    """Rule 3: nothing that a policy says of the one is about the other."""
    bare = replace(
        book,
        eligibility=tuple(replace(policy, target_groups=frozenset()) for policy in book.eligibility),
        approval=tuple(replace(policy, target_groups=frozenset()) for policy in book.approval),
    )
    for who in PEOPLE:
        person = Person(principal(who), frozenset(GROUPS))
        for account in organization.accounts:
            for arn in organization.permission_sets:
                target = Target(account, arn)
                assert eligibility(book, organization, person, target) == eligibility(
                    bare, organization, person, target
                )
        for group in NAMED:
            assert eligibility(bare, organization, person, membership_of(group)) is None
            assert not approval_for(bare, organization, membership_of(group)).policies


@given(organizations(), books, books, memberships)
def test_a_change_that_opens_a_group_to_anybody_widens_and_is_counted(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Mapping[GroupId, frozenset[PrincipalId]]
) -> None:
    """Rule 25."""
    accounts = organization.accounts
    done = policy_impact(before, after, organization, members)
    gained_any = False
    for who in PEOPLE:
        person = held(members, who)
        had, has = (_open(book, organization, person) for book in (before, after))
        gained_any = gained_any or bool(has - had)
        told = [each for shift in done.gained if who in shift.people for each in shift.examples]
        assert {each.group for each in told if each.group} <= has - had
        total = sum(shift.targets for shift in done.gained if who in shift.people)
        assert total >= len(has - had)
    assert all(each.group or each.account in accounts for shift in done.gained for each in shift.examples)
    if gained_any:
        assert widens(before, after, organization)


def _open(book: PolicyBook, organization: Organization, person: Person) -> frozenset[GroupId]:
    """Groups that somebody may ask for by the policies, one by one; what another system keeps is known only then."""
    return frozenset(
        group
        for group in NAMED
        if eligibility(book, organization, person, membership_of(group))
        and barred_target(book, organization, membership_of(group)) is None
    )


@given(organizations(), books, persons, requests(), st.sampled_from(NAMED))
def test_who_decides_about_a_group_sees_its_requests(
    organization: Organization, book: PolicyBook, person: Person, request: Any, group: GroupId
) -> None:
    """Rule 22: one by one and as the condition of a query."""
    request = replace(request, target=membership_of(group))
    visible = visible_requests(book, organization, person)
    assert (visible is None or visible.include(request)) == may_see(book, organization, person, request)


@given(organizations(), books)
def test_a_group_is_under_management_while_somebody_could_be_put_into_it(
    organization: Organization, book: PolicyBook
) -> None:
    """Rule 19: in one order with accounts, from any place on."""
    every = list(managed_targets(book, organization))
    assert every == sorted(every, key=lambda target: (target.account, target.permission_set))
    named = frozenset().union(*(policy.target_groups for policy in book.eligibility))
    wanted = named - groups_with_power(book) if book.settings.group_targets else frozenset()
    assert {target.group for target in every if target.group} == wanted
    assert all(is_managed(book, organization, target) for target in every)
    for place, target in enumerate(every[:5]):
        assert list(managed_targets(book, organization, target)) == every[place + 1 :]


@pytest.mark.parametrize("setting", UnknownAssignments)
def test_no_setting_removes_a_member_whom_others_added(setting: UnknownAssignments) -> None:
    found = Unknown(PEOPLE[0], membership_of(JOINED[0]), NOW.replace(year=2020), told_at=NOW.replace(year=2020))
    assert not may_remove(found, setting, NOW)


@given(policy_books, books)
def test_a_change_that_gives_a_target_power_or_makes_a_target_of_power_is_refused(
    before: PolicyBook, after: PolicyBook
) -> None:
    wrong = [each for each in faults(before, after, {}, frozenset()) if each.reason is Reason.TARGET_GROUP_HAS_POWER]
    assert {each.detail for each in wrong} == clashing(after) - clashing(before)


@pytest.mark.parametrize(
    "after",
    [
        PolicyBook(eligibility=(EligibilityPolicy("p", target_groups=frozenset(JOINED[:1])),)),
        PolicyBook(approval=(ApprovalPolicy("p", target_groups=frozenset(JOINED[:1])),)),
    ],
)
def test_a_policy_about_groups_alone_has_its_target(after: PolicyBook) -> None:
    reasons = {each.reason for each in faults(PolicyBook(), after, {}, frozenset())}
    assert reasons == {Reason.NO_PEOPLE}
    (policy,) = after.policies
    spoilt = replace(policy, accounts=frozenset({AccountId("1" * 12)}))
    if isinstance(spoilt, EligibilityPolicy):
        found = faults(PolicyBook(), replace(after, eligibility=(spoilt,)), {}, frozenset())
        assert Reason.NO_PERMISSION_SETS in {each.reason for each in found}


def test_membership_is_no_permission_set_of_anybody() -> None:
    assert Target(AccountId("1" * 12), MEMBERSHIP).group == "1" * 12, "the word alone says which kind it is"
    assert membership_of(JOINED[0]).permission_set == MEMBERSHIP


@given(organizations(), books, persons)
def test_a_policy_whose_groups_nobody_can_join_is_warned_of_and_no_other(
    organization: Organization, book: PolicyBook, person: Person
) -> None:
    synchronized = frozenset({JOINED[2]})
    found = list(not_joined(book, synchronized))
    warned = {(policy.name, group) for policy, _, groups in found for group in groups}
    for policy in book.eligibility:
        alone = replace(book, eligibility=(replace(policy, users=frozenset({person.id})),))
        alone = replace(book, eligibility=(*alone.eligibility, *(p for p in book.eligibility if p is not policy)))
        can = groups_open_to(alone, replace(person, groups=frozenset()), KNOWN) & policy.target_groups
        assert {(policy.name, group) for group in policy.target_groups - can} == {
            each for each in warned if each[0] == policy.name
        }
    kinds = {each.kind for each in policy_warnings(book, KnownState(organization, synchronized=synchronized))}
    assert (WarningKind.NOT_JOINED in kinds) == bool(found)


def test_somebody_who_is_in_a_group_that_another_system_keeps_by_now_is_a_warning() -> None:
    organization, request = Organization({}, {}, {}, AccountId("9" * 12), NOW), STATES[Status.ACTIVE]
    request = replace(request, target=membership_of(JOINED[2]))
    (found,) = policy_warnings(
        PolicyBook(),
        KnownState(organization, synchronized=frozenset({JOINED[2]})),
        live=[request, replace(request, target=membership_of(JOINED[0]))],
    )
    assert (found.kind, found.request, found.reason) == (WarningKind.NOT_JOINED, request, Reason.GROUP_SYNCHRONIZED)


ENTRIES = {
    "made": Assignment(PEOPLE[0], membership_of(JOINED[0]), ours=True),
    "being made": Assignment(PEOPLE[0], membership_of(JOINED[0]), operation=Operation(OperationKind.CREATE, NOW)),
    "perhaps made": Assignment(PEOPLE[0], membership_of(JOINED[0]), hanging=(Operation(OperationKind.CREATE, NOW),)),
    "just deleted": Assignment(
        PEOPLE[0], membership_of(JOINED[0]), changed=AssignmentChange(OperationKind.DELETE, NOW, NOW)
    ),
}
OVER = replace(
    ENTRIES["just deleted"], changed=AssignmentChange(OperationKind.DELETE, NOW - LISTS_LAG, NOW - timedelta(days=1))
)
entries = st.dictionaries(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(GROUPS)), st.sampled_from([*ENTRIES.values(), OVER])
).map(
    lambda drawn: [replace(entry, principal=who, target=membership_of(group)) for (who, group), entry in drawn.items()]
)


@given(organizations(), policy_books, memberships, entries)
def test_a_membership_of_the_bots_making_gives_nobody_any_power(
    organization: Organization,
    book: PolicyBook,
    members: Mapping[GroupId, frozenset[PrincipalId]],
    entries: list[Assignment],
) -> None:
    """Rule 2: with it a person may do here what they may without it, whatever its group has come to mean."""
    ours = {(entry.principal, entry.target.group) for entry in entries if entry.changed != OVER.changed}
    for who in PEOPLE:
        every = held(members, who).groups
        counted = Person(principal(who), lasting_groups(every, entries_of(entries, who), NOW))
        without = Person(principal(who), frozenset(group for group in every if (who, group) not in ours))
        assert counted.groups == without.groups
        assert personas(book, counted) == personas(book, without)
        assert visible_requests(book, organization, counted) == visible_requests(book, organization, without)
    for group, found in members.items():
        of_group = [entry for entry in entries if entry.target.group == group]
        counted_members = lasting_members(found, of_group, NOW)
        assert counted_members == {
            who for who in found if group in lasting_groups({group}, entries_of(entries, who), NOW)
        }


def entries_of(entries: list[Assignment], who: PrincipalId) -> list[Assignment]:
    return [entry for entry in entries if entry.principal == who]
