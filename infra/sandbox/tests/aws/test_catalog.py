"""The instance, its permission sets, and what the local AWS has no answer to."""

from collections.abc import Awaitable, Callable
from typing import Any

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD, Company

Call = Callable[..., Awaitable[dict[str, Any]]]


async def test_the_instance_names_its_identity_store(call: Call, company: Company) -> None:
    (listed,) = (await call("sso-admin", "list_instances"))["Instances"]
    described = await call("sso-admin", "describe_instance", InstanceArn=company.instance_arn)
    for instance in (listed, described):
        assert instance["InstanceArn"] == company.instance_arn
        assert instance["IdentityStoreId"] == company.identity_store_id
        assert instance["OwnerAccountId"] == company.management_account_id
        assert instance["Status"] == "ACTIVE"


async def test_permission_sets_are_listed_once_each_over_pages(call: Call, company: Company) -> None:
    found: list[str] = []
    arguments: dict[str, Any] = {"InstanceArn": company.instance_arn, "MaxResults": 3}
    while "NextToken" in arguments or not found:
        answer = await call("sso-admin", "list_permission_sets", **arguments)
        assert len(answer["PermissionSets"]) <= 3
        found += answer["PermissionSets"]
        arguments.pop("NextToken", None)
        if "NextToken" in answer:
            arguments["NextToken"] = answer["NextToken"]
    assert found == [permission_set.arn for permission_set in company.permission_sets]


async def test_a_permission_set_without_a_duration_has_an_hour(call: Call, company: Company) -> None:
    durations = {}
    for name in ("ReadOnlyAccess", "SupportUser"):
        answer = await call(
            "sso-admin",
            "describe_permission_set",
            InstanceArn=company.instance_arn,
            PermissionSetArn=company.permission_set(name).arn,
        )
        durations[answer["PermissionSet"]["Name"]] = answer["PermissionSet"]["SessionDuration"]
    assert durations == {"ReadOnlyAccess": "PT8H", "SupportUser": "PT1H"}


async def test_a_permission_set_is_made_changed_and_deleted(
    aws: LocalAws, call: Call, refused: Call, company: Company
) -> None:
    instance = {"InstanceArn": company.instance_arn}
    made = (await call("sso-admin", "create_permission_set", **instance, Name="NewAccess"))["PermissionSet"]
    assert made["PermissionSetArn"].startswith("arn:aws:sso:::permissionSet/ssoins-")
    assert "Description" not in made
    duplicate = await refused("sso-admin", "create_permission_set", **instance, Name="NewAccess")
    assert duplicate["Code"] == "ConflictException"
    one = instance | {"PermissionSetArn": made["PermissionSetArn"]}
    await call("sso-admin", "update_permission_set", **one, SessionDuration="PT12H")
    changed = await call("sso-admin", "describe_permission_set", **one)
    assert changed["PermissionSet"]["SessionDuration"] == "PT12H"
    aws.make_assignment(PAYMENTS_PROD, "NewAccess", "ada@example.com")
    assert (await refused("sso-admin", "delete_permission_set", **one))["Code"] == "ConflictException"
    aws.remove_assignment(PAYMENTS_PROD, "NewAccess", "ada@example.com")
    await call("sso-admin", "delete_permission_set", **one)
    assert (await refused("sso-admin", "describe_permission_set", **one))["Code"] == "ResourceNotFoundException"


async def test_tags_are_kept(call: Call, company: Company) -> None:
    arn = company.permission_set("ReadOnlyAccess").arn
    tagged = {"InstanceArn": company.instance_arn, "ResourceArn": arn}
    await call("sso-admin", "tag_resource", **tagged, Tags=[{"Key": "team", "Value": "core"}])
    assert (await call("sso-admin", "list_tags_for_resource", **tagged))["Tags"] == [{"Key": "team", "Value": "core"}]
    await call("sso-admin", "untag_resource", **tagged, TagKeys=["team"])
    assert (await call("sso-admin", "list_tags_for_resource", **tagged))["Tags"] == []


async def test_what_nobody_answers_is_an_error_that_no_sdk_repeats(
    aws: LocalAws, refused: Call, company: Company
) -> None:
    assert (await refused("cloudtrail", "list_event_data_stores"))["Code"] == "UnknownOperationException"
    assert [record.operation for record in aws.calls(service="cloudtrail")] == ["ListEventDataStores"]
    one = {"InstanceArn": company.instance_arn, "PermissionSetArn": company.permission_sets[0].arn}
    refusal = await refused("sso-admin", "get_permissions_boundary_for_permission_set", **one)
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] == 400
