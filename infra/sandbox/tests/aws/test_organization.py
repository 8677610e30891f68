"""The organization and the caller."""

from collections.abc import Awaitable, Callable
from typing import Any

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import (
    DATA_OU,
    LEDGER_OU,
    LEDGER_PROD,
    PAYMENTS_OU,
    PAYMENTS_PROD,
    ROOT_ID,
    WORKLOADS_OU,
    Company,
)

Call = Callable[..., Awaitable[dict[str, Any]]]


async def test_the_organization_names_its_management_account(call: Call, company: Company) -> None:
    described = (await call("organizations", "describe_organization"))["Organization"]
    assert described["MasterAccountId"] == company.management_account_id
    assert described["Id"] == company.organization_id
    assert (await call("organizations", "list_roots"))["Roots"][0]["Id"] == ROOT_ID


async def test_units_nest(call: Call) -> None:
    top = await call("organizations", "list_organizational_units_for_parent", ParentId=WORKLOADS_OU)
    assert [unit["Name"] for unit in top["OrganizationalUnits"]] == ["Payments", "Data"]
    below = await call("organizations", "list_children", ParentId=PAYMENTS_OU, ChildType="ORGANIZATIONAL_UNIT")
    assert below["Children"] == [{"Id": LEDGER_OU, "Type": "ORGANIZATIONAL_UNIT"}]
    described = await call("organizations", "describe_organizational_unit", OrganizationalUnitId=LEDGER_OU)
    assert described["OrganizationalUnit"]["Name"] == "Ledger"


async def test_accounts_are_found_from_above_and_from_below(call: Call) -> None:
    accounts = await call("organizations", "list_accounts_for_parent", ParentId=PAYMENTS_OU)
    assert [account["Name"] for account in accounts["Accounts"]] == ["Payments Prod", "Payments Staging"]
    parents = await call("organizations", "list_parents", ChildId=LEDGER_PROD)
    assert parents["Parents"] == [{"Id": LEDGER_OU, "Type": "ORGANIZATIONAL_UNIT"}]
    top = await call("organizations", "list_parents", ChildId=WORKLOADS_OU)
    assert top["Parents"] == [{"Id": ROOT_ID, "Type": "ROOT"}]
    account = (await call("organizations", "describe_account", AccountId=PAYMENTS_PROD))["Account"]
    assert (account["Name"], account["Status"], account["State"]) == ("Payments Prod", "ACTIVE", "ACTIVE")


async def test_accounts_are_listed_twenty_a_page_at_most(aws: LocalAws, call: Call) -> None:
    for number in range(30):
        aws.add_account(f"9000000000{number:02}", f"Extra {number}", ROOT_ID)
    first = await call("organizations", "list_accounts")
    second = await call("organizations", "list_accounts", NextToken=first["NextToken"])
    third = await call("organizations", "list_accounts", NextToken=second["NextToken"])
    assert [len(page["Accounts"]) for page in (first, second, third)] == [20, 20, 4]
    assert "NextToken" not in third


async def test_an_account_has_the_status_and_state_it_was_given(aws: LocalAws, call: Call) -> None:
    aws.set_account_status(PAYMENTS_PROD, "PENDING_CLOSURE")
    account = (await call("organizations", "describe_account", AccountId=PAYMENTS_PROD))["Account"]
    assert (account["Status"], account["State"]) == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    aws.set_account_status(PAYMENTS_PROD, "SUSPENDED", "CLOSED")
    account = (await call("organizations", "describe_account", AccountId=PAYMENTS_PROD))["Account"]
    assert (account["Status"], account["State"]) == ("SUSPENDED", "CLOSED")


async def test_an_account_moves_by_hand_and_by_call(aws: LocalAws, call: Call) -> None:
    aws.move_account(PAYMENTS_PROD, DATA_OU)
    assert (await call("organizations", "list_parents", ChildId=PAYMENTS_PROD))["Parents"][0]["Id"] == DATA_OU
    await call(
        "organizations",
        "move_account",
        AccountId=PAYMENTS_PROD,
        SourceParentId=DATA_OU,
        DestinationParentId=PAYMENTS_OU,
    )
    accounts = await call("organizations", "list_accounts_for_parent", ParentId=PAYMENTS_OU)
    assert PAYMENTS_PROD in [account["Id"] for account in accounts["Accounts"]]


async def test_what_is_not_there_is_refused_by_its_own_error(refused: Call) -> None:
    for method, arguments, code in (
        ("describe_account", {"AccountId": "999999999999"}, "AccountNotFoundException"),
        ("list_parents", {"ChildId": "999999999999"}, "ChildNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": "ou-ab12-00000000"}, "ParentNotFoundException"),
        (
            "describe_organizational_unit",
            {"OrganizationalUnitId": "ou-ab12-00000000"},
            "OrganizationalUnitNotFoundException",
        ),
        ("describe_account", {"AccountId": "Payments Pro"}, "InvalidInputException"),
        ("list_accounts", {"MaxResults": 21}, "InvalidInputException"),
    ):
        assert (await refused("organizations", method, **arguments))["Code"] == code


async def test_the_caller_is_the_account_that_the_conduct_says(aws: LocalAws, call: Call, company: Company) -> None:
    assert (await call("sts", "get_caller_identity"))["Account"] == company.management_account_id
    aws.conduct.caller_account_id = company.delegated_admin_account_id
    identity = await call("sts", "get_caller_identity")
    assert identity["Account"] == company.delegated_admin_account_id
    assert identity["Arn"].startswith(f"arn:aws:sts::{company.delegated_admin_account_id}:assumed-role/")
    found = await call("organizations", "list_delegated_administrators", ServicePrincipal="sso.amazonaws.com")
    assert found["DelegatedAdministrators"][0]["Id"] == company.delegated_admin_account_id
