"""Two books are compared field by field, merged without loss, and judged by what was changed."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import PrincipalId
from core.domain.people import Person
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import Change, Section, differences, policy_in
from core.domain.policy_edits import put
from core.domain.policy_merge import merge
from core.domain.policy_validation import (
    Members,
    capped,
    empty_groups,
    faults,
    is_about,
    is_usable_name,
    lacking,
    lockout,
    no_second_admin,
    pattern_problem,
)
from core.domain.setting_kinds import LONGEST_PATTERN
from core.domain.settings import PolicyChanges, Requirement, Settings
from tests.strategies import (
    ACCOUNTS,
    GROUPS,
    OUS,
    PEOPLE,
    PERMISSION_SETS,
    persons,
    policy_books,
    principal,
    subsets,
)

ANN, BEN, CID = PEOPLE[:3]
LEADS, ADMINS = GROUPS[:2]
ELIGIBLE = EligibilityPolicy(
    "engineers",
    groups=frozenset({LEADS}),
    accounts=frozenset(ACCOUNTS[:1]),
    permission_sets=frozenset(PERMISSION_SETS[:1]),
)
APPROVING = ApprovalPolicy("leads", accounts=frozenset(ACCOUNTS[:1]), approver_groups=frozenset({LEADS}))
BOOK = PolicyBook(3, Settings(), (ELIGIBLE,), (APPROVING,))
MEMBERS = {LEADS: frozenset({ANN, BEN}), ADMINS: frozenset({CID})}


def unlabelled(book: PolicyBook) -> tuple[object, ...]:
    return (
        book.settings,
        {policy.name: policy for policy in book.eligibility},
        {policy.name: policy for policy in book.approval},
    )


# --- comparing ---------------------------------------------------------------------------------------


@given(policy_books, policy_books)
def test_two_books_differ_exactly_where_a_field_does(before: PolicyBook, after: PolicyBook) -> None:
    found = {(part.section, part.name, field.field) for part in differences(before, after) for field in part.fields}
    expected = {
        (Section.SETTINGS, "", field.name)
        for field in fields(Settings)
        if getattr(before.settings, field.name) != getattr(after.settings, field.name)
    }
    for section, blank in ((Section.ELIGIBILITY, EligibilityPolicy), (Section.APPROVAL, ApprovalPolicy)):
        olds, news = ({p.name: p for p in getattr(book, section)} for book in (before, after))
        for name in olds.keys() | news.keys():
            old, new = olds.get(name, blank(name)), news.get(name, blank(name))
            expected |= {(section, name, f.name) for f in fields(blank) if getattr(old, f.name) != getattr(new, f.name)}
    assert found == expected


@given(policy_books, policy_books)
def test_what_is_gained_one_way_is_lost_the_other(before: PolicyBook, after: PolicyBook) -> None:
    there = {(p.section, p.name, f.field): (f.gained, f.lost) for p in differences(before, after) for f in p.fields}
    back = {(p.section, p.name, f.field): (f.lost, f.gained) for p in differences(after, before) for f in p.fields}
    assert there == back


def test_a_policy_that_goes_is_told_with_everything_it_had() -> None:
    (gone,) = differences(BOOK, replace(BOOK, eligibility=()))
    assert (gone.section, gone.name, gone.change) == (Section.ELIGIBILITY, "engineers", Change.REMOVED)
    assert {field.field: field.lost for field in gone.fields}["groups"] == (LEADS,)


# --- merging -----------------------------------------------------------------------------------------


@given(policy_books, policy_books)
def test_what_one_alone_has_changed_stands(base: PolicyBook, changed: PolicyBook) -> None:
    assert unlabelled(merge(base, changed, base)) == unlabelled(changed)
    assert unlabelled(merge(base, base, changed)) == unlabelled(changed)
    assert unlabelled(merge(base, changed, changed)) == unlabelled(changed)


@given(policy_books, policy_books, policy_books)
def test_whatever_others_have_added_is_there_and_what_they_took_away_is_not(
    base: PolicyBook, mine: PolicyBook, theirs: PolicyBook
) -> None:
    merged = merge(base, mine, theirs).settings.protected_accounts
    was, had, have = (book.settings.protected_accounts for book in (base, mine, theirs))
    assert merged >= (have - was) | (had - was)
    assert merged.isdisjoint(was - have)
    assert merged.isdisjoint(was - had)


def test_two_who_change_one_policy_both_get_what_they_wanted() -> None:
    mine = replace(BOOK, eligibility=(replace(ELIGIBLE, max_duration=timedelta(hours=2)),))
    theirs = replace(BOOK, revision=4, eligibility=(replace(ELIGIBLE, accounts=frozenset(ACCOUNTS[:2])),))
    (merged,) = merge(BOOK, mine, theirs).eligibility
    assert (merged.max_duration, merged.accounts) == (timedelta(hours=2), frozenset(ACCOUNTS[:2]))
    assert merge(BOOK, mine, theirs).revision == 4


def test_who_renames_a_policy_keeps_what_others_have_changed_in_it_meanwhile() -> None:
    mine = replace(BOOK, eligibility=(replace(ELIGIBLE, name="people", max_duration=timedelta(hours=2)),))
    theirs = replace(BOOK, eligibility=(replace(ELIGIBLE, accounts=frozenset(ACCOUNTS[:2])),))
    (merged,) = merge(BOOK, mine, theirs).eligibility
    assert merged == replace(ELIGIBLE, name="people", max_duration=timedelta(hours=2), accounts=frozenset(ACCOUNTS[:2]))
    assert merge(BOOK, mine, replace(BOOK, eligibility=())).eligibility == mine.eligibility


def test_a_name_given_twice_is_left_for_the_judgement() -> None:
    mine = replace(BOOK, approval=(APPROVING, replace(APPROVING, name="new", approvals_required=2)))
    theirs = replace(BOOK, approval=(APPROVING, replace(APPROVING, name="new")))
    merged = merge(BOOK, mine, theirs)
    assert [policy.name for policy in merged.approval] == ["leads", "new", "new"]
    assert [fault.reason for fault in faults(theirs, merged, MEMBERS, frozenset())] == [Reason.NAME_TAKEN]


def test_under_a_name_given_twice_an_author_finds_the_own_policy_and_changes_no_other() -> None:
    theirs, mine = replace(APPROVING, approvals_required=1), replace(APPROVING, approvals_required=2)
    draft = replace(BOOK, approval=(theirs, mine))
    assert policy_in(draft, Section.APPROVAL, "leads") is mine
    renamed = put(draft, replace(mine, name="other"), was="leads")
    assert renamed.approval == (theirs, replace(mine, name="other"))


def test_a_name_that_is_taken_is_refused_beside_everything_else() -> None:
    after = put(BOOK, EligibilityPolicy("engineers"))
    found = {fault.reason for fault in faults(BOOK, after, MEMBERS, frozenset())}
    assert found == {Reason.NAME_TAKEN, Reason.NO_PEOPLE, Reason.NO_TARGET, Reason.NO_PERMISSION_SETS}


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        (Refusal(Reason.NO_PEOPLE, Field.GROUPS, ("a",)), (Section.ELIGIBILITY, "a")),
        (Refusal(Reason.NO_PEOPLE, Field.APPROVER_GROUPS, ("a",)), (Section.APPROVAL, "a")),
        (Refusal(Reason.ADMINS_LOCKED_OUT, Field.ADMIN_GROUP), (Section.SETTINGS, "")),
    ],
)
def test_a_fault_belongs_to_the_part_in_which_it_is_mended(fault: Refusal, part: tuple[Section, str]) -> None:
    parts = [(Section.SETTINGS, ""), *((s, n) for s in (Section.ELIGIBILITY, Section.APPROVAL) for n in ("a", "b"))]
    assert [each for each in parts if is_about(fault, *each)] == [part]


BESIDE = frozenset({EVERY_PERMISSION_SET, PERMISSION_SETS[0]})

# --- judging -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "reason", "field"),
    [
        (replace(ELIGIBLE, name=" "), Reason.NAME_UNUSABLE, Field.NAME),
        (replace(ELIGIBLE, name="n" * 81), Reason.NAME_UNUSABLE, Field.NAME),
        (replace(ELIGIBLE, groups=frozenset()), Reason.NO_PEOPLE, Field.GROUPS),
        (replace(ELIGIBLE, accounts=frozenset()), Reason.NO_TARGET, Field.ACCOUNTS),
        (replace(ELIGIBLE, permission_sets=frozenset()), Reason.NO_PERMISSION_SETS, Field.PERMISSION_SETS),
        (replace(ELIGIBLE, permission_sets=BESIDE), Reason.EVERY_BESIDE_OTHERS, Field.PERMISSION_SETS),
        (replace(ELIGIBLE, max_duration=timedelta(minutes=5)), Reason.DURATION_TOO_SHORT, Field.MAX_DURATION),
    ],
)
def test_an_impossible_eligibility_policy_is_refused_on_its_field(
    policy: EligibilityPolicy, reason: Reason, field: Field
) -> None:
    found = faults(BOOK, replace(BOOK, eligibility=(policy,)), MEMBERS, frozenset())
    assert [(fault.reason, fault.field) for fault in found] == [(reason, field)]


@pytest.mark.parametrize(
    ("policy", "reason", "field"),
    [
        (replace(APPROVING, accounts=frozenset()), Reason.NO_TARGET, Field.ACCOUNTS),
        (replace(APPROVING, approver_groups=frozenset()), Reason.NO_PEOPLE, Field.APPROVER_GROUPS),
        (replace(APPROVING, approvals_required=3), Reason.QUORUM_OF_POLICY, Field.APPROVALS_REQUIRED),
    ],
)
def test_an_impossible_approval_policy_is_refused_on_its_field(
    policy: ApprovalPolicy, reason: Reason, field: Field
) -> None:
    found = faults(BOOK, replace(BOOK, approval=(policy,)), MEMBERS, frozenset())
    assert [(fault.reason, fault.field) for fault in found] == [(reason, field)]


@given(policy_books, st.fixed_dictionaries({group: subsets(PEOPLE) for group in GROUPS}), subsets(PEOPLE))
def test_a_quorum_is_refused_only_where_every_group_has_somebody_and_they_are_too_few(
    book: PolicyBook, members: Members, disabled: frozenset[PrincipalId]
) -> None:
    """A group that is empty today is a warning: somebody may join it tomorrow."""
    warned = dict(empty_groups(book, members, disabled))
    refused = {
        fault.policies[0]
        for fault in faults(PolicyBook(), book, members, disabled)
        if fault.reason is Reason.QUORUM_OF_POLICY
    }
    for policy in book.approval:
        enabled = [members[group] - disabled for group in policy.approver_groups]
        assert (policy.name in warned) == (frozenset() in enabled)
        able = policy.approver_users.union(*enabled) - disabled
        somebody = bool(policy.approver_users or policy.approver_groups)
        assert (policy.name in refused) == (
            somebody and frozenset() not in enabled and len(able) < policy.approvals_required
        )


def test_disabled_people_make_no_quorum() -> None:
    two = replace(BOOK, approval=(replace(APPROVING, approvals_required=2),))
    assert faults(BOOK, two, MEMBERS, frozenset()) == ()
    assert [fault.detail for fault in faults(BOOK, two, MEMBERS, frozenset({ANN}))] == ["1 of 2"]


@pytest.mark.parametrize("cap", [3, 9])
def test_a_policy_above_the_global_maximum_is_accepted_and_capped(cap: int) -> None:
    """Rule 4: lowering the global limit never waits for the policies, nor does a policy wait for the limit."""
    long = replace(BOOK, eligibility=(replace(ELIGIBLE, max_duration=timedelta(hours=10)),))
    after = replace(long, settings=Settings(max_duration=timedelta(hours=cap)))
    for before in (BOOK, long, replace(after, eligibility=())):
        assert faults(before, after, MEMBERS, frozenset()) == ()
    assert capped(after) == (("engineers", timedelta(hours=10)),)
    assert capped(replace(after, settings=Settings(max_duration=timedelta(hours=10)))) == ()


def test_a_kind_of_policies_that_there_are_none_of_is_named_where_access_depends_on_it() -> None:
    assert lacking(BOOK) == ()
    assert lacking(PolicyBook()) == (Section.ELIGIBILITY,)
    assert lacking(replace(BOOK, eligibility=())) == (Section.ELIGIBILITY,)
    without = replace(BOOK, approval=())
    assert lacking(without) == (Section.APPROVAL,)
    assert lacking(replace(without, settings=Settings(approval_required=False))) == ()
    nobody_asked = replace(ELIGIBLE, approval_required=False)
    assert lacking(replace(without, eligibility=(nobody_asked,))) == ()
    assert lacking(replace(without, eligibility=(nobody_asked, ELIGIBLE))) == (Section.APPROVAL,)


def test_what_a_change_does_not_touch_is_not_its_fault() -> None:
    before = replace(BOOK, approval=(replace(APPROVING, approvals_required=9),))
    after = replace(before, eligibility=(replace(ELIGIBLE, ous=frozenset(OUS[:1])),))
    assert faults(before, after, MEMBERS, frozenset()) == ()


@pytest.mark.parametrize("pattern", ["[", "(?P<n", "*", "x{99999999999}"])
def test_a_pattern_that_python_cannot_read_is_refused(pattern: str) -> None:
    assert pattern_problem(pattern)
    found = faults(BOOK, replace(BOOK, settings=Settings(ticket_pattern=pattern)), MEMBERS, frozenset())
    assert [fault.field for fault in found] == ["ticket_pattern"]


@pytest.mark.parametrize("name", ["engineers", "Ö-team 7", "a" * 80])
def test_a_name_that_can_be_read_and_typed_is_usable(name: str) -> None:
    assert is_usable_name(name)


@given(persons)
def test_nobody_can_lock_the_admins_out(author: Person) -> None:
    before = Settings(admin_group=LEADS)
    for group in (None, ADMINS, GROUPS[2]):
        found = lockout(before, Settings(admin_group=group), MEMBERS, frozenset(), author)
        stays = group is not None and author.id in MEMBERS.get(group, ())
        assert found == (None if stays else Refusal(Reason.ADMINS_LOCKED_OUT, Field.ADMIN_GROUP))
    assert lockout(before, before, {}, frozenset(), author) is None


DIRECT, SECOND = PolicyChanges.DIRECT, PolicyChanges.SECOND_ADMIN


@pytest.mark.parametrize("changes", [SECOND, DIRECT])
@pytest.mark.parametrize("field", [Field.POLICY_CHANGES, Field.ADMIN_GROUP])
@pytest.mark.parametrize("able", [0, 1, 2])
def test_no_change_leaves_others_waiting_for_a_second_admin_who_is_not_there(
    able: int, field: Field, changes: PolicyChanges
) -> None:
    """By the setting itself, or by another admin group while it is on."""
    members = {ADMINS: frozenset(PEOPLE[:3]), LEADS: frozenset(PEOPLE)}
    disabled = frozenset(PEOPLE[able:])
    switched = field is Field.POLICY_CHANGES
    before = Settings(admin_group=ADMINS if switched else LEADS, policy_changes=DIRECT if switched else changes)
    after = Settings(admin_group=ADMINS, policy_changes=changes)
    refused = able < 2 and changes is SECOND
    expected = Refusal(Reason.SECOND_ADMIN_MISSING, field) if refused else None
    assert no_second_admin(before, after, members, disabled) == expected


def test_a_second_admin_who_has_left_refuses_no_other_change_of_settings() -> None:
    before = Settings(admin_group=ADMINS, policy_changes=SECOND)
    assert no_second_admin(before, replace(before, ticket=Requirement.REQUIRED), {}, frozenset()) is None


def test_a_disabled_admin_is_none() -> None:
    author = Person(principal(CID))
    assert lockout(Settings(admin_group=LEADS), Settings(admin_group=ADMINS), MEMBERS, frozenset({CID}), author)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Settings(max_duration=timedelta(minutes=14)), Field.MAX_DURATION),
        (Settings(max_open_requests=0), "max_open_requests"),
        (Settings(max_open_requests=10_000), "max_open_requests"),
        (Settings(ticket_pattern=""), "ticket_pattern"),
        (Settings(ticket_pattern="a" * (LONGEST_PATTERN + 1)), "ticket_pattern"),
    ],
)
def test_settings_outside_their_bounds_are_refused(settings: Settings, field: str) -> None:
    before = PolicyBook(1, Settings(), (), ())
    found = faults(before, replace(before, settings=settings), {}, frozenset())

    assert [fault.field for fault in found] == [field]
    assert faults(before, before, {}, frozenset()) == ()
    kept = replace(before, settings=Settings(ticket_pattern="a" * LONGEST_PATTERN, max_duration=timedelta(minutes=15)))
    assert faults(before, kept, {}, frozenset()) == ()
