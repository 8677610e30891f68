"""A change that makes anything weaker for anybody waits for a second admin; one that only narrows never does."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import approval_for
from core.domain.evaluation import eligibility, never_granted
from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, Target
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_coverage import Members
from core.domain.settings import SETTINGS, MentionApprovers, PolicyChanges, Requirement, Settings, UnknownAssignments
from core.domain.widening import Widening, settings_widened, widens
from tests.domain.test_policy_impact import held, large, many_policies
from tests.setting_values import settings_values
from tests.strategies import GROUPS, OUS, PEOPLE, organizations, policy_books

memberships = st.fixed_dictionaries({group: st.frozensets(st.sampled_from(PEOPLE)) for group in GROUPS})


def is_weaker(
    before: PolicyBook, after: PolicyBook, organization: Organization, members: Members, who: PrincipalId, at: Target
) -> bool:
    """True if this person gets more at this target, or less stands between them and it."""
    if never_granted(organization, after.settings, at):  # nobody is asked to decide there
        return False
    person = held(members, who)
    old, new = (
        None
        if never_granted(organization, book.settings, at) or not organization.accounts[at.account].active
        else eligibility(book, organization, person, at)
        for book in (before, after)
    )
    if new is not None and (old is None or new.limit > old.limit or old.approval_required > new.approval_required):
        return True
    was, now = (approval_for(book, organization, at) for book in (before, after))
    can = now.approvers(members)
    if who in can - was.approvers(members):
        return True
    return bool(can) and (now.quorum < was.quorum or bool(set(was.channels) - set(now.channels)))


def moved(organization: Organization, places: tuple[int, ...]) -> Organization:
    """Tomorrow: accounts stand elsewhere, a new one and a new unit are there, and those that were closed are open."""
    new_unit = OrganizationalUnit(OuId("ou-new"), "new", [*organization.ous][places[0] % len(organization.ous)])
    organization = replace(organization, ous={**organization.ous, new_unit.id: new_unit})
    units = [*organization.ous]
    accounts = {
        each.id: replace(each, ou=units[place % len(units)], active=True)
        for each, place in zip(organization.accounts.values(), places, strict=False)
    }
    new = AccountId("7" * 12)
    return replace(organization, accounts={**accounts, new: Account(new, "new", units[places[-1] % len(units)])})


def cut(before: PolicyBook, other: PolicyBook) -> PolicyBook:
    """Mostly narrower: what two unlike books have in common, policy by policy; demands come and go."""
    pairs = zip(before.eligibility, (*other.eligibility, *before.eligibility), strict=False)
    deciding = zip(before.approval, (*other.approval, *before.approval), strict=False)
    return replace(
        before,
        eligibility=tuple(
            replace(mine, users=mine.users & its.users, ous=mine.ous & its.ous, approval_required=its.approval_required)
            for mine, its in pairs
            if its.max_duration is None or not mine.approval_required
        ),
        approval=tuple(
            replace(
                mine, approver_users=mine.approver_users & its.approver_users, accounts=mine.accounts & its.accounts
            )
            for mine, its in deciding
            if mine.approvals_required >= its.approvals_required
        ),
    )


@given(
    organizations(),
    policy_books,
    policy_books.flatmap(lambda other: st.sampled_from([(other, False), (other, True), (other, True)])),
    memberships,
    st.tuples(*(st.integers(0, len(OUS)) for _ in range(7))),
    st.sampled_from(PEOPLE),
    st.booleans(),
)
def test_whatever_gets_weaker_for_anybody_is_widening(
    organization: Organization,
    before: PolicyBook,
    change: tuple[PolicyBook, bool],
    members: Members,
    places: tuple[int, ...],
    who: PrincipalId,
    later: bool,
) -> None:
    """Everybody in the groups, and wherever unnamed accounts are made by then."""
    other, narrower = change
    after = cut(before, other) if narrower else other
    if widens(before, after, organization):
        return
    tomorrow = moved(organization, places)
    unnamed = _unnamed(tomorrow, before, after)
    there = replace(organization, ous=tomorrow.ous, accounts={**organization.accounts, **unnamed})
    for account in (there if later else organization).accounts:
        for arn in organization.permission_sets:
            assert not is_weaker(before, after, there if later else organization, members, who, Target(account, arn))


def _unnamed(tomorrow: Organization, before: PolicyBook, after: PolicyBook) -> dict[AccountId, Account]:
    named = {account for book in (before, after) for policy in book.policies for account in policy.accounts}
    guarded = before.settings.protected_accounts | after.settings.protected_accounts
    return {each: found for each, found in tomorrow.accounts.items() if each not in named | guarded}


@given(organizations(), policy_books)
def test_what_changes_nothing_widens_nothing(organization: Organization, book: PolicyBook) -> None:
    assert widens(book, replace(book, revision=9, labels={"a": "b"}), organization) == ()


@given(organizations(), policy_books, st.data())
def test_what_only_narrows_takes_effect_at_once(
    organization: Organization, book: PolicyBook, data: st.DataObject
) -> None:
    narrowed = data.draw(st.sampled_from(NARROWING))(book)
    assert widens(book, narrowed, organization) == ()


def _each_eligibility(change: Callable[[EligibilityPolicy], EligibilityPolicy]) -> Callable[[PolicyBook], PolicyBook]:
    return lambda book: replace(book, eligibility=tuple(map(change, book.eligibility)))


def _each_approval(change: Callable[[ApprovalPolicy], ApprovalPolicy]) -> Callable[[PolicyBook], PolicyBook]:
    return lambda book: replace(book, approval=tuple(map(change, book.approval)))


def _settings(**changes: object) -> Callable[[PolicyBook], PolicyBook]:
    return lambda book: replace(book, settings=replace(book.settings, **changes))  # type: ignore[arg-type]


NARROWING: list[Callable[[PolicyBook], PolicyBook]] = [
    _each_eligibility(lambda policy: replace(policy, max_duration=timedelta(minutes=15))),
    _each_eligibility(lambda policy: replace(policy, approval_required=True)),
    _each_eligibility(lambda policy: replace(policy, name=f"{policy.name} renamed")),
    _each_approval(lambda policy: replace(policy, approvals_required=policy.approvals_required + 1)),
    _each_approval(lambda policy: replace(policy, channels=(*policy.channels, ConversationId("C9")))),
    _each_approval(lambda policy: replace(policy, approver_users=frozenset())),
    lambda book: replace(book, eligibility=()),
    lambda book: replace(book, approval=()),
    lambda book: replace(book, eligibility=tuple(reversed(book.eligibility))),
    _settings(max_duration=timedelta(minutes=15)),
    _settings(policy_changes=PolicyChanges.SECOND_ADMIN, ticket=Requirement.REQUIRED, require_justification=True),
]


# --- one by one --------------------------------------------------------------------------------------

LATER, ROOT, ACCOUNT = OuId("ou-later"), OUS[0], AccountId("1" * 12)
ASKING = EligibilityPolicy("asks", groups=frozenset({GROUPS[0]}), ous=frozenset({ROOT}))
ASKING = replace(ASKING, permission_sets=frozenset({PermissionSetArn("a")}))
FREE = replace(ASKING, name="free", groups=frozenset({GROUPS[1]}), approval_required=False)
EVERY = replace(ASKING, permission_sets=frozenset({EVERY_PERMISSION_SET}))
DIRECTLY = replace(ASKING, ous=frozenset(), direct_ous=frozenset({ROOT}))
LEADS = ApprovalPolicy("leads", ous=frozenset({ROOT}), approver_groups=frozenset({GROUPS[2]}))
TWO = replace(LEADS, name="two", approvals_required=2, channels=(ConversationId("C1"),))
BOOK = PolicyBook(1, Settings(), (ASKING,), (LEADS,))


@pytest.mark.parametrize(
    ("before", "after", "because"),
    [
        pytest.param(BOOK, replace(BOOK, eligibility=(ASKING, FREE)), Widening.MORE_ACCESS, id="more people"),
        pytest.param(
            BOOK,
            replace(BOOK, eligibility=(replace(ASKING, ous=frozenset({LATER})), ASKING)),
            None,
            id="a unit below one that is named already",
        ),
        pytest.param(
            replace(BOOK, eligibility=()),
            replace(BOOK, eligibility=(replace(ASKING, ous=frozenset({LATER})),)),
            Widening.MORE_ACCESS,
            id="a unit that nothing is in yet",
        ),
        pytest.param(
            BOOK, replace(BOOK, eligibility=(EVERY,)), Widening.MORE_ACCESS, id="permission sets that may be made"
        ),
        pytest.param(replace(BOOK, eligibility=(EVERY,)), BOOK, None, id="fewer than every permission set"),
        pytest.param(
            replace(BOOK, eligibility=(DIRECTLY,)), BOOK, Widening.MORE_ACCESS, id="what may be made below a unit"
        ),
        pytest.param(BOOK, replace(BOOK, eligibility=(DIRECTLY,)), None, id="only the accounts directly in a unit"),
        pytest.param(
            replace(BOOK, approval=(replace(LEADS, ous=frozenset(), direct_ous=frozenset({LATER})),)),
            replace(BOOK, approval=(replace(LEADS, ous=frozenset({LATER})),)),
            Widening.OTHER_APPROVERS,
            id="approvers of what may be made below a unit",
        ),
        pytest.param(
            replace(BOOK, eligibility=(ASKING, FREE)),
            replace(BOOK, eligibility=(FREE,)),
            Widening.NO_APPROVAL,
            id="a demand for approval goes where another group needs none",
        ),
        pytest.param(
            replace(BOOK, approval=(LEADS, TWO)), BOOK, Widening.FEWER_APPROVALS, id="a quorum goes, approvers stay"
        ),
        pytest.param(replace(BOOK, approval=(TWO,)), replace(BOOK, approval=()), None, id="nobody decides any more"),
        pytest.param(
            replace(BOOK, approval=(TWO,)),
            replace(BOOK, approval=(replace(TWO, channels=()),)),
            Widening.FEWER_CHANNELS,
            id="a channel goes",
        ),
        pytest.param(
            BOOK,
            replace(BOOK, approval=(replace(LEADS, approver_users=frozenset({PEOPLE[0]})),)),
            Widening.OTHER_APPROVERS,
            id="an approver more",
        ),
        pytest.param(
            replace(BOOK, settings=Settings(protected_accounts=frozenset({ACCOUNT}))),
            BOOK,
            Widening.SETTINGS,
            id="guard",
        ),
    ],
)
def test_each_way_to_widen_is_named(before: PolicyBook, after: PolicyBook, because: Widening | None) -> None:
    organization = replace(
        large(), ous={ou: unit for ou, unit in large().ous.items() if unit.parent is None}, accounts={}
    )
    root = next(iter(organization.ous))
    units = {
        ROOT: replace(organization.ous[root], id=ROOT),
        LATER: replace(organization.ous[root], id=LATER, parent=ROOT),
    }
    found = widens(before, after, replace(organization, ous=units))
    assert (because in found) if because else found == ()


@pytest.mark.parametrize(
    ("change", "wider"),
    [
        ({"approval_required": False}, True),
        ({"require_justification": False}, True),
        ({"ticket_pattern": ".*"}, True),
        ({"ticket": Requirement.OPTIONAL}, False),
        ({"ticket": Requirement.REQUIRED}, False),
        ({"approver_comment": Requirement.OFF}, True),
        ({"approver_comment": Requirement.REQUIRED}, False),
        ({"max_duration": timedelta(hours=10)}, True),
        ({"max_duration": timedelta(hours=1)}, False),
        ({"request_expiry": timedelta(days=1)}, True),
        ({"request_expiry": None}, True),
        ({"request_expiry": timedelta(hours=1)}, False),
        ({"max_start_ahead": timedelta(days=1)}, False),
        ({"reminder_after": timedelta(days=1)}, False),
        ({"reminder_after": None}, False),
        ({"mention_approvers": MentionApprovers.USERS}, False),
        ({"protected_accounts": frozenset({ACCOUNT})}, False),
        ({"unknown_assignments": UnknownAssignments.REMOVE}, True),
        ({"admin_group": GroupId("mine")}, True),
        ({"auditor_group": GroupId("mine")}, True),
        ({"policy_changes": PolicyChanges.SECOND_ADMIN}, False),
        ({"max_open_requests": 99}, True),
    ],
)
def test_a_setting_widens_when_something_gets_weaker(change: dict[str, object], wider: bool) -> None:
    after = replace(Settings(), **change)  # type: ignore[arg-type]
    assert bool(settings_widened(Settings(), after)) is wider


@pytest.mark.parametrize("field", ["ticket", "approver_comment", "revoke_reason"])
def test_a_requirement_widens_exactly_when_less_is_asked_for(field: str) -> None:
    by_weight = [Settings(**{field: asked}) for asked in Requirement]  # type: ignore[arg-type]
    for (less, loose), (more, strict) in product(enumerate(by_weight), repeat=2):
        assert settings_widened(strict, loose) == ((field,) if less < more else ())


def test_a_request_that_expires_again_widens_nothing() -> None:
    assert settings_widened(Settings(request_expiry=None), Settings()) == ()


def test_the_second_admin_is_not_switched_off_by_one() -> None:
    before = Settings(policy_changes=PolicyChanges.SECOND_ADMIN)
    assert settings_widened(before, Settings()) == ("policy_changes",)


@given(settings_values(), settings_values())
def test_of_a_change_of_settings_and_its_contrary_one_widens_but_for_who_is_told(
    one: Settings, other: Settings
) -> None:
    there, back = settings_widened(one, other), settings_widened(other, one)
    changed = {name for name in SETTINGS if getattr(one, name) != getattr(other, name)}
    assert changed == {*there, *back} | (changed & {"reminder_after", "mention_approvers", "email_events"})


def test_a_large_change_is_judged_in_a_moment() -> None:
    organization, before = large(), many_policies()
    after = replace(before, eligibility=tuple(replace(p, max_duration=timedelta(hours=5)) for p in before.eligibility))
    begun = time.process_time()
    assert widens(before, after, organization) == (Widening.MORE_TIME,)
    assert time.process_time() - begun < 1.0
