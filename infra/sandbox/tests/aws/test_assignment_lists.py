"""The lists of assignments, and of the operations on them, that AWS gives."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD, PAYMENTS_STAGING, Company

Call = Callable[..., Awaitable[dict[str, Any]]]
Assignment = Callable[..., dict[str, str]]
Settled = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


async def _all(call: Call, service: str, method: str, name: str, **arguments: Any) -> list[list[Any]]:
    """The pages of a list, until there is no token."""
    pages = []
    while True:
        answer = await call(service, method, **arguments)
        pages.append(answer[name])
        if "NextToken" not in answer:
            return pages
        arguments["NextToken"] = answer["NextToken"]


async def test_assignments_of_an_account_are_listed_in_pages(aws: LocalAws, call: Call, company: Company) -> None:
    for user in company.users[:5]:
        aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", user.user_name)
    aws.make_assignment(PAYMENTS_PROD, "PowerUserAccess", "ada@example.com")
    aws.make_assignment(PAYMENTS_STAGING, "ReadOnlyAccess", "ada@example.com")
    pages = await _all(
        call,
        "sso-admin",
        "list_account_assignments",
        "AccountAssignments",
        InstanceArn=company.instance_arn,
        AccountId=PAYMENTS_PROD,
        PermissionSetArn=company.permission_set("ReadOnlyAccess").arn,
        MaxResults=2,
    )
    assert [len(found) for found in pages] == [2, 2, 1]
    assert [row["PrincipalId"] for found in pages for row in found] == [user.id for user in company.users[:5]]
    assert pages[0][0] == {
        "AccountId": PAYMENTS_PROD,
        "PermissionSetArn": company.permission_set("ReadOnlyAccess").arn,
        "PrincipalType": "USER",
        "PrincipalId": company.user("ada@example.com").id,
    }


async def test_assignments_of_a_user_include_those_of_the_groups(aws: LocalAws, call: Call, company: Company) -> None:
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
    aws.make_assignment(PAYMENTS_STAGING, "PowerUserAccess", group="Payments")
    aws.make_assignment(PAYMENTS_STAGING, "PowerUserAccess", group="Data Leads")
    ada = {"InstanceArn": company.instance_arn, "PrincipalId": company.user("ada@example.com").id}
    pages = await _all(
        call,
        "sso-admin",
        "list_account_assignments_for_principal",
        "AccountAssignments",
        **ada,
        PrincipalType="USER",
        MaxResults=1,
    )
    assert [(row["PrincipalType"], row["PrincipalId"], row["AccountId"]) for found in pages for row in found] == [
        ("USER", company.user("ada@example.com").id, PAYMENTS_PROD),
        ("GROUP", company.group("Payments").id, PAYMENTS_STAGING),
    ]
    only = await call(
        "sso-admin",
        "list_account_assignments_for_principal",
        **ada,
        PrincipalType="USER",
        Filter={"AccountId": PAYMENTS_PROD},
    )
    assert [row["AccountId"] for row in only["AccountAssignments"]] == [PAYMENTS_PROD]


async def test_assignments_of_a_principal_are_told_to_the_management_account_only(
    aws: LocalAws, refused: Call, company: Company
) -> None:
    aws.conduct.caller_account_id = company.delegated_admin_account_id
    refusal = await refused(
        "sso-admin",
        "list_account_assignments_for_principal",
        InstanceArn=company.instance_arn,
        PrincipalId=company.user("ada@example.com").id,
        PrincipalType="USER",
    )
    assert refusal["Code"] == "AccessDeniedException"


async def test_a_permission_set_is_provisioned_where_it_is_assigned(
    aws: LocalAws, call: Call, company: Company
) -> None:
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "bob@example.com")
    aws.make_assignment(PAYMENTS_STAGING, "ReadOnlyAccess", group="Payments")
    aws.make_assignment(PAYMENTS_PROD, "PowerUserAccess", "ada@example.com")
    aws.remove_assignment(PAYMENTS_PROD, "PowerUserAccess", "ada@example.com")
    read_only = company.permission_set("ReadOnlyAccess").arn
    sets = await call(
        "sso-admin",
        "list_permission_sets_provisioned_to_account",
        InstanceArn=company.instance_arn,
        AccountId=PAYMENTS_PROD,
    )
    assert sets["PermissionSets"] == [read_only]
    accounts = await call(
        "sso-admin",
        "list_accounts_for_provisioned_permission_set",
        InstanceArn=company.instance_arn,
        PermissionSetArn=read_only,
    )
    assert accounts["AccountIds"] == [PAYMENTS_PROD, PAYMENTS_STAGING]


async def test_statuses_are_listed_by_kind_and_status_in_pages(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled, company: Company
) -> None:
    for name in ("ReadOnlyAccess", "PowerUserAccess", "DatabaseAdmin"):
        await settled(await call("sso-admin", "create_account_assignment", **assignment(permission_set=name)))
    aws.hold()
    await call("sso-admin", "create_account_assignment", **assignment(permission_set="BillingViewer"))
    await call("sso-admin", "delete_account_assignment", **assignment())
    names = ("sso-admin", "list_account_assignment_creation_status", "AccountAssignmentsCreationStatus")
    done = await _all(call, *names, InstanceArn=company.instance_arn, Filter={"Status": "SUCCEEDED"}, MaxResults=2)
    assert [len(found) for found in done] == [2, 1]
    everything = await _all(call, *names, InstanceArn=company.instance_arn)
    assert sorted(row["Status"] for row in everything[0]) == ["IN_PROGRESS"] + ["SUCCEEDED"] * 3
    deletions = await call(
        "sso-admin",
        "list_account_assignment_deletion_status",
        InstanceArn=company.instance_arn,
        Filter={"Status": "IN_PROGRESS"},
    )
    assert len(deletions["AccountAssignmentsDeletionStatus"]) == 1


async def test_the_last_page_has_no_token_even_when_it_is_full(call: Call, company: Company) -> None:
    instance = {"InstanceArn": company.instance_arn}
    half = len(company.permission_sets) // 2
    first = await call("sso-admin", "list_permission_sets", **instance, MaxResults=half)
    second = await call("sso-admin", "list_permission_sets", **instance, NextToken=first["NextToken"], MaxResults=half)
    assert len(second["PermissionSets"]) == half
    assert "NextToken" not in second


async def test_a_token_of_another_operation_is_refused(call: Call, refused: Call, company: Company) -> None:
    store = {"IdentityStoreId": company.identity_store_id}
    first = await call("identitystore", "list_users", **store, MaxResults=1)
    refusal = await refused("identitystore", "list_groups", **store, NextToken=first["NextToken"])
    assert refusal["Code"] == "ValidationException"


async def test_a_made_up_token_is_refused(refused: Call, company: Company) -> None:
    refusal = await refused(
        "sso-admin", "list_permission_sets", InstanceArn=company.instance_arn, NextToken="bWFkZS11cA=="
    )
    assert refusal["Code"] == "ValidationException"


@pytest.mark.parametrize("behind_with", ["all", "creations", "deletions"])
async def test_lists_may_be_behind_what_was_made_and_deleted(
    company: Company, behind_with: Literal["all", "creations", "deletions"]
) -> None:
    now = [1_000_000.0]
    async with LocalAws(company, clock=lambda: now[0]) as aws:
        aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
        now[0] += 60
        aws.conduct.lists_behind_seconds, aws.conduct.lists_miss = 5, behind_with
        aws.remove_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
        aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "bob@example.com")
        soon = _listed(aws)
        now[0] += 5
        late = _listed(aws)

    assert ("ada@example.com" in soon) is (behind_with != "creations")
    assert ("bob@example.com" in soon) is (behind_with == "deletions")
    assert late == {"bob@example.com"}


def _listed(aws: LocalAws) -> set[str]:
    """User names as the lists have them."""
    return {aws.user(row.principal_id).user_name for row in aws.world.assignments.listed()}


async def test_operations_may_come_late_into_their_list(
    aws: LocalAws, call: Call, assignment: Assignment, company: Company
) -> None:
    aws.conduct.operations_behind_seconds = 60
    created = await call("sso-admin", "create_account_assignment", **assignment())
    described = await call(
        "sso-admin",
        "describe_account_assignment_creation_status",
        InstanceArn=company.instance_arn,
        AccountAssignmentCreationRequestId=created["AccountAssignmentCreationStatus"]["RequestId"],
    )
    method = "list_account_assignment_creation_status"
    listed = await call("sso-admin", method, InstanceArn=company.instance_arn)
    assert described["AccountAssignmentCreationStatus"]["TargetId"] == PAYMENTS_PROD
    assert listed["AccountAssignmentsCreationStatus"] == []


async def test_the_assignments_of_an_account_that_left_are_not_listed(
    aws: LocalAws, refused: Call, company: Company
) -> None:
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
    aws.remove_account(PAYMENTS_PROD)
    refusal = await refused(
        "sso-admin",
        "list_account_assignments",
        InstanceArn=company.instance_arn,
        AccountId=PAYMENTS_PROD,
        PermissionSetArn=company.permission_set("ReadOnlyAccess").arn,
    )
    assert refusal["Code"] == "ResourceNotFoundException"
