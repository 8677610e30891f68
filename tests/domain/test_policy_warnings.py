"""Standing warnings tell what is wrong, and nothing that could not be looked up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from core.domain.drift import Unknown
from core.domain.errors import Field
from core.domain.ids import AccountId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, Target
from core.domain.people import ChatUser, Pin, PinState
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import Section
from core.domain.policy_validation import Obstacle
from core.domain.policy_warnings import KnownState, PolicyWarning, WarningKind, policy_warnings
from core.domain.replicas import Replica
from core.domain.request import Request, Status
from core.domain.settings import PolicyChanges, Settings
from tests.strategies import (
    ACCOUNTS,
    CHANNELS,
    GROUPS,
    NOW,
    PEOPLE,
    PERMISSION_SETS,
    organizations,
    policy_books,
    requests,
)

TARGET = Target(ACCOUNTS[0], PERMISSION_SETS[0])

LEADS, ADMINS, GONE = GROUPS[0], GROUPS[1], GROUPS[2]
ANN, BEN = PEOPLE[:2]
HOUR = timedelta(hours=1)
EMPTY = Organization({}, {}, {}, AccountId("9" * 12), datetime(2026, 3, 2, tzinfo=UTC))
KNOWN = KnownState(EMPTY, {LEADS, ADMINS}, {ANN, BEN}, frozenset(), {LEADS: {ANN, BEN}, ADMINS: {ANN}})
APPROVING = ApprovalPolicy("leads", approver_groups=frozenset({LEADS}), channels=CHANNELS[:1])
BOOK = PolicyBook(settings=Settings(admin_group=ADMINS), approval=(APPROVING,))


def test_where_nothing_is_wrong_nothing_is_said() -> None:
    assert policy_warnings(BOOK, KNOWN) == ()


@pytest.mark.parametrize(
    ("policy", "field", "missing"),
    [
        (EligibilityPolicy("p", groups=frozenset({GONE, LEADS})), Field.GROUPS, (GONE,)),
        (EligibilityPolicy("p", users=frozenset({PEOPLE[4]})), Field.USERS, (PEOPLE[4],)),
        (EligibilityPolicy("p", accounts=frozenset({AccountId("1")})), Field.ACCOUNTS, ("1",)),
        (EligibilityPolicy("p", ous=frozenset({OuId("ou-1")})), Field.OUS, ("ou-1",)),
        (EligibilityPolicy("p", direct_ous=frozenset({OuId("ou-1")})), Field.DIRECT_OUS, ("ou-1",)),
        (
            EligibilityPolicy("p", permission_sets=frozenset({PermissionSetArn("ps")})),
            Field.PERMISSION_SETS,
            ("ps",),
        ),
    ],
)
def test_what_a_policy_names_and_is_gone_is_told(
    policy: EligibilityPolicy, field: Field, missing: tuple[str, ...]
) -> None:
    found = policy_warnings(replace(BOOK, eligibility=(policy,)), KNOWN)
    assert found == (PolicyWarning(WarningKind.GONE, Section.ELIGIBILITY, "p", field, missing),)


def test_a_closed_account_is_gone_from_a_policy_and_may_stay_protected() -> None:
    closed = Account(AccountId("1" * 12), "Closed", OuId("ou-1"), active=False)
    known = replace(KNOWN, organization=replace(EMPTY, accounts={closed.id: closed}))
    naming = EligibilityPolicy("p", accounts=frozenset({closed.id}))
    protecting = replace(BOOK.settings, protected_accounts=frozenset({closed.id}))
    found = policy_warnings(replace(BOOK, settings=protecting, eligibility=(naming,)), known)
    assert found == (PolicyWarning(WarningKind.GONE, Section.ELIGIBILITY, "p", Field.ACCOUNTS, (closed.id,)),)


def test_a_group_of_settings_that_is_gone_is_told() -> None:
    book = replace(BOOK, settings=replace(BOOK.settings, auditor_group=GONE))
    assert policy_warnings(book, KNOWN) == (
        PolicyWarning(WarningKind.GONE, Section.SETTINGS, "", Field.AUDITOR_GROUP, (GONE,)),
    )


def test_a_quorum_with_too_few_enabled_people_is_told() -> None:
    book = replace(BOOK, approval=(replace(APPROVING, approvals_required=2),))
    assert policy_warnings(book, KNOWN) == ()
    (found,) = policy_warnings(book, replace(KNOWN, disabled=frozenset({BEN})))
    assert (found.kind, found.able, found.needed) == (WarningKind.QUORUM, 1, 2)


def test_an_admin_group_without_anybody_enabled_is_told() -> None:
    for known, book in (
        (replace(KNOWN, disabled=frozenset({ANN})), BOOK),
        (KNOWN, replace(BOOK, settings=Settings())),
    ):
        assert WarningKind.NO_ADMINS in {found.kind for found in policy_warnings(book, known)}


def test_an_only_admin_is_told_where_changes_wait_for_a_second() -> None:
    settings = Settings(admin_group=ADMINS, policy_changes=PolicyChanges.SECOND_ADMIN)
    book = replace(BOOK, settings=settings)
    assert [found.kind for found in policy_warnings(book, KNOWN)] == [WarningKind.ONE_ADMIN]
    two = replace(KNOWN, members={LEADS: {ANN, BEN}, ADMINS: {ANN, BEN}})
    assert policy_warnings(book, two) == ()
    gone = {found.kind for found in policy_warnings(book, replace(two, disabled=frozenset({BEN})))}
    assert WarningKind.ONE_ADMIN in gone


@pytest.mark.parametrize("obstacle", Obstacle)
def test_a_channel_in_which_no_card_can_stand_is_told(obstacle: Obstacle) -> None:
    (found,) = policy_warnings(BOOK, replace(KNOWN, obstacles={CHANNELS[0]: obstacle}))
    assert (found.kind, found.ids, found.obstacle) == (WarningKind.CHANNEL, (CHANNELS[0],), obstacle)


def test_drift_comes_before_what_is_wrong_with_policies() -> None:
    drift = Unknown(ANN, Target(AccountId("1"), PermissionSetArn("ps")), EMPTY.taken_at)
    book = replace(BOOK, settings=Settings())
    assert [found.kind for found in policy_warnings(book, KNOWN, drift=[drift])] == [
        WarningKind.DRIFT,
        WarningKind.NO_ADMINS,
    ]


@given(organizations(), policy_books)
def test_what_could_not_be_looked_up_is_not_said_to_be_gone(organization: Organization, book: PolicyBook) -> None:
    of_aws = {Field.ACCOUNTS, Field.OUS, Field.DIRECT_OUS, Field.PERMISSION_SETS}
    of_settings = {"protected_accounts", "protected_permission_sets"}
    for found in policy_warnings(book, KnownState(organization)):
        assert found.kind is WarningKind.GONE
        assert found.field in of_aws | of_settings


def test_a_replica_whose_clock_is_off_is_told_and_one_whose_clock_is_right_is_not() -> None:
    replicas = [Replica("a"), Replica("b", clock_ahead=timedelta(seconds=3)), Replica("c", clock_ahead=-HOUR)]
    found = policy_warnings(BOOK, KNOWN, replicas=replicas)
    assert found == tuple(PolicyWarning(WarningKind.CLOCK, replica=replica) for replica in replicas[1:])


def warned(book: PolicyBook, members: frozenset[PrincipalId]) -> list[WarningKind]:
    known = KnownState(Organization({}, {}, {}, ACCOUNTS[0], NOW), members={ADMINS: members})
    return [warning.kind for warning in policy_warnings(book, known)]


def test_an_admin_group_of_too_few_is_warned_of() -> None:
    """Rule 25: a change that waits for a second admin needs one."""
    direct = PolicyBook(1, Settings(admin_group=ADMINS), (), ())
    by_two = PolicyBook(1, Settings(admin_group=ADMINS, policy_changes=PolicyChanges.SECOND_ADMIN), (), ())
    one, two = frozenset(PEOPLE[:1]), frozenset(PEOPLE[:2])

    assert (warned(direct, frozenset()), warned(by_two, frozenset())) == (
        [WarningKind.NO_ADMINS],
        [WarningKind.NO_ADMINS],
    )
    assert (warned(direct, one), warned(by_two, one), warned(by_two, two)) == ([], [WarningKind.ONE_ADMIN], [])


@given(requests(Status.ACTIVE))
def test_pairs_that_wait_and_access_out_of_reach_are_warned_of(request: Request) -> None:
    """Rules 1 and 9."""
    away = Organization({}, {}, {}, ACCOUNTS[0], NOW, out_of_reach=frozenset({TARGET.permission_set}))
    book = PolicyBook(1, Settings(), (EligibilityPolicy("p", permission_sets=frozenset(PERMISSION_SETS)),), ())
    states = (PinState.SUSPENDED, PinState.SECOND, PinState.SUSPENDED)
    held = [Pin(ChatUser("slack", "T1", f"U{at}"), PEOPLE[0], state) for at, state in enumerate(states)]
    live = [replace(request, target=TARGET), replace(request, target=Target(ACCOUNTS[0], PERMISSION_SETS[1]))]

    found = policy_warnings(book, KnownState(away), held=held, live=live)

    reach = [each for each in found if each.kind is WarningKind.OUT_OF_REACH]
    assert [(each.request, each.policy, each.ids) for each in reach] == [
        (live[0], "", (TARGET.permission_set,)),
        (None, "p", (TARGET.permission_set,)),
    ]
    assert [(each.suspended, each.second) for each in found if each.kind is WarningKind.PAIRS] == [(2, 1)]
