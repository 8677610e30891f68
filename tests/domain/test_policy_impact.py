"""The effect of a change on people is exactly what the rules say before and after it, however many there are."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import approval_for
from core.domain.decider_changes import DeciderChange, Deciders
from core.domain.errors import Field
from core.domain.evaluation import eligibility, never_granted
from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import Person
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_coverage import Members
from core.domain.policy_impact import (
    AccessChange,
    PolicyImpact,
    RequestImpact,
    groups_that_matter,
    policy_impact,
)
from core.domain.request import Request, Status
from core.domain.settings import Requirement
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

TARGET = Target(ACCOUNTS[0], PERMISSION_SETS[0])

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


def of(shifts: Iterable[AccessChange], who: PrincipalId) -> int:
    return sum(shift.targets for shift in shifts if who in shift.people)


@given(organizations(), policy_books, policy_books, memberships)
def test_each_person_gains_and_loses_what_the_rules_say(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    found = policy_impact(before, after, organization, members)
    for who in PEOPLE:
        had, has = (open_targets(book, organization, held(members, who)) for book in (before, after))
        assert of(found.gained, who) == len(has.keys() - had.keys())
        assert of(found.lost, who) == len(had.keys() - has.keys())
        assert of(found.freed, who) == sum(had[t] and not has[t] for t in had.keys() & has.keys())
        assert of(found.bound, who) == sum(has[t] and not had[t] for t in had.keys() & has.keys())


Outcome = tuple[bool, timedelta, bool, int, frozenset[PrincipalId], frozenset[ConversationId]]
"""Everything that decides about one person and one target, apart from who is in which group later."""


def outcomes(
    book: PolicyBook, organization: Organization, members: Members
) -> Mapping[tuple[PrincipalId, Target], Outcome]:
    """Person by person and target by target, by the rules."""
    found = {}
    for who in PEOPLE:
        person = held(members, who)
        opened = open_targets(book, organization, person)
        for account in organization.accounts.values():
            for arn in organization.permission_sets:
                target = Target(account.id, arn)
                if account.active and account.id != organization.management_account:
                    may = eligibility(book, organization, person, target) if target in opened else None
                    decided = approval_for(book, organization, target)
                    found[who, target] = (
                        may is not None,
                        may.limit if may else timedelta(),
                        opened.get(target, False),
                        decided.quorum,
                        decided.approvers(members),
                        frozenset(decided.channels),
                    )
    return found


def told_of(found: PolicyImpact) -> set[str]:
    return {name for name in ("gained", "lost", "freed", "bound", "longer", "shorter") if getattr(found, name)}


@given(organizations(), policy_books, policy_books, memberships)
def test_a_preview_is_silent_only_when_every_outcome_of_everybody_stays_the_same(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    """The sentence that nothing changes may never be shown where something does, and nothing is told that is not so."""
    found = policy_impact(before, after, organization, members)
    old, new = (outcomes(book, organization, members) for book in (before, after))
    differ = [(old[at], new[at]) for at in old if old[at] != new[at]]
    expected = set()
    for was, now in differ:
        held_both = was[0] and now[0]
        expected |= {"gained"} if now[0] > was[0] else set()
        expected |= {"lost"} if was[0] > now[0] else set()
        expected |= {"freed"} if held_both and was[2] > now[2] else set()
        expected |= {"bound"} if held_both and now[2] > was[2] else set()
        expected |= {"longer"} if held_both and now[1] > was[1] else set()
        expected |= {"shorter"} if held_both and now[1] < was[1] else set()
    assert told_of(found) == expected
    told = found.redecided
    assert any(was[3:] != now[3:] for was, now in differ) <= bool(told)
    assert all(each.before != each.after for each in told)
    people = frozenset[PrincipalId]().union(*(each.gained for each in told))
    assert people == frozenset[PrincipalId]().union(*(now[4] - was[4] for was, now in differ))
    if any(each.before.quorum > each.after.quorum for each in told):
        assert any(was[3] > now[3] for was, now in differ)


@given(organizations(), policy_books, policy_books, memberships)
def test_what_is_gained_is_told_with_its_longest_time_and_whether_anybody_has_to_approve(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    found = policy_impact(before, after, organization, members)
    for who in PEOPLE:
        person = held(members, who)
        had, has = (open_targets(book, organization, person) for book in (before, after))
        new = has.keys() - had.keys()
        assert of(found.given, who) == sum(not has[target] for target in new)
        assert of(found.given, who) + of(found.askable, who) == of(found.gained, who)
        judged = [eligibility(after, organization, person, target) for target in new]
        limits = [shift.limit for shift in found.gained if who in shift.people and shift.limit]
        assert max((each.limit for each in judged if each), default=None) == max(limits, default=None)


@given(organizations(), policy_books, policy_books, memberships)
def test_deciders_of_a_target_are_those_that_the_rules_name(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    found = {
        target: each
        for each in policy_impact(before, after, organization, members).redecided
        for target in each.examples
    }
    for target, each in found.items():
        for book, said in ((before, each.before), (after, each.after)):
            ruled = approval_for(book, organization, target)
            assert (said.users, said.groups, said.quorum) == (ruled.users, ruled.groups, ruled.quorum)
            assert said.channels == frozenset(ruled.channels)


@given(organizations(), policy_books, policy_books, memberships)
def test_who_becomes_admin_or_auditor_by_a_setting_is_told(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    told = {each.field: each for each in policy_impact(before, after, organization, members).roles}
    for field in (Field.ADMIN_GROUP, Field.AUDITOR_GROUP):
        old, new = (members.get(getattr(book.settings, field), frozenset()) for book in (before, after))
        assert (field in told) == (old != new)
        if field in told:
            assert (set(told[field].gained), set(told[field].lost)) == (new - old, old - new)


@given(organizations(), policy_books, policy_books, memberships)
def test_only_members_of_the_groups_that_matter_need_to_be_known(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    matter = groups_that_matter(before, after, organization)
    fewer = {group: found for group, found in members.items() if group in matter}
    assert policy_impact(before, after, organization, fewer) == policy_impact(before, after, organization, members)


@given(organizations(), policy_books, memberships)
def test_a_change_that_changes_nothing_has_no_effects(
    organization: Organization, book: PolicyBook, members: Members
) -> None:
    assert policy_impact(book, replace(book, revision=9), organization, members, pending=[REQUEST]) == PolicyImpact()


@given(organizations(), policy_books, memberships)
def test_a_new_name_for_a_policy_makes_nobody_else_decide(
    organization: Organization, book: PolicyBook, members: Members
) -> None:
    renamed = tuple(replace(policy, name=f"new {policy.name}") for policy in book.approval)

    assert policy_impact(book, replace(book, approval=renamed), organization, members).redecided == ()


@given(organizations(), policy_books, policy_books, memberships)
def test_going_back_does_the_opposite(
    organization: Organization, before: PolicyBook, after: PolicyBook, members: Members
) -> None:
    there, back = (
        policy_impact(before, after, organization, members),
        policy_impact(after, before, organization, members),
    )
    for one, other in (("gained", "lost"), ("freed", "bound"), ("longer", "shorter"), ("redecided", "redecided")):
        for name, opposite in ((one, other), (other, one)):
            assert whom(getattr(there, name)) == whom(getattr(back, opposite))


def whom(told: Iterable[AccessChange | DeciderChange]) -> list[tuple[int, tuple[Target, ...]]]:
    return sorted(((each.targets, each.examples) for each in told), key=repr)


@given(organizations(), policy_books, policy_books, memberships, st.frozensets(st.sampled_from(PEOPLE)))
def test_an_account_is_undecidable_where_access_needs_more_approvals_than_people_can_give(
    organization: Organization,
    before: PolicyBook,
    after: PolicyBook,
    members: Members,
    disabled: frozenset[PrincipalId],
) -> None:
    """An account that was undecidable before is reported again only where this change makes or changes a policy."""
    found = policy_impact(before, after, organization, members, disabled=disabled)
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
    elsewhere = replace(before, settings=replace(before.settings, ticket=Requirement.REQUIRED))
    said = [
        policy_impact(before, after, organization, {}).undecidable for after in (nobody_for_either, longer, elsewhere)
    ]
    assert said == [(account,), (account,), ()]


@given(situations())
def test_a_pending_request_is_touched_when_its_policy_goes(situation: Situation) -> None:
    seen = situation.seen
    ask = situation.ask
    pending = replace(REQUEST, requester=seen.person.id, target=ask.target, duration=ask.duration)
    after = replace(seen.book, eligibility=())
    found = policy_impact(seen.book, after, seen.organization, situation.members, pending=[pending])
    was = eligibility(seen.book, seen.organization, seen.person, ask.target)
    assert [touched.how for touched in found.touched] == ([(RequestImpact.NOT_ELIGIBLE,)] if was else [])


@given(situations())
def test_a_pending_request_is_touched_when_others_decide(situation: Situation) -> None:
    seen, target = situation.seen, situation.ask.target
    pending = replace(REQUEST, requester=seen.person.id, target=target)
    after = replace(seen.book, approval=())
    found = policy_impact(seen.book, after, seen.organization, situation.members, pending=[pending])
    approval = approval_for(seen.book, seen.organization, target)
    touched = any(RequestImpact.OTHER_APPROVERS in each.how for each in found.touched)
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
    found = policy_impact(before, after, organization, members)
    took = time.process_time() - begun
    assert sum(len(shift.people) for shift in found.gained) == 60
    assert took < 1.0, took


def test_everything_that_decides_in_a_large_organization_is_compared_in_a_moment() -> None:
    """Every approval policy changes, and a quarter of them name permission sets of their own."""
    organization, before = large(), many_policies()
    after = replace(
        before,
        settings=replace(before.settings, max_duration=timedelta(hours=2)),
        approval=tuple(
            replace(
                policy, approvals_required=2, permission_sets=frozenset(SETS[n % 40 :]) if n % 4 == 0 else frozenset()
            )
            for n, policy in enumerate(before.approval)
        ),
    )
    organization.accounts_under  # noqa: B018 - the process has it at hand
    begun = time.process_time()
    found = policy_impact(before, after, organization, {GroupId("g0"): frozenset({PrincipalId("p")})})
    took = time.process_time() - begun
    assert found.redecided
    assert found.shorter
    assert took < 1.0, took


def test_deciders_who_come_and_go_are_named_by_group_and_channel() -> None:
    before = Deciders(groups=frozenset(GROUPS[:2]), channels=frozenset({ConversationId("C1")}))
    after = Deciders(groups=frozenset(GROUPS[1:3]), channels=frozenset({ConversationId("C2")}))
    told = DeciderChange(before, after, (), (), 1, (TARGET,), askable=True)

    assert (told.groups_gained, told.groups_lost) == ((GROUPS[2],), (GROUPS[0],))
    assert (told.channels_gained, told.channels_lost) == (("C2",), ("C1",))
