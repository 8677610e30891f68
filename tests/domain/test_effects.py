"""What a change does to people is exactly what the rules say before and after it, however many there are."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import approval_for
from core.domain.effects import Effects, Shift, Touch, effects, groups_that_matter
from core.domain.eligibility import eligibility, never_granted
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import Person
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.reach import Members
from core.domain.request import Request, Status
from tests.strategies import (
    ACCOUNTS,
    GROUPS,
    PEOPLE,
    PERMISSION_SETS,
    Situation,
    organizations,
    policy_books,
    principal,
    situations,
)

REQUEST = Request(
    status=Status.PENDING,
    requester=PEOPLE[0],
    requester_name="Ann",
    requester_chat=None,
    target=Target(AccountId("1"), PermissionSetArn("1")),
    account_name="Account",
    permission_set_name="Set",
    duration=timedelta(hours=1),
    justification="why",
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
    expires_at=datetime(2026, 3, 3, tzinfo=UTC),
)
memberships = st.fixed_dictionaries({group: st.frozensets(st.sampled_from(PEOPLE)) for group in GROUPS})


def held(members: Members, who: PrincipalId) -> Person:
    return Person(principal(who), frozenset(group for group, found in members.items() if who in found))


def open_targets(book: PolicyBook, organization: Organization, person: Person) -> Mapping[Target, bool]:
    """Every target that somebody may ask for, and whether approval is needed: one by one, by the rules."""
    found = {}
    for account in organization.accounts.values():
        for arn in organization.permission_sets:
            target = Target(account.id, arn)
            may = eligibility(book, organization, person, target)
            if may and account.active and never_granted(organization, book.settings, target) is None:
                found[target] = may.approval_required
    return found


def of(shifts: Iterable[Shift], who: PrincipalId) -> int:
    return sum(shift.targets for shift in shifts if who in shift.people)


@given(organizations(), policy_books, policy_books, memberships)
def test_each_person_gains_and_loses_what_the_rules_say(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    found = effects(before, after, organization, members)
    for who in PEOPLE:
        had, has = (open_targets(book, organization, held(members, who)) for book in (before, after))
        assert of(found.gained, who) == len(has.keys() - had.keys())
        assert of(found.lost, who) == len(had.keys() - has.keys())
        assert of(found.freed, who) == sum(had[t] and not has[t] for t in had.keys() & has.keys())
        assert of(found.bound, who) == sum(has[t] and not had[t] for t in had.keys() & has.keys())


@given(organizations(), policy_books, policy_books, memberships)
def test_only_members_of_the_groups_that_matter_need_to_be_known(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    matter = groups_that_matter(before, after, organization)
    fewer = {group: found for group, found in members.items() if group in matter}
    assert effects(before, after, organization, fewer) == effects(before, after, organization, members)


@given(organizations(), policy_books, memberships)
def test_a_change_that_changes_nothing_has_no_effects(
    organization: Organization, book: PolicyBook, members: Members
) -> None:
    assert effects(book, replace(book, revision=9), organization, members, pending=[REQUEST]) == Effects()


@given(organizations(), policy_books, policy_books, memberships)
def test_going_back_does_the_opposite(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    there, back = effects(before, after, organization, members), effects(after, before, organization, members)
    assert (there.gained, there.lost, there.freed, there.bound) == (back.lost, back.gained, back.bound, back.freed)


@given(organizations(), policy_books, policy_books, memberships, st.frozensets(st.sampled_from(PEOPLE)))
def test_an_account_is_undecidable_where_access_needs_more_approvals_than_people_can_give(
    organization: Organization,
    before: PolicyBook,
    after: PolicyBook,
    members: Members,
    disabled: frozenset[PrincipalId],
) -> None:
    """Where that was so before, it is told of again only where this change makes or changes a policy."""
    found = effects(before, after, organization, members, disabled=disabled)
    was = undecidable_targets(before, before.eligibility, organization, members, disabled)
    settings_changed = before.settings != after.settings
    changed = after.eligibility if settings_changed else [p for p in after.eligibility if p not in before.eligibility]
    is_now = undecidable_targets(after, after.eligibility, organization, members, disabled)
    expected = (is_now - was) | undecidable_targets(after, changed, organization, members, disabled)
    if settings_changed:  # some settings change what policies open, and some do not
        assert {target.account for target in is_now - was} <= set(found.undecidable)
        assert set(found.undecidable) <= {target.account for target in expected}
    else:
        assert set(found.undecidable) == {target.account for target in expected}


def undecidable_targets(
    book: PolicyBook,
    policies: Iterable[EligibilityPolicy],
    organization: Organization,
    members: Members,
    disabled: frozenset[PrincipalId],
) -> set[Target]:
    found: set[Target] = set()
    for policy in policies:
        asker = Person(principal(next(iter(policy.users), PEOPLE[0])), policy.groups)
        for target, asks in open_targets(replace(book, eligibility=(policy,)), organization, asker).items():
            approval = approval_for(book, organization, target)
            if asks and len(approval.approvers(members) - disabled) < approval.quorum:
                found.add(target)
    return found


def test_what_nobody_can_approve_is_told_also_where_something_else_was_so_already() -> None:
    account, root, (first, second) = ACCOUNTS[0], OuId("r"), PERMISSION_SETS[:2]
    organization = Organization(
        {account: Account(account, "a", root)},
        {root: OrganizationalUnit(root, "Root")},
        {arn: PermissionSet(arn, arn) for arn in (first, second)},
        AccountId("9" * 12),
        REQUEST.created_at,
    )
    asking = EligibilityPolicy("e", frozenset({PEOPLE[0]}), accounts=frozenset({account}))
    asking = replace(asking, permission_sets=frozenset({first, second}))
    deciding = ApprovalPolicy("a", accounts=frozenset({account}), permission_sets=frozenset({first}))
    deciding = replace(deciding, approver_users=frozenset({PEOPLE[1]}))
    before = PolicyBook(eligibility=(asking,), approval=(deciding,))
    nobody_for_either = replace(before, approval=())
    longer = replace(before, eligibility=(replace(asking, max_duration=timedelta(hours=2)),))
    elsewhere = replace(before, settings=replace(before.settings, require_ticket=True))
    said = [effects(before, after, organization, {}).undecidable for after in (nobody_for_either, longer, elsewhere)]
    assert said == [(account,), (account,), ()]


@given(situations())
def test_a_pending_request_is_touched_when_its_policy_goes(situation: Situation) -> None:
    seen = situation.seen
    ask = situation.ask
    pending = replace(REQUEST, requester=seen.person.id, target=ask.target, duration=ask.duration)
    after = replace(seen.book, eligibility=())
    found = effects(seen.book, after, seen.organization, situation.members, pending=[pending])
    was = eligibility(seen.book, seen.organization, seen.person, ask.target)
    assert [touched.how for touched in found.touched] == ([(Touch.NOT_ELIGIBLE,)] if was else [])


@given(situations())
def test_a_pending_request_is_touched_when_others_decide(situation: Situation) -> None:
    seen, target = situation.seen, situation.ask.target
    pending = replace(REQUEST, requester=seen.person.id, target=target)
    after = replace(seen.book, approval=())
    found = effects(seen.book, after, seen.organization, situation.members, pending=[pending])
    approval = approval_for(seen.book, seen.organization, target)
    touched = any(Touch.OTHER_APPROVERS in each.how for each in found.touched)
    assert touched == bool(approval.users or approval.groups)


# --- a large organization ----------------------------------------------------------------------------

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ROOT = OuId("r-root")
UNITS = [OuId(f"ou-{n:03}") for n in range(600)]
SETS = [PermissionSetArn(f"arn:{n:02}") for n in range(50)]


def large() -> Organization:
    """3,000 accounts in 600 units, 50 permission sets."""
    units = {ou: OrganizationalUnit(ou, ou, UNITS[n // 5] if n else ROOT) for n, ou in enumerate(UNITS)}
    accounts = [Account(AccountId(f"{n:012}"), f"account {n}", UNITS[n % 600]) for n in range(3000)]
    return Organization(
        accounts={account.id: account for account in accounts},
        ous={ROOT: OrganizationalUnit(ROOT, "Root"), **units},
        permission_sets={arn: PermissionSet(arn, arn) for arn in SETS},
        management_account=AccountId("999999999999"),
        taken_at=NOW,
    )


def many_policies() -> PolicyBook:
    return PolicyBook(
        eligibility=tuple(
            EligibilityPolicy(
                f"e{n}",
                groups=frozenset({GroupId(f"g{n % 100}")}),
                ous=frozenset({UNITS[n * 3]}),
                permission_sets=frozenset(SETS[n % 40 : n % 40 + 10]),
                max_duration=timedelta(hours=4),
            )
            for n in range(200)
        ),
        approval=tuple(
            ApprovalPolicy(f"a{n}", ous=frozenset({UNITS[n * 6]}), approver_groups=frozenset({GroupId(f"g{n}")}))
            for n in range(100)
        ),
    )


def test_everything_for_everybody_in_a_large_organization_is_told_in_a_moment() -> None:
    organization, before = large(), many_policies()
    everybody = EligibilityPolicy(
        "all", groups=frozenset({GroupId("g0")}), ous=frozenset({ROOT}), permission_sets=frozenset(SETS)
    )
    after = replace(before, eligibility=(*before.eligibility, everybody))
    members = {
        GroupId(f"g{n}"): frozenset(PrincipalId(f"p{m}") for m in range(n * 20, n * 20 + 60)) for n in range(100)
    }
    organization.accounts_under  # noqa: B018 - the process has it at hand
    begun = time.process_time()
    found = effects(before, after, organization, members)
    took = time.process_time() - begun
    assert sum(len(shift.people) for shift in found.gained) == 60
    assert took < 1.0, took
