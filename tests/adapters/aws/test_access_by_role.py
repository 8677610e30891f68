"""The doctor tells which role lacks what, without doing anything that it asks about."""

import copy
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from core.adapters.aws.access import Check, check_access
from core.adapters.aws.rights import Reach
from core.adapters.aws.roles import Role, Roles
from core.adapters.aws.session import AwsSession
from core.domain.ids import AccountId, PermissionSetArn
from infra.aws import of_roles
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import DELEGATED_ADMIN_ACCOUNT, PAYMENTS_PROD, PAYMENTS_STAGING, Company

OpenSession = Callable[..., AwsSession]
GRANTS, ENDS = "Identity Center, granting", "Identity Center, taking away"
PARTS = ("Read", "Grant", "Revoke")
Ask = Callable[..., Any]


def arn(part: str, account: str = DELEGATED_ADMIN_ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/TeamBot{part}"


@pytest.fixture
async def aws(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalAws]:
    async with LocalAws(company, policies=copy.deepcopy(of_roles())) as aws:
        aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        yield aws
        aws.up()


@pytest.fixture
def ask(aws: LocalAws, open_session: OpenSession) -> Ask:
    """The lines by what they are about; for a bot with roles, and a policy that names two targets."""
    sets = {PermissionSetArn(aws.permission_set(name).arn) for name in ("ReadOnlyAccess", "PowerUserAccess")}
    reach = Reach(frozenset(sets), frozenset({AccountId(PAYMENTS_PROD), AccountId(PAYMENTS_STAGING)}))

    async def asked(roles: Roles | None = None) -> dict[str, Check]:
        chosen = roles or Roles(*(Role.of(arn(part), part.lower()) for part in PARTS))
        return {check.what: check for check in await check_access(open_session(roles=chosen), reach)}

    return asked


def without(aws: LocalAws, part: str, action: str) -> None:
    """Take an action out of a role's policy."""
    for document in aws.permissions.documents[f"TeamBot{part}"]:
        for statement in document["Statement"]:
            statement["Action"] = [each for each in statement["Action"] if each != action]


async def test_with_the_policies_of_this_repository_every_line_is_well(aws: LocalAws, ask: Ask) -> None:
    lines = await ask()

    assert [line for line in lines.values() if not line.ok] == []
    assert {arn(part).rpartition("/")[2] in lines[f"AWS role that {does}"].detail for part, does in DOES.items()} == {
        True
    }
    assert "allowed by the policies, on 5 resources" in lines[GRANTS].detail
    assert not aws.calls("CreateAccountAssignment")
    assert not aws.calls("DeleteAccountAssignment")


DOES = {"Read": "reads", "Grant": "grants", "Revoke": "takes away"}


@pytest.mark.parametrize(
    ("part", "action", "failing"),
    [
        ("Read", "identitystore:ListGroupMemberships", ["Identity Center groups"]),
        ("Read", "organizations:ListRoots", ["AWS organization"]),
        ("Grant", "sso:CreateAccountAssignment", [GRANTS]),
        ("Grant", "sso:DescribeAccountAssignmentCreationStatus", [GRANTS]),
        ("Revoke", "sso:DeleteAccountAssignment", [ENDS]),
        ("Revoke", "sso:ListAccountAssignments", [ENDS]),
    ],
)
async def test_a_line_that_fails_names_the_role_and_what_it_lacks(
    aws: LocalAws, ask: Ask, part: str, action: str, failing: list[str]
) -> None:
    without(aws, part, action)
    lines = await ask()

    assert [what for what, line in lines.items() if not line.ok and line.checked] == failing
    assert arn(part) in lines[failing[0]].detail
    assert f"lacks {action}" in lines[failing[0]].detail or f"do not allow {action}" in lines[failing[0]].detail


async def test_a_target_that_the_policy_leaves_out_is_named(aws: LocalAws, ask: Ask) -> None:
    for document in aws.permissions.documents["TeamBotGrant"]:
        for statement in document["Statement"]:
            if "sso:CreateAccountAssignment" in statement["Action"] and statement["Effect"] == "Allow":
                kept = [each for each in statement["Resource"] if not each.endswith("account/*")]
                statement["Resource"] = [*kept, f"arn:aws:sso:::account/{PAYMENTS_PROD}"]
    line = (await ask())[GRANTS]

    assert not line.ok
    assert f"on arn:aws:sso:::account/{PAYMENTS_STAGING}" in line.detail
    assert PAYMENTS_PROD not in line.detail


async def test_what_cannot_be_simulated_is_said_and_fails_nothing(aws: LocalAws, ask: Ask) -> None:
    for part in ("Grant", "Revoke"):
        without(aws, part, "iam:SimulatePrincipalPolicy")
    lines = await ask()

    assert [line.ok for line in (lines[GRANTS], lines[ENDS])] == [True, True]
    assert "was not tried" in lines[GRANTS].detail


@pytest.mark.parametrize("part", PARTS)
async def test_a_role_that_cannot_be_assumed_has_its_own_line_and_the_others_go_on(
    aws: LocalAws, ask: Ask, part: str
) -> None:
    aws.break_role(f"TeamBot{part}")
    lines = await ask()

    broken = lines[f"AWS role that {DOES[part]}"]
    assert not broken.ok
    assert "sts:AssumeRole" in broken.detail
    assert "trust policy" in broken.detail
    assert [lines[what].ok for what in (GRANTS, ENDS)] == [part != "Grant", part != "Revoke"]


async def test_a_role_of_another_account_is_told(aws: LocalAws, ask: Ask) -> None:
    aws.permissions.documents.pop("TeamBot")
    elsewhere = Role.of(arn("Revoke", PAYMENTS_PROD), "revoke")
    lines = await ask(Roles(Role.of(arn("Read"), "read"), Role.of(arn("Grant"), "grant"), elsewhere))

    assert not lines["AWS role that takes away"].ok
    assert "is in another account" in lines["AWS role that takes away"].detail


async def test_a_key_that_a_role_may_not_use_is_named_as_such(aws: LocalAws, ask: Ask) -> None:
    aws.conduct.encrypted = True
    assert [line.what for line in (await ask()).values() if not line.ok] == []
    without(aws, "Revoke", "kms:Decrypt")
    lines = await ask()

    assert [line.what for line in lines.values() if not line.ok] == [ENDS]
    assert f"{arn('Revoke')} needs kms:Decrypt" in lines[ENDS].detail
    assert "encrypted with arn:aws:kms:" in lines["Identity Center instance"].detail


async def test_the_other_regions_of_the_instance_are_named(aws: LocalAws, ask: Ask) -> None:
    aws.conduct.other_regions = ["us-east-1"]

    assert "also in us-east-1" in (await ask())["Identity Center instance"].detail
