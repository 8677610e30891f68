"""A role may do here what its policy says, in the words of AWS."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from botocore.session import Session

from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.callers import OWN_KEY
from infra.sandbox.company import Company

Call = Callable[..., Awaitable[dict[str, Any]]]
ROOT = "r-ab12"


def statement(*actions: str, on: str | list[str] = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": on, **more}


@pytest.fixture
async def aws(company: Company) -> AsyncIterator[LocalAws]:
    async with LocalAws(company, policies={"TeamBot": []}) as started:
        yield started


@pytest.fixture
def give(aws: LocalAws) -> Callable[..., None]:
    def to_the_bot(*statements: dict[str, Any]) -> None:
        aws.permissions.documents["TeamBot"] = [{"Statement": list(statements)}]

    return to_the_bot


async def test_what_no_statement_allows_is_denied_with_who_what_and_where(aws: LocalAws, refused: Call) -> None:
    refusal = await refused("organizations", "list_accounts_for_parent", ParentId=ROOT)

    assert refusal["Code"] == "AccessDeniedException"
    assert (
        "assumed-role/TeamBot/local is not authorized to perform: organizations:ListAccountsForParent"
        in refusal["Message"]
    )
    assert f"root/o-exampleorg/{ROOT}" in refusal["Message"]
    assert aws.calls()[-1].role == "TeamBot"


async def test_everybody_may_ask_who_they_are(call: Call) -> None:
    assert (await call("sts", "get_caller_identity"))["Arn"].endswith(":assumed-role/TeamBot/local")


async def test_each_resource_of_a_call_has_to_be_allowed(
    give: Callable[..., None], call: Call, refused: Call, company: Company
) -> None:
    arguments = {"InstanceArn": company.instance_arn, "PermissionSetArn": company.permission_set("ReadOnlyAccess").arn}
    give(statement("sso:DescribePermissionSet", on=company.instance_arn))
    assert "permissionSet" in (await refused("sso-admin", "describe_permission_set", **arguments))["Message"]

    give(statement("sso:Describe*", on=[company.instance_arn, "arn:aws:sso:::permissionSet/*"]))
    await call("sso-admin", "describe_permission_set", **arguments)


async def test_a_denial_goes_before_whatever_allows(give: Callable[..., None], refused: Call) -> None:
    give(statement("organizations:*"), statement("organizations:ListRoots", effect="Deny"))

    assert (await refused("organizations", "list_roots"))["Code"] == "AccessDeniedException"


async def test_what_was_allowed_is_remembered_by_role(aws: LocalAws, give: Callable[..., None], call: Call) -> None:
    give(statement("organizations:ListRoots"))
    await call("organizations", "list_roots")

    assert aws.permissions.used == {"TeamBot": {"organizations:ListRoots"}}


async def test_a_key_of_the_company_s_is_used_under_its_conditions(
    aws: LocalAws, give: Callable[..., None], call: Call, refused: Call, company: Company
) -> None:
    aws.conduct.encrypted = True
    key = statement("kms:Decrypt", Condition={"StringLike": {"kms:ViaService": "identitystore.*.amazonaws.com"}})
    give(statement("identitystore:ListGroups"), key)
    await call("identitystore", "list_groups", IdentityStoreId=company.identity_store_id)

    key["Condition"]["StringEquals"] = {"kms:EncryptionContext:aws:identitystore:identitystore-arn": "another"}
    refusal = await refused("identitystore", "list_groups", IdentityStoreId=company.identity_store_id)
    assert (refusal["Code"], refusal["Reason"]) == ("AccessDeniedException", "KMS_ACCESS_DENIED")


async def test_the_simulator_says_what_would_be(give: Callable[..., None], call: Call, company: Company) -> None:
    give(
        statement("iam:SimulatePrincipalPolicy"),
        statement("sso:CreateAccountAssignment", on="arn:aws:sso:::account/1*"),
    )
    found = await call(
        "iam",
        "simulate_principal_policy",
        PolicySourceArn=f"arn:aws:iam::{company.management_account_id}:role/TeamBot",
        ActionNames=["sso:CreateAccountAssignment"],
        ResourceArns=["arn:aws:sso:::account/123456789012", "arn:aws:sso:::account/222233334444"],
    )

    assert [each["EvalDecision"] for each in found["EvaluationResults"]] == ["allowed", "implicitDeny"]


async def test_an_operator_with_keys_of_their_own_may_do_everything(aws: LocalAws, sdk: Session) -> None:
    import asyncio

    client: Any = sdk.create_client(
        "organizations",
        region_name="eu-west-1",
        endpoint_url=aws.url,
        aws_access_key_id="AKIAOPERATOR00000000",
        aws_secret_access_key="opens-nothing",
    )
    await asyncio.to_thread(client.list_roots)
    client.close()

    assert (aws.calls()[-1].role, OWN_KEY.startswith("AKIA")) == ("", True)
