"""Each field of SSO Elevator's statements, and what several of them say of one target."""

from datetime import timedelta
from typing import Any

import pytest

from core.domain.ids import AccountId, ConversationId
from core.domain.imports.elevator import from_elevator
from core.domain.imports.notes import Finding, Imported
from core.domain.imports.statements import ElevatorOptions, Statement, Statements
from core.domain.imports.surroundings import Surroundings
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy
from core.domain.settings import MentionApprovers, Settings
from tests.domain.imports.shop import ANN, AROUND, BEN, CLOSED, ENGINEERS, POWER, READ, ROOT, SHOP, TILL, told

OPTIONS = ElevatorOptions(requesters=("Engineers",))


def statement(number: int, accounts: Any, sets: Any, *approvers: str, **flags: bool | None) -> Statement:
    return Statement(
        number,
        None if accounts == "*" else frozenset(accounts),
        None if sets == "*" else frozenset(sets),
        approvers,
        flags.get("free"),
        flags.get("self"),
    )


def imported(*statements: Statement, options: ElevatorOptions = OPTIONS) -> Imported:
    return from_elevator(Statements(statements), AROUND, options)


def test_a_statement_becomes_who_may_ask_and_who_approves() -> None:
    options = ElevatorOptions(("Engineers",), channels=(ConversationId("C1"),))
    found = imported(statement(1, [SHOP], ["Read"], "BEN@example.com", "gone@example.com"), options=options)

    assert found.book.eligibility == (
        EligibilityPolicy(
            "statement-1",
            groups=frozenset([ENGINEERS]),
            accounts=frozenset([SHOP]),
            permission_sets=frozenset([READ]),
        ),
    )
    assert found.book.approval == (
        ApprovalPolicy(
            "statement-1",
            accounts=frozenset([SHOP]),
            permission_sets=frozenset([READ]),
            approver_users=frozenset([BEN]),
            channels=(ConversationId("C1"),),
        ),
    )
    assert found.book.settings.mention_approvers is MentionApprovers.USERS
    assert told(found, Finding.USER_GONE) == [("statement-1", "gone@example.com")]
    assert told(found, Finding.REQUESTERS) == [("", "Engineers")]


def test_stars_are_the_root_every_permission_set_and_any() -> None:
    found = imported(statement(1, "*", "*", "ben@example.com"))

    (eligibility,), (approval,) = found.book.eligibility, found.book.approval
    assert (set(eligibility.ous), set(eligibility.accounts)) == ({ROOT}, set())
    assert eligibility.permission_sets == {EVERY_PERMISSION_SET}
    assert (set(approval.ous), set(approval.permission_sets)) == ({ROOT}, set())
    assert told(found, Finding.SETS_AS_OF_TODAY) == told(found, Finding.ACCOUNTS_AS_OF_TODAY) == []


def test_what_one_statement_frees_is_left_out_of_the_others_and_told() -> None:
    found = imported(statement(1, "*", "*", "ben@example.com"), statement(2, [SHOP], ["Read"], free=True))

    assert [(p.name, set(p.accounts), set(p.ous), set(p.permission_sets)) for p in found.book.eligibility] == [
        ("statement-1", set(), {ROOT}, {POWER}),
        ("statement-1 (with approval)", {TILL}, set(), {READ}),
        ("statement-2", {SHOP}, set(), {READ}),
    ]
    assert [p.approval_required for p in found.book.eligibility] == [True, True, False]
    assert told(found, Finding.NO_APPROVAL_NEEDED) == [("statement-2", f"Read in Shop ({SHOP})")]
    assert told(found, Finding.SETS_AS_OF_TODAY) == [("statement-1",)]
    assert told(found, Finding.ACCOUNTS_AS_OF_TODAY) == [("statement-1",)]


def test_what_a_statement_says_to_need_approval_no_other_frees() -> None:
    found = imported(statement(1, "*", ["Read"], free=True), statement(2, [SHOP], ["Read"], free=False))

    assert [(p.name, set(p.accounts), p.approval_required) for p in found.book.eligibility] == [
        ("statement-1", {TILL}, False),
        ("statement-1 (with approval)", {SHOP}, True),
        ("statement-2", {SHOP}, True),
    ]


def test_a_statement_that_others_free_altogether_is_no_loss() -> None:
    found = imported(statement(1, [SHOP], ["Read"]), statement(2, "*", ["Read"], free=True))

    assert [p.name for p in found.book.eligibility] == ["statement-2"]
    assert told(found, Finding.LEFT_OUT) == []


def test_everything_free_is_every_permission_set_and_is_told_by_name() -> None:
    found = imported(statement(1, "*", "*", free=True))

    assert found.book.eligibility[0].permission_sets == {EVERY_PERMISSION_SET}
    assert told(found, Finding.NO_APPROVAL_NEEDED) == [("statement-1", "Power, Read, Twin in every account")]


@pytest.mark.parametrize(
    ("said", "finding", "what"),
    [
        (statement(1, [CLOSED], ["Read"], "ben@example.com"), Finding.ACCOUNT_SUSPENDED, CLOSED),
        (statement(1, ["000000000000"], ["Read"]), Finding.ACCOUNT_GONE, "000000000000"),
        (statement(1, [SHOP], ["Gone"], "ben@example.com"), Finding.SET_GONE, "Gone"),
        (statement(1, [SHOP], ["Twin"]), Finding.SET_AMBIGUOUS, "Twin"),
    ],
)
def test_a_statement_about_what_is_not_there_is_left_out_and_told(said: Statement, finding: Finding, what: str) -> None:
    found = imported(said)

    assert found.book.policies == ()
    assert told(found, finding) == [("statement-1", what)]
    assert told(found, Finding.LEFT_OUT) == [("statement-1",)]


def test_an_approver_who_is_disabled_or_several_is_left_out_and_told() -> None:
    found = imported(statement(1, [SHOP], ["Read"], "cal@example.com", "dee@example.com"))

    assert found.book.approval == ()
    assert told(found, Finding.USER_DISABLED) == [("statement-1", "cal")]
    assert told(found, Finding.USER_AMBIGUOUS) == [("statement-1", "dee@example.com")]


def test_an_approver_is_found_by_user_name_where_nobody_has_the_address() -> None:
    found = imported(statement(1, [SHOP], ["Read"], "BEN"))

    assert found.book.approval[0].approver_users == {BEN}


def test_who_served_themselves_is_told_target_by_target() -> None:
    found = imported(
        statement(1, "*", ["Read"], "ann@example.com", "ben@example.com", self=True),
        statement(2, [SHOP], ["Read"], "ben@example.com", self=False),
    )

    assert told(found, Finding.SELF_APPROVAL) == [
        ("ann", "Read in every account"),
        ("ben", f"Read in Till ({TILL})"),
    ]
    assert told(found, Finding.ONLY_APPROVER) == []


def test_the_only_approver_who_may_ask_is_told() -> None:
    found = imported(statement(1, [SHOP], ["Read"], "ann@example.com"))

    assert told(found, Finding.ONLY_APPROVER) == [("ann", f"Read in Shop ({SHOP})")]
    assert told(found, Finding.SELF_APPROVAL) == []
    assert found.names[ANN] == "ann@example.com"


def test_what_nobody_approves_is_told() -> None:
    assert told(imported(statement(1, [SHOP], ["Read"])), Finding.NOBODY_APPROVES) == [("", f"Read in Shop ({SHOP})")]


def test_what_elevator_keeps_elsewhere_is_taken_from_options() -> None:
    given = timedelta(hours=12), timedelta(hours=8), timedelta(minutes=30)
    options = ElevatorOptions(("Engineers",), *given, durations=())
    found = imported(options=options)

    assert found.book.settings == Settings(
        max_duration=timedelta(hours=12), request_expiry=timedelta(hours=8), reminder_after=timedelta(minutes=30)
    )
    assert told(found, Finding.OUTSIDE_THE_FILE) == []
    assert ("max_duration", "9 h", "max_permissions_duration_time") in told(imported(), Finding.OUTSIDE_THE_FILE)


@pytest.mark.parametrize(("most", "limit"), [(None, 4), (timedelta(hours=12), 12)])
def test_a_fixed_list_of_lengths_is_taken_over_and_its_longest_is_the_limit_where_none_is_given(
    most: timedelta | None, limit: int
) -> None:
    lengths = tuple(timedelta(minutes=minutes) for minutes in (240, 5, 30, 60, 30))
    found = imported(options=ElevatorOptions(("Engineers",), most, durations=lengths))

    assert found.book.settings.durations == tuple(timedelta(minutes=minutes) for minutes in (30, 60, 240))
    assert found.book.settings.max_duration == timedelta(hours=limit)
    assert told(found, Finding.TOO_SHORT) == [("", "5 min")]
    assert ("durations", "30 min, 1 h, 4 h") in told(found, Finding.SETTING)
    assert not {"max_duration", "durations"} & {about for about, *_ in told(found, Finding.OUTSIDE_THE_FILE)}


def test_a_list_of_more_lengths_than_can_be_named_is_told_and_any_may_be_asked_for() -> None:
    lengths = tuple(timedelta(minutes=30 * each) for each in range(1, 49))
    found = imported(options=ElevatorOptions(("Engineers",), timedelta(hours=24), durations=lengths))

    assert found.book.settings.durations == ()
    assert told(found, Finding.TOO_MANY_LENGTHS) == [("", "20")]


def test_a_zero_of_elevator_is_never_and_off() -> None:
    found = imported(options=ElevatorOptions(("Engineers",), None, timedelta(), timedelta()))

    assert (found.book.settings.request_expiry, found.book.settings.reminder_after) == (None, None)
    assert ("request_expiry", "never") in told(found, Finding.SETTING)
    assert ("reminder_after", "off") in told(found, Finding.SETTING)


def test_requesters_are_named_by_the_id_of_their_group_as_well() -> None:
    found = imported(statement(1, [SHOP], ["Read"]), options=ElevatorOptions((ENGINEERS,)))
    assert found.book.eligibility[0].groups == {ENGINEERS}


def test_without_requesters_nobody_may_ask() -> None:
    found = imported(statement(1, [SHOP], ["Read"]), options=ElevatorOptions(("Same",)))

    assert found.book.eligibility == ()
    assert told(found, Finding.GROUP_AMBIGUOUS) == [("--requesters", "Same")]


def test_an_account_that_only_a_statement_knows_is_no_part_of_every_account() -> None:
    strange = AccountId("000000000000")
    found = imported(statement(1, "*", ["Read"], free=True), statement(2, [strange], ["Read"], free=False))

    assert [p.accounts for p in found.book.eligibility if not p.approval_required] == [{SHOP, TILL}]


def test_without_a_root_accounts_are_listed() -> None:
    organization = AROUND.organization
    rootless = Surroundings.of(
        type(organization)(organization.accounts, {}, organization.permission_sets, organization.management_account,
                           organization.taken_at),
        AROUND.principals.values(),
        AROUND.groups.values(),
        AROUND.members,
    )  # fmt: skip
    found = from_elevator(Statements((statement(1, "*", ["Read"]),)), rootless, OPTIONS)

    assert found.book.eligibility[0].accounts == {SHOP, TILL}


def test_what_has_no_place_is_told() -> None:
    found = from_elevator(Statements((), 2, ((3, "OU"),)), AROUND, OPTIONS)

    assert told(found, Finding.GROUP_STATEMENTS) == [("", "2")]
    assert told(found, Finding.RESOURCE_TYPE) == [("statement-3", "OU")]
    assert told(found, Finding.LIVE_ACCESS) == [("SSO Elevator",)]
