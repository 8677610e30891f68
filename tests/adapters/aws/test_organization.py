from dataclasses import replace
from datetime import timedelta

import pytest

from core.adapters.aws.organization import AwsOrganizationReader, read_session_duration
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, OuId, PermissionSetArn
from core.domain.organization import DEFAULT_SESSION
from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.changes import Change
from infra.sandbox.company import (
    DELEGATED_ADMIN_ACCOUNT,
    LEDGER_OU,
    LEDGER_PROD,
    MANAGEMENT_ACCOUNT,
    PAYMENTS_PROD,
    ROOT_ID,
    SUSPENDED_OU,
    Company,
    example_company,
    large_company,
)
from tests.fakes.clock import FakeClock


async def test_accounts_units_and_permission_sets_are_those_of_the_company(
    reader: AwsOrganizationReader, company: Company, clock: FakeClock
) -> None:
    read = await reader.read()

    assert read.taken_at == clock.now()
    assert read.management_account == MANAGEMENT_ACCOUNT
    assert {(a.id, a.name, a.ou, a.active) for a in read.accounts.values()} == {
        (a.id, a.name, a.parent_id, a.status == "ACTIVE") for a in company.accounts
    }
    assert {(u.id, u.name, u.parent) for u in read.ous.values()} == {
        (ROOT_ID, "Root", None),
        *((u.id, u.name, u.parent_id) for u in company.units),
    }
    assert {(p.arn, p.name, p.description, p.session_duration) for p in read.permission_sets.values()} == {
        (p.arn, p.name, p.description, p.session_duration or DEFAULT_SESSION) for p in company.permission_sets
    }


async def test_an_account_stands_below_every_unit_up_to_the_root(
    reader: AwsOrganizationReader, company: Company
) -> None:
    read = await reader.read()

    assert read.ancestors(AccountId(LEDGER_PROD)) == company.ancestors(LEDGER_PROD)
    assert read.path(AccountId(LEDGER_PROD)) == ("Workloads", "Payments", "Ledger")


async def test_the_newer_word_for_an_account_s_state_counts(reader: AwsOrganizationReader, aws: LocalAws) -> None:
    aws.set_account_status(LEDGER_PROD, "ACTIVE", "PENDING_ACTIVATION")

    assert not (await reader.read()).accounts[AccountId(LEDGER_PROD)].active


@pytest.mark.parametrize("company", [large_company()], ids=["large"])
async def test_three_thousand_accounts_and_three_hundred_permission_sets_are_read_whole(
    reader: AwsOrganizationReader, aws: LocalAws, company: Company
) -> None:
    read = await reader.read()

    assert {(a.id, a.ou) for a in read.accounts.values()} == {(a.id, a.parent_id) for a in company.accounts}
    assert len(read.accounts) == 3000
    assert len(read.permission_sets) == 300
    assert len(read.ous) == len(company.units) + 1
    assert len(aws.calls("ListPermissionSets")) == 3
    assert max(len(read.ancestors(account)) for account in read.accounts) > 4


def crowded() -> Company:
    """Forty-five accounts and twenty-five units directly below one unit: three pages and two."""
    company = example_company()
    account, unit = company.accounts[1], company.units[0]
    return replace(
        company,
        accounts=(
            *company.accounts,
            *(replace(account, id=f"{400000000000 + n}", parent_id=LEDGER_OU) for n in range(45)),
        ),
        units=(*company.units, *(replace(unit, id=f"ou-ab12-crowd{n:03}", parent_id=LEDGER_OU) for n in range(25))),
    )


@pytest.mark.parametrize("company", [crowded()], ids=["crowded"])
async def test_accounts_and_units_on_every_page_are_read(reader: AwsOrganizationReader, company: Company) -> None:
    read = await reader.read()

    assert set(read.accounts) == {AccountId(account.id) for account in company.accounts}
    assert set(read.ous) == {OuId(ROOT_ID), *(OuId(unit.id) for unit in company.units)}


async def test_a_permission_set_deleted_while_reading_is_left_out(
    reader: AwsOrganizationReader, aws: LocalAws, company: Company
) -> None:
    gone = PermissionSetArn(company.permission_set("SupportUser").arn)

    def delete(change: Change) -> None:
        if change.kind == "call.arrived" and aws.calls("DescribePermissionSet"):
            aws.world.permission_sets.by_arn.pop(gone, None)

    aws.changes.subscribe(delete)

    read = await reader.read()
    assert len(read.permission_sets) == len(company.permission_sets) - 1
    assert gone not in read.permission_sets


async def test_a_unit_removed_while_reading_is_empty(reader: AwsOrganizationReader, aws: LocalAws) -> None:
    tree = aws.world.organization
    aws.remove_account("777788889999")

    def remove(change: Change) -> None:
        if change.kind == "call.ended" and aws.calls("ListOrganizationalUnitsForParent"):
            tree._units_below.pop(SUSPENDED_OU, None)

    aws.changes.subscribe(remove)

    assert LEDGER_PROD in (await reader.read()).accounts


@pytest.mark.parametrize(
    ("operation", "fault", "expected"),
    [
        ("ListAccountsForParent", "server_error", UpstreamBusy),
        ("DescribeOrganization", "access_denied", UpstreamRefused),
        ("DescribePermissionSet", "access_denied", UpstreamRefused),
    ],
)
async def test_no_snapshot_is_partial(
    reader: AwsOrganizationReader, aws: LocalAws, operation: str, fault: str, expected: type
) -> None:
    aws.faults.add(fault, operation=operation, times=None if fault == "access_denied" else 100)

    with pytest.raises(expected, match=f"^{operation}: "):
        await reader.read()


async def test_a_passing_fault_does_not_spoil_the_reading(reader: AwsOrganizationReader, aws: LocalAws) -> None:
    aws.faults.add("server_error", service="organizations", times=3)
    aws.faults.add("throttled", operation="ListAccountsForParent", times=1)

    assert LEDGER_PROD in (await reader.read()).accounts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H", timedelta(hours=1)),
        ("PT8H", timedelta(hours=8)),
        ("PT1H30M", timedelta(hours=1, minutes=30)),
        ("PT90M", timedelta(minutes=90)),
        ("PT3600S", timedelta(hours=1)),
        ("P0DT12H", timedelta(hours=12)),
        ("", DEFAULT_SESSION),
        ("PT", DEFAULT_SESSION),
        ("PT0S", DEFAULT_SESSION),
        ("3600", DEFAULT_SESSION),
        ("an hour", DEFAULT_SESSION),
    ],
)
def test_session_durations_are_read_as_iso_8601_and_are_an_hour_otherwise(text: str, expected: timedelta) -> None:
    assert read_session_duration(text) == expected


@pytest.mark.parametrize("listing", ["at once", "one by one"])
async def test_a_delegated_administrator_knows_which_sets_are_provisioned_in_the_management_account(
    reader: AwsOrganizationReader, aws: LocalAws, company: Company, listing: str
) -> None:
    aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT
    aws.make_assignment(MANAGEMENT_ACCOUNT, "SupportUser", "bob@example.com")
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "bob@example.com")
    if listing == "one by one":
        aws.faults.add("access_denied", operation="ListPermissionSetsProvisionedToAccount")

    assert (await reader.read()).out_of_reach == {company.permission_set("SupportUser").arn}
    asked_singly = len(aws.calls("ListAccountsForProvisionedPermissionSet"))
    assert asked_singly == (0 if listing == "at once" else len(company.permission_sets))


async def test_the_management_account_itself_reaches_every_set(reader: AwsOrganizationReader, aws: LocalAws) -> None:
    aws.make_assignment(MANAGEMENT_ACCOUNT, "SupportUser", "bob@example.com")

    assert (await reader.read()).out_of_reach == frozenset()
    assert not aws.calls("ListPermissionSetsProvisionedToAccount")


async def test_without_the_right_to_know_them_the_organization_is_read_all_the_same(
    reader: AwsOrganizationReader, aws: LocalAws
) -> None:
    aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT
    for operation in ("ListPermissionSetsProvisionedToAccount", "ListAccountsForProvisionedPermissionSet"):
        aws.faults.add("access_denied", operation=operation)

    assert (await reader.read()).permission_sets
