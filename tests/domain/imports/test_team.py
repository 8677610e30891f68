"""Each field of AWS TEAM's tables, and each way in which a row speaks of what is not there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.ids import ConversationId
from core.domain.imports.notes import Finding, Imported
from core.domain.imports.team import from_team
from core.domain.imports.team_tables import TeamApprovers, TeamEligibility, TeamSettings, TeamTables
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, Notify
from core.domain.policy_validation import LONGEST_NAME
from core.domain.settings import Requirement, Settings
from tests.domain.imports.shop import (
    ANN,
    AROUND,
    BEN,
    CAL,
    CLOSED,
    DEE,
    EMPTY,
    ENGINEERS,
    EVE,
    LEADS,
    MANAGEMENT,
    POWER,
    READ,
    SAME_A,
    SHOP,
    SHOPS,
    TILL,
    TWIN_A,
    told,
)

ROW = TeamEligibility(
    id=ENGINEERS,
    name="Engineers",
    is_group=True,
    accounts=(SHOP,),
    ous=(),
    permission_sets=((READ, "Read"),),
    hours=4,
    approval_required=True,
)
OF_BEN = replace(ROW, id=BEN, name="ben", is_group=False, approval_required=False, hours=8)
LEADING = TeamApprovers(SHOP, "Shop", is_ou=False, groups=(LEADS,))


def imported(*rows: TeamEligibility | TeamApprovers, settings: TeamSettings | None = None, **how: Any) -> Imported:
    eligibility = tuple(row for row in rows if isinstance(row, TeamEligibility))
    approvers = tuple(row for row in rows if isinstance(row, TeamApprovers))
    return from_team(TeamTables(eligibility, approvers, settings), AROUND, **how)


def test_a_row_of_eligibility_becomes_a_policy_of_its_people_and_targets() -> None:
    found = imported(replace(ROW, ous=(SHOPS,)), OF_BEN)

    assert found.book.eligibility == (
        EligibilityPolicy(
            "Engineers",
            groups=frozenset([ENGINEERS]),
            accounts=frozenset([SHOP]),
            direct_ous=frozenset([SHOPS]),
            permission_sets=frozenset([READ]),
            max_duration=timedelta(hours=4),
        ),
        EligibilityPolicy(
            "ben",
            users=frozenset([BEN]),
            accounts=frozenset([SHOP]),
            permission_sets=frozenset([READ]),
            max_duration=timedelta(hours=8),
            approval_required=False,
        ),
    )
    assert found.names == {ENGINEERS: "Engineers", BEN: "ben"}
    assert told(found, Finding.ELIGIBILITY) == [("Engineers", "Engineers"), ("ben", "ben")]


def test_a_row_of_approvers_becomes_a_policy_of_its_groups() -> None:
    channels = (ConversationId("C1"),)
    found = imported(LEADING, replace(LEADING, id=SHOPS, is_ou=True, groups=(LEADS, EMPTY)), channels=channels)

    assert found.book.approval == (
        ApprovalPolicy(
            "Shop",
            accounts=frozenset([SHOP]),
            approver_groups=frozenset([LEADS]),
            channels=channels,
            notify=Notify.BOTH,
        ),
        ApprovalPolicy(
            "Shop (OU)",
            direct_ous=frozenset([SHOPS]),
            approver_groups=frozenset([LEADS, EMPTY]),
            channels=channels,
            notify=Notify.BOTH,
        ),
    )
    assert told(found, Finding.ASKED_DIRECTLY) == []
    assert told(imported(LEADING), Finding.ASKED_DIRECTLY) == [("",)]


def test_a_group_of_approvers_that_is_empty_today_stays_and_is_told() -> None:
    found = imported(replace(LEADING, groups=(EMPTY,)))

    assert found.book.approval[0].approver_groups == {EMPTY}
    assert told(found, Finding.NOBODY_IN_GROUPS) == [("Shop", "Empty")]


def test_settings_map_one_by_one() -> None:
    given = TeamSettings(6, 2, approval=False, comments=True, ticket=True, admin_group="Leads", auditor_group="Leads")
    found = imported(settings=given)

    assert found.book.settings == Settings(
        approval_required=False,
        ticket=Requirement.REQUIRED,
        ticket_pattern="[A-Za-z0-9].*",
        approver_comment=Requirement.REQUIRED,
        revoke_reason=Requirement.REQUIRED,
        max_duration=timedelta(hours=6),
        request_expiry=timedelta(hours=2),
        admin_group=LEADS,
        auditor_group=LEADS,
    )
    assert told(found, Finding.BOTH_PERSONAS) == [("Leads",)]
    assert told(found, Finding.SETTINGS_MISSING) == []


def test_what_is_optional_in_aws_team_is_optional_here() -> None:
    found = imported(settings=TeamSettings(comments=False, ticket=False))

    assert found.book.settings.ticket is Requirement.OPTIONAL
    assert found.book.settings.approver_comment is Requirement.OPTIONAL
    assert found.book.settings.revoke_reason is Requirement.OPTIONAL
    assert found.book.settings.admin_group is None


def test_without_a_row_of_settings_the_defaults_of_aws_team_are_taken_and_that_is_told() -> None:
    found = imported(ROW)

    assert found.book.settings.max_duration == timedelta(hours=9)
    assert found.book.settings.ticket is Requirement.REQUIRED
    assert told(found, Finding.SETTINGS_MISSING) == [("",)]


def test_groups_of_settings_that_are_not_there_are_told_and_left_out() -> None:
    found = imported(settings=TeamSettings(admin_group="Gone", auditor_group="Same"))

    assert (found.book.settings.admin_group, found.book.settings.auditor_group) == (None, None)
    assert told(found, Finding.GROUP_GONE) == [("admin_group", "Gone")]
    assert told(found, Finding.GROUP_AMBIGUOUS) == [("auditor_group", "Same")]


def test_channel_and_notifications_are_told() -> None:
    found = imported(settings=TeamSettings(audit_channel="audit", notifications=("SNS", "Slack")))

    assert told(found, Finding.AUDIT_CHANNEL) == [("audit",)]
    assert told(found, Finding.NOTIFICATIONS) == [("", "SNS", "Slack")]


def test_a_limit_above_the_global_one_is_written_as_that() -> None:
    found = imported(replace(ROW, hours=24), settings=TeamSettings(hours=9))

    assert found.book.eligibility[0].max_duration == timedelta(hours=9)
    assert told(found, Finding.LIMIT_CAPPED) == [("Engineers", "24 h", "9 h")]


def test_a_limit_that_another_policy_of_the_same_person_lent_is_told() -> None:
    assert told(imported(ROW, OF_BEN), Finding.LIMIT_LENT) == [("Engineers", "ben")]
    assert told(imported(ROW, replace(OF_BEN, id=DEE)), Finding.LIMIT_LENT) == []


def test_a_bypass_that_is_lost_is_told_by_person_and_target() -> None:
    assert told(imported(ROW, OF_BEN), Finding.BYPASS_LOST) == [("ben + Engineers", "ben", f"Read in Shop ({SHOP})")]


@pytest.mark.parametrize(
    "other",
    [
        replace(OF_BEN, accounts=(TILL,)),
        replace(OF_BEN, permission_sets=((POWER, "Power"),)),
        replace(OF_BEN, id=DEE, name="dee"),
        replace(OF_BEN, approval_required=True),
    ],
)
def test_no_bypass_is_lost_where_policies_do_not_meet(other: TeamEligibility) -> None:
    assert told(imported(ROW, other), Finding.BYPASS_LOST) == []


def test_no_bypass_is_lost_where_nobody_needs_approval() -> None:
    assert told(imported(ROW, OF_BEN, settings=TeamSettings(approval=False)), Finding.BYPASS_LOST) == []


def test_nested_ous_tell_what_they_open_and_whom_they_make_approver() -> None:
    of_ou = replace(LEADING, id=SHOPS, is_ou=True)
    free = replace(OF_BEN, accounts=(), ous=(SHOPS,))
    found = imported(replace(ROW, accounts=(), ous=(SHOPS,)), free, of_ou, nested=True)

    assert [p.ous for p in found.book.policies] == [frozenset([SHOPS])] * 3
    assert told(found, Finding.OU_OPENS) == [("Engineers", f"Read in Till ({TILL})")]
    assert told(found, Finding.OU_OPENS_WITHOUT_APPROVAL) == [("ben", f"Read in Till ({TILL})")]
    assert told(found, Finding.OU_MAKES_APPROVERS) == [("Shop", "Leads", f"Till ({TILL})")]
    switched_off = imported(replace(ROW, ous=(SHOPS,)), settings=TeamSettings(approval=False), nested=True)
    assert told(switched_off, Finding.OU_OPENS_WITHOUT_APPROVAL) == [("Engineers", f"Read in Till ({TILL})")]


@pytest.mark.parametrize(
    ("row", "finding", "what"),
    [
        (replace(ROW, id="g-gone"), Finding.GROUP_GONE, "Engineers (g-gone)"),
        (replace(ROW, id=SAME_A), None, ""),
        (replace(OF_BEN, id="u-gone"), Finding.USER_GONE, "ben (u-gone)"),
        (replace(OF_BEN, id=CAL), Finding.USER_DISABLED, "cal"),
        (replace(OF_BEN, id=EVE, name="eve"), None, ""),
        (replace(ROW, accounts=("000000000000",)), Finding.ACCOUNT_GONE, "000000000000"),
        (replace(ROW, accounts=(CLOSED,)), Finding.ACCOUNT_SUSPENDED, CLOSED),
        (replace(ROW, accounts=(MANAGEMENT,)), Finding.ACCOUNT_MANAGEMENT, MANAGEMENT),
        (replace(ROW, accounts=(), ous=("ou-gone",)), Finding.OU_GONE, "ou-gone"),
        (replace(ROW, permission_sets=(("arn:gone", "Old"),)), Finding.SET_GONE, "Old (arn:gone)"),
        (replace(ROW, permission_sets=((TWIN_A, "Twin"),)), Finding.SET_AMBIGUOUS, "Twin"),
        (replace(LEADING, groups=("g-gone",)), Finding.GROUP_GONE, "g-gone"),
        (replace(LEADING, id=CLOSED), Finding.ACCOUNT_SUSPENDED, CLOSED),
        (replace(LEADING, id="ou-gone", is_ou=True), Finding.OU_GONE, "ou-gone"),
    ],
)
def test_a_row_that_speaks_of_what_is_not_there_is_left_out_and_told(
    row: TeamEligibility | TeamApprovers, finding: Finding | None, what: str
) -> None:
    found = imported(row)

    assert bool(found.book.policies) == (finding is None)
    assert told(found, Finding.LEFT_OUT) == ([(row.name,)] if finding else [])
    assert finding is None or told(found, finding) == [(row.name, what)]


def test_people_and_groups_are_written_by_a_name_that_nobody_else_has_or_by_id() -> None:
    """The user name of Dee is an address of Eve, and so is one of her addresses: the other is Ann's user name."""
    assert imported(replace(OF_BEN, id=EVE)).names == {EVE: "eve"}
    assert imported(replace(OF_BEN, id=DEE)).names == {DEE: DEE}
    assert imported(replace(ROW, id=SAME_A)).names == {SAME_A: SAME_A}
    assert imported(replace(OF_BEN, id=ANN)).names == {ANN: "ann@example.com"}


def test_a_set_that_is_out_of_reach_stays_and_is_told() -> None:
    found = imported(replace(ROW, permission_sets=((POWER, "Once"),)))

    assert found.book.eligibility[0].permission_sets == {POWER}
    assert told(found, Finding.SET_OUT_OF_REACH) == [("Engineers", "Power")]


def test_policies_of_one_name_are_told_apart() -> None:
    same = [replace(ROW, id=group, name="Payments\n") for group in (ENGINEERS, LEADS, EMPTY)]
    found = imported(*same, replace(ROW, id=BEN, is_group=False, name=" "))

    assert [p.name for p in found.book.eligibility] == [
        "Payments",
        "Payments (group)",
        f"Payments ({EMPTY})",
        "policy",
    ]


def test_a_name_is_never_longer_than_a_policy_may_be_called() -> None:
    long = "n" * 200
    found = imported(*(replace(ROW, id=group, name=long) for group in (ENGINEERS, LEADS, EMPTY)))

    names = [p.name for p in found.book.eligibility]
    assert [len(name) for name in names] == [LONGEST_NAME] * 3
    assert len(set(names)) == 3
    long_id = replace(OF_BEN, id="i" * 200, name=long)
    assert told(imported(*(replace(long_id, id=c * 200) for c in "abcd")), Finding.LEFT_OUT)[-1][0].endswith("n (3)")


def test_what_has_no_place_is_told() -> None:
    tables = TeamTables((replace(ROW, ticket="CHG-1"),), (), None, requests=12, unfinished=("page.json",))
    found = from_team(tables, AROUND)

    assert told(found, Finding.CHANGE_RECORD) == [("Engineers", "CHG-1", "")]
    assert told(found, Finding.REQUESTS) == [("", "12")]
    assert told(found, Finding.MORE_PAGES) == [("page.json",)]
    assert told(found, Finding.LIVE_ACCESS) == [("AWS TEAM",)]
    assert told(imported(ROW), Finding.REQUESTS) == []
    assert tables.groups == {ENGINEERS}
