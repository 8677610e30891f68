import pytest

from core.adapters.aws.access import check_access
from core.adapters.aws.session import AwsSession
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import DELEGATED_ADMIN_ACCOUNT, MANAGEMENT_ACCOUNT, PAYMENTS_PROD, Company

STANDING = "AWS account of the bot"
GRANTS, ENDS = "Identity Center, granting", "Identity Center, taking away"


async def test_with_all_permissions_every_line_is_well_and_says_what_was_found(
    session: AwsSession, company: Company
) -> None:
    checks = await check_access(session)

    assert [check.what for check in checks if not check.ok] == []
    assert any(company.instance_arn in check.detail for check in checks)


@pytest.mark.parametrize(
    ("account", "words", "ok"),
    [
        (MANAGEMENT_ACCOUNT, "is the management account", True),
        (DELEGATED_ADMIN_ACCOUNT, "is a delegated administrator", True),
        (PAYMENTS_PROD, "is neither", False),
    ],
)
async def test_it_tells_which_account_the_bot_runs_as(
    session: AwsSession, aws: LocalAws, account: str, words: str, ok: bool
) -> None:
    aws.conduct.caller_account_id = account
    line = {check.what: check for check in await check_access(session)}[STANDING]

    assert line.detail.startswith(f"{account} {words}")
    assert line.ok is ok


async def test_a_question_that_the_bot_needs_no_answer_to_may_be_denied(session: AwsSession, aws: LocalAws) -> None:
    aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT
    aws.faults.add("access_denied", operation="ListDelegatedAdministrators")
    line = {check.what: check for check in await check_access(session)}[STANDING]

    assert line.ok
    assert "cannot be told" in line.detail


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("GetCallerIdentity", ["AWS credentials", ENDS]),
        ("DescribeOrganization", ["AWS organization"]),
        ("ListAccountsForParent", ["AWS organization"]),
        ("DescribePermissionSet", ["Identity Center permission sets"]),
        ("ListAccountAssignments", ["Identity Center assignments", ENDS]),
        ("ListPermissionSetsProvisionedToAccount", ["Permission sets of the management account"]),
        ("DescribeAccountAssignmentCreationStatus", [GRANTS]),
        ("ListAccountAssignmentCreationStatus", [GRANTS]),
        ("DescribeAccountAssignmentDeletionStatus", [ENDS]),
        ("ListAccountAssignmentDeletionStatus", [ENDS]),
        ("DescribeUser", ["Identity Center users"]),
        ("ListGroupMembershipsForMember", ["Identity Center users"]),
        ("ListGroupMemberships", ["Identity Center groups"]),
    ],
)
async def test_a_missing_permission_fails_its_own_line_with_aws_s_words(
    session: AwsSession, aws: LocalAws, operation: str, what: list[str]
) -> None:
    aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT
    aws.faults.add("access_denied", operation=operation)
    failed = [check for check in await check_access(session) if not check.ok]

    assert [check.what for check in failed] == what
    assert failed[0].detail.startswith(f"{operation}: AccessDenied")
    assert "The bot's own role (or user) lacks" in failed[0].detail


async def test_without_an_instance_everything_of_identity_center_fails_and_nothing_else(
    session: AwsSession, aws: LocalAws
) -> None:
    aws.faults.add("access_denied", operation="ListInstances")
    checks = await check_access(session)

    assert {check.what.startswith("Identity Center"): check.ok for check in checks} == {False: True, True: False}


async def test_it_changes_nothing(session: AwsSession, aws: LocalAws) -> None:
    await check_access(session)

    assert {call.operation[:3] for call in aws.calls()} <= {"Lis", "Des", "Get", "Sim", "Loo"}


@pytest.mark.parametrize(
    ("conduct", "words"),
    [
        ({"primary_region": "ap-south-1"}, "set AWS_REGION=ap-south-1"),
        ({"permission_sets_enabled": False}, "multi-account permissions"),
    ],
    ids=["additional region", "no permission sets"],
)
async def test_an_instance_that_cannot_assign_says_in_one_line_what_to_do(
    session: AwsSession, aws: LocalAws, conduct: dict[str, object], words: str
) -> None:
    for name, value in conduct.items():
        setattr(aws.conduct, name, value)
    line = {check.what: check for check in await check_access(session)}["Identity Center instance"]

    assert not line.ok
    assert words in line.detail


async def test_sets_of_the_management_account_are_named_to_a_delegated_administrator(
    session: AwsSession, aws: LocalAws
) -> None:
    aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT
    aws.make_assignment(MANAGEMENT_ACCOUNT, "SupportUser", "bob@example.com")
    line = {check.what: check for check in await check_access(session)}["Permission sets of the management account"]

    assert line.ok
    assert "SupportUser" in line.detail
