"""The policies of infra/aws, held against the calls that the local AWS records: none is missing, none too much."""

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from core.adapters.aws.access import check_access
from core.adapters.aws.activity import activity_source
from core.adapters.aws.activity.configuration import AthenaTable, SourceConfiguration, SourceName
from core.adapters.aws.archive import S3Archive
from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.caller_log import CloudTrailCallerLog
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.events import EventBus, SnsTopic
from core.adapters.aws.mail import SesMail
from core.adapters.aws.memberships import IdentityCenterAccess, IdentityCenterMemberships
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.rights import Reach
from core.adapters.aws.roles import Role, Roles
from core.adapters.aws.secrets import SecretsManager
from core.adapters.aws.service import Patience
from core.adapters.aws.session import AwsSession
from core.adapters.aws.web_identity import StsIdentityTokens
from core.domain.activity import ActivityQuery
from core.domain.assignment import OperationKind
from core.domain.errors import SourceRefused
from core.domain.ids import AccountId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Target, membership_of
from core.domain.outgoing_events import OutgoingEvent
from core.ports import Mail
from infra.aws import OF_ROLE, PARTITIONS, names, of_roles, policy
from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.activity import athena, insights, lake
from infra.sandbox.company import DELEGATED_ADMIN_ACCOUNT, MANAGEMENT_ACCOUNT, PAYMENTS_PROD, Company
from tests.fakes.clock import FakeClock
from tests.repo.tree import ROOT

ADAPTERS = ROOT / "core/adapters/aws"
BUCKET = "example-audit-trail"
FREE = {"sts:GetCallerIdentity"}
"""Calls that everybody may make (AWS, API reference of STS)."""
ON_BEHALF = {
    *("kms:Decrypt", "glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"),
    *("s3:GetBucketLocation", "s3:AbortMultipartUpload"),
}
"""Calls that AWS makes in the name of the role that asks for something else."""
ACTION_OF = {
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
}
PREFIXES = (
    "sso",
    "identitystore",
    "organizations",
    "sts",
    "iam",
    "s3",
    "athena",
    "logs",
    "cloudtrail",
    "sns",
    "events",
)


def role(part: str) -> Role:
    return Role.of(f"arn:aws:iam::{DELEGATED_ADMIN_ACCOUNT}:role/TeamBot{part}", part.lower())


ROLES = Roles(role("Read"), role("Grant"), role("Revoke"))


@pytest.fixture
async def aws(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalAws]:
    """An AWS in which each role may do what its policy says, encrypted with a key of the company's."""
    async with LocalAws(company, policies=of_roles()) as aws:
        aws.conduct.caller_account_id, aws.conduct.encrypted = DELEGATED_ADMIN_ACCOUNT, True
        aws.conduct.provisioning_seconds = aws.conduct.query_seconds = 0.01
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        yield aws
        aws.up()


@pytest.fixture
async def session(aws: LocalAws) -> AsyncIterator[AwsSession]:
    rates = ("sso_admin", "identity_store", "organizations", "logs", "lookups", "sts")
    quick = CallBudgets(**dict.fromkeys(rates, 2000.0))
    async with AwsSession(roles=ROLES, budgets=quick, patience=Patience(first_pause=0.001)) as session:
        yield session
        aws.up()


class Life:
    """Everything that the program asks of AWS, once."""

    def __init__(self, aws: LocalAws, session: AwsSession, folder: Path) -> None:
        self._aws, self._session, self._folder = aws, session, folder
        self._clock = FakeClock()
        assignments = IdentityCenterAssignments(session, self._clock)
        self._cloud = IdentityCenterAccess(assignments, IdentityCenterMemberships(session))
        self._ada = PrincipalId(aws.user("ada@example.com").id)
        self._target = Target(AccountId(PAYMENTS_PROD), PermissionSetArn(aws.permission_set("ReadOnlyAccess").arn))

    async def live(self) -> None:
        await self._look()
        await self._grant_and_take_away()
        await self._archive()
        await self._send_events()
        secrets = SecretsManager(self._session)
        arn = self._aws.put_secret("teambot/slack", "xoxb-1")
        assert ((await secrets.current(arn)).text, await secrets.previous(arn)) == ("xoxb-1", None)
        for source in SourceName:
            await self._read_activity(source)
        assert (await StsIdentityTokens(self._session).token("api://AzureADTokenExchange")).count(".") == 2
        leads = frozenset({GroupId(self._aws.group("Payments Leads").id)})
        reach = Reach(frozenset({self._target.permission_set}), frozenset({self._target.account}), leads)
        assert [check for check in await check_access(self._session, reach) if not check.ok] == []
        await self._find_the_instance_in_need()

    async def _look(self) -> None:
        reader = AwsOrganizationReader(self._session, self._clock)
        await reader.read()
        self._aws.faults.add("access_denied", operation="ListPermissionSetsProvisionedToAccount", times=1)
        await reader.read()  # looks at the sets one by one instead
        directory = IdentityStoreDirectory(self._session, self._clock)
        await directory.refresh()
        await directory.principals_of_email("ada@example.com", fresh=True)
        self._aws.provision(self._ada, "object-of-ada")
        await directory.refresh()
        await directory.principals_of_external_id("object-of-ada", fresh=True)
        await directory.principal(self._ada, fresh=True)
        await directory.groups_of(self._ada, fresh=True)
        await directory.members_of(GroupId(self._aws.group("Payments Leads").id), fresh=True)
        await self._cloud.is_assigned(self._ada, self._target)
        await self._cloud.users_assigned(self._target)

    async def _grant_and_take_away(self) -> None:
        for kind in OperationKind:
            await self._cloud.is_assigned(self._ada, self._target, ending=kind is OperationKind.DELETE)
            begun = await self._cloud.begin(kind, self._ada, self._target)
            await self._aws.changes.until(lambda: not self._aws.operations_in_flight())
            await self._cloud.operation(kind, begun)
            await self._cloud.find_operation(kind, self._ada, self._target, self._clock.now() - timedelta(minutes=1))
        group = membership_of(GroupId(self._aws.group("Payments Leads").id))
        for kind in OperationKind:
            await self._cloud.is_assigned(self._ada, group, ending=kind is OperationKind.DELETE)
            await self._cloud.begin(kind, self._ada, group)
            await self._cloud.find_operation(kind, self._ada, group, self._clock.now())
        since = self._clock.now() - timedelta(minutes=1)
        await self._cloud.changes(since, await CloudTrailCallerLog(self._session).asked_by_us(since))
        gone = Target(self._target.account, PermissionSetArn(f"{self._target.permission_set[:-4]}0000"))
        assert not await self._cloud.is_assigned(self._ada, gone, ending=True)
        assert not await self._cloud.users_assigned(gone)

    async def _find_the_instance_in_need(self) -> None:
        """By what takes away when what reads cannot, and by what grants when neither can."""
        for broken in ("Read", "Revoke"):
            self._aws.break_role(f"TeamBot{broken}")
            async with AwsSession(roles=ROLES) as another:
                assert (await another.instance()).arn

    async def _archive(self) -> None:
        await asyncio.to_thread(_make_bucket, self._aws)
        archive = S3Archive(self._session, BUCKET, role("Archive"))
        file = self._folder / "day.gz"
        file.write_bytes(b"a day")
        for _ in range(2):  # the second time it is there already
            await archive.put("teambot/audit/day.gz", file, {"last-seq": "7"})
        assert (await archive.check())[0]
        for key in await archive.keys("teambot/audit/"):
            await archive.fetch(key, self._folder / "again.gz")

    async def _send_events(self) -> None:
        here = f"{self._aws.world.company.region}:{DELEGATED_ADMIN_ACCOUNT}"
        topic, bus = f"arn:aws:sns:{here}:example-events", f"arn:aws:events:{here}:event-bus/example-events"
        event = OutgoingEvent("ab" * 32, 7, "request.granted", '{"id": "ab"}')
        for receiver in (SnsTopic(self._session, topic, role("Events")), EventBus(self._session, bus, role("Events"))):
            self._aws.world.messages.make(topic)
            self._aws.world.messages.make(bus)
            await receiver.check()
            await receiver.send(event)
        self._aws.world.mails.verified.add("events.example.com")
        mail = SesMail(self._session, "TEAM Bot <teambot@events.example.com>", role("Events"))
        await mail.check()
        await mail.send("grace@example.com", Mail("R-1042", "words"))

    async def _read_activity(self, source: SourceName) -> None:
        region = self._aws.world.company.region
        asked = SourceConfiguration(
            source,
            region=region,
            role=f"arn:aws:iam::{DELEGATED_ADMIN_ACCOUNT}:role/TeamBotActivity",
            athena=AthenaTable(athena.DATABASE, athena.TABLE, athena.WORKGROUP),
            log_groups=(insights.LOG_GROUP,),
            event_data_store=lake.store_arn(region, DELEGATED_ADMIN_ACCOUNT),
            regions=(region,),
        )
        reader = activity_source(self._session, asked, self._clock)
        now = self._clock.now()
        query = ActivityQuery(
            self._ada, "ada@example.com", self._target.account, "ReadOnlyAccess", now - timedelta(hours=1), now
        )
        await reader.check()
        await reader.read(query)
        self._aws.conduct.query_seconds = 60
        hasty = activity_source(self._session, replace(asked, patience=timedelta(seconds=0.05)), self._clock)
        with suppress(SourceRefused):
            await hasty.read(query)  # is stopped
        self._aws.conduct.query_seconds = 0.01


def _make_bucket(aws: LocalAws) -> None:
    """As an operator, who has keys of their own."""
    keys = {"aws_access_key_id": "AKIAOPERATOR00000000", "aws_secret_access_key": "opens-nothing"}
    region = aws.world.company.region
    client: Any = boto3.session.Session().client
    s3 = client("s3", region_name=region, endpoint_url=aws.url, **keys)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    s3.close()


def allowed(documents: list[str]) -> set[str]:
    """The actions that these documents allow."""
    return {
        action
        for name in documents
        for statement in policy(name)["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


async def test_every_call_has_its_permission_and_every_permission_its_call(
    aws: LocalAws, session: AwsSession, tmp_path: Path
) -> None:
    await Life(aws, session, tmp_path).live()

    denied = {call.operation for call in aws.calls() if call.outcome.startswith(("AccessDenied", "KMS"))}
    assert denied == {"ListPermissionSetsProvisionedToAccount", "AssumeRole"}, "these were told to fail, and no other"
    used = aws.permissions.used
    needed = {name: allowed(list(documents)) for name, documents in OF_ROLE.items()}
    idle = {f"{name} {action}" for name, actions in needed.items() for action in actions - used.get(name, set())}
    assert sorted(idle) == [], "permissions without a call"


def named_operations() -> Iterator[str]:
    """Operations that the adapters name: methods of clients, and names of methods handed to a source's client."""
    for file in sorted(ADAPTERS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] in ("client", "_sts"):
                yield node.attr
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("self._client.call", "self._client.pages"):
                yield str(ast.literal_eval(node.args[0]))


def test_every_operation_that_an_adapter_names_is_in_a_policy() -> None:
    asked = {"".join(word.capitalize() for word in name.split("_")) for name in named_operations()}
    asked -= {"Meta", "Close", "Events"}
    in_policies = allowed([name for name in names() if name != "trust"]) | FREE
    known = {action.partition(":")[2] for action in in_policies}
    renamed = {name.partition(":")[2]: action.partition(":")[2] for name, action in ACTION_OF.items()}

    assert sorted(name for name in asked if renamed.get(name, name) not in known) == []
    called = {renamed.get(name, name) for name in asked}
    silent = {action for action in in_policies - ON_BEHALF if action.partition(":")[2] not in called}
    assert silent == set()


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("name", names())
def test_a_policy_names_one_partition_and_other_ids_where_they_are_given(name: str, partition: str) -> None:
    ids = {"account": "999988887777", "management-account": "777788889999", "instance": "ssoins-0000000000000000"}
    text = str(policy(name, partition, ids))

    assert f"arn:{partition}:" in text or "'Resource': '*'" in text
    assert [other for other in PARTITIONS if other != partition and f"arn:{other}:" in text] == []
    assert [
        example for example in (DELEGATED_ADMIN_ACCOUNT, MANAGEMENT_ACCOUNT, "ssoins-7223") if example in text
    ] == []


@pytest.mark.parametrize("name", names())
def test_nothing_is_allowed_on_everything_that_aws_can_restrict(name: str) -> None:
    """But for reading actions for which IAM knows no resource (AWS, service authorization reference)."""
    without_resource = {
        *("sso:ListInstances", "organizations:DescribeOrganization", "organizations:ListRoots"),
        *("organizations:ListDelegatedAdministrators", "logs:DescribeLogGroups", "logs:GetQueryResults"),
        *("logs:StopQuery", "cloudtrail:LookupEvents", "sts:GetWebIdentityToken"),
    }
    everywhere = {
        action
        for statement in policy(name)["Statement"]
        if statement.get("Resource") == "*"
        for action in statement["Action"]
    }
    assert everywhere <= without_resource
    assert "*" not in str([statement["Action"] for statement in policy(name)["Statement"]])
