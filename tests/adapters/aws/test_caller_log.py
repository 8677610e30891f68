"""The callers who asked for a change of an assignment, as CloudTrail records them; all changes, as in AWS's lists."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.caller_log import CloudTrailCallerLog, caller_of, change_of, joined_in
from core.adapters.aws.memberships import PREFIX, IdentityCenterAccess, IdentityCenterMemberships
from core.adapters.aws.roles import Role, Roles
from core.adapters.aws.session import AwsSession
from core.adapters.clock import SystemClock
from core.domain.assignment import OperationKind, OperationState
from core.domain.aws_changes import AwsChange
from core.domain.errors import UpstreamRefused
from core.domain.ids import AccountId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Target, membership_of
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import DELEGATED_ADMIN_ACCOUNT, PAYMENTS_PROD, Company

if TYPE_CHECKING:
    from mypy_boto3_identitystore.type_defs import MemberIdTypeDef

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
HOUR = timedelta(hours=1)


@pytest.fixture
async def aws(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalAws]:
    async with LocalAws(company) as aws:
        aws.conduct.provisioning_seconds, aws.conduct.trail_delay_seconds = 0.01, 0
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        yield aws


def role(part: str) -> Role:
    return Role.of(f"arn:aws:iam::{DELEGATED_ADMIN_ACCOUNT}:role/TeamBot{part}", part.lower())


@pytest.fixture(params=["process", "roles"])
async def session(request: pytest.FixtureRequest, aws: LocalAws) -> AsyncIterator[AwsSession]:
    budgets = CallBudgets(sso_admin=2000, lookups=2000)
    roles = Roles()
    if request.param == "roles":
        aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT
        roles = Roles(role("Read"), role("Grant"), role("Revoke"))
    async with AwsSession(roles=roles, budgets=budgets) as session:
        yield session


class Stage:
    def __init__(self, aws: LocalAws, session: AwsSession) -> None:
        self.aws = aws
        self.cloud = IdentityCenterAssignments(session, SystemClock())
        self.callers = CloudTrailCallerLog(session)
        self.ada = PrincipalId(aws.user("ada@example.com").id)
        self.target = Target(AccountId(PAYMENTS_PROD), PermissionSetArn(aws.permission_set("ReadOnlyAccess").arn))
        self.since = datetime.now(UTC) - HOUR

    async def ask(self, kind: OperationKind) -> str:
        begun = await self.cloud.begin(kind, self.ada, self.target)
        await self.done()
        return begun

    async def done(self) -> None:
        await self.aws.changes.until(lambda: not self.aws.operations_in_flight())

    async def ask_elsewhere(self, ask: Callable[[Any], Any]) -> None:
        """With somebody else's credentials, as the console does it."""
        client = boto3.session.Session().client(
            "sso-admin", aws_access_key_id="AKIAOPERATOR00000000", aws_secret_access_key="x"
        )
        await asyncio.to_thread(ask, client)
        client.close()
        await self.done()


@pytest.fixture
def stage(aws: LocalAws, session: AwsSession) -> Stage:
    return Stage(aws, session)


async def test_what_the_bot_asked_for_is_told_with_its_purpose_and_nothing_of_others(stage: Stage) -> None:
    made, gone = await stage.ask(CREATE), await stage.ask(DELETE)
    wanted = {
        "InstanceArn": stage.aws.world.permission_sets.instance_arn,
        "TargetId": stage.target.account,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": stage.target.permission_set,
        "PrincipalType": "USER",
        "PrincipalId": stage.ada,
    }
    await stage.ask_elsewhere(lambda client: client.create_account_assignment(**wanted))
    group = {**wanted, "PrincipalType": "GROUP", "PrincipalId": stage.aws.group("Payments").id}
    await stage.ask_elsewhere(lambda client: client.create_account_assignment(**group))
    told = await stage.callers.asked_by_us(stage.since)
    assert {(each.kind, each.aws_id) for each in told} == {(CREATE, made), (DELETE, gone)}
    assert {each.holding for each in told} == {(stage.ada, stage.target)}
    everything = await stage.cloud.changes(stage.since, told)
    by_hand = [each for each in everything if each.aws_id not in {made, gone}]
    assert [(each.kind, each.holding) for each in by_hand] == [(CREATE, (stage.ada, stage.target))]
    assert {each.state for each in everything} == {OperationState.SUCCEEDED}
    assert all(abs(each.at - datetime.now(UTC)) < HOUR for each in everything)


async def test_a_membership_of_the_bots_making_is_told_by_its_id_and_none_of_others(
    stage: Stage, session: AwsSession
) -> None:
    memberships = IdentityCenterMemberships(session)
    target = membership_of(GroupId(stage.aws.group("Payments Leads").id))
    made = await memberships.begin(CREATE, stage.ada, target)
    client = boto3.session.Session().client(
        "identitystore", aws_access_key_id="AKIAOPERATOR00000000", aws_secret_access_key="x"
    )
    store, other = stage.aws.world.directory.id, stage.aws.group("Data Leads").id
    member: MemberIdTypeDef = {"UserId": stage.ada}
    await asyncio.to_thread(
        lambda: client.create_group_membership(IdentityStoreId=store, GroupId=other, MemberId=member)
    )
    client.close()
    (told,) = await stage.callers.asked_by_us(stage.since)
    assert (told.kind, told.holding, told.aws_id) == (CREATE, (stage.ada, target), made)
    assert made.startswith(PREFIX)
    assert await IdentityCenterAccess(stage.cloud, memberships).changes(stage.since, [told]) == [told]


async def test_what_is_known_already_is_not_asked_after_one_by_one(stage: Stage, session: AwsSession) -> None:
    await stage.ask(CREATE)
    told = await stage.callers.asked_by_us(stage.since)
    fresh = IdentityCenterAssignments(session, SystemClock())
    before = len([call for call in stage.aws.calls() if call.operation.startswith("Describe")])
    assert [each.aws_id for each in await fresh.changes(stage.since, told)] == [told[0].aws_id]
    assert len([call for call in stage.aws.calls() if call.operation.startswith("Describe")]) == before
    assert [each.holding for each in await fresh.changes(stage.since)] == [(stage.ada, stage.target)]


async def test_an_operation_that_goes_on_is_in_progress_and_one_of_before_is_left_out(stage: Stage) -> None:
    await stage.ask(CREATE)
    stage.aws.hold()
    await stage.cloud.begin(DELETE, stage.ada, stage.target)
    states = {each.kind: each.state for each in await stage.cloud.changes(stage.since)}
    assert states == {CREATE: OperationState.SUCCEEDED, DELETE: OperationState.IN_PROGRESS}
    later = SystemClock().now() + timedelta(seconds=5)
    assert await stage.cloud.changes(later) == []


async def test_without_the_right_to_read_it_the_log_refuses(stage: Stage) -> None:
    stage.aws.faults.add("access_denied", operation="LookupEvents")
    with pytest.raises(UpstreamRefused):
        await stage.callers.asked_by_us(stage.since)


RECORD: dict[str, Any] = {
    "eventTime": "2026-03-02T12:00:00Z",
    "userIdentity": {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::123456789012:assumed-role/TeamBotGrant/teambot-grant",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "accountId": "123456789012", "userName": "TeamBotGrant"},
        },
    },
    "requestParameters": {
        "principalType": "USER",
        "principalId": "p-ada",
        "targetId": "111122223333",
        "permissionSetArn": "ps-1",
    },
    "responseElements": {"accountAssignmentCreationStatus": {"requestId": "op-1", "status": "IN_PROGRESS"}},
}


def test_a_record_is_read_as_cloudtrail_writes_it() -> None:
    target = Target(AccountId("111122223333"), PermissionSetArn("ps-1"))
    at = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    read = AwsChange(CREATE, PrincipalId("p-ada"), target, "op-1", at, OperationState.IN_PROGRESS)
    assert change_of(CREATE, RECORD) == read
    assert caller_of(RECORD) == "123456789012/TeamBotGrant"
    user = {"userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/bot"}}
    assert caller_of(user) == "arn:aws:iam::123456789012:user/bot"


@pytest.mark.parametrize(
    "odd",
    [
        {"responseElements": None, "errorCode": "AccessDenied"},
        {"requestParameters": {**RECORD["requestParameters"], "principalType": "GROUP"}},
        {"requestParameters": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        {"eventTime": "yesterday"},
        {"userIdentity": None},
        {},
    ],
)
def test_an_odd_record_proves_nothing(odd: dict[str, Any]) -> None:
    record = {**RECORD, **odd} if odd else {}
    assert change_of(CREATE, record) is None or caller_of(record) == ""


JOINED: dict[str, Any] = {
    "eventTime": "2026-03-02T12:00:00Z",
    "requestParameters": {"identityStoreId": "d-1", "groupId": "g-1", "memberId": {"userId": "p-ada"}},
    "responseElements": {"identityStoreId": "d-1", "membershipId": "m-1"},
}


def test_a_membership_is_read_as_cloudtrail_writes_it() -> None:
    at = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    target = membership_of(GroupId("g-1"))
    read = AwsChange(CREATE, PrincipalId("p-ada"), target, f"{PREFIX}m-1", at, OperationState.SUCCEEDED)
    assert joined_in(JOINED) == read


@pytest.mark.parametrize(
    "odd",
    [
        {"responseElements": None, "errorCode": "ConflictException"},
        {"requestParameters": {"groupId": "g-1", "memberId": "HIDDEN_DUE_TO_SECURITY_REASONS"}},
        {"eventTime": "yesterday"},
    ],
)
def test_an_odd_record_of_a_membership_proves_nothing(odd: dict[str, Any]) -> None:
    assert joined_in({**JOINED, **odd}) is None
