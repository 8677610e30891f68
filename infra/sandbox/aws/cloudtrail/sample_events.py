"""Sample work of somebody with a permission set, minute by minute: some reads, some writes, an error.

An event names no person: the trail makes a record of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Client = Literal["console", "cli"]


@dataclass(frozen=True, slots=True)
class SampleEvent:
    #: Minutes after the access began.
    after: float
    service: str
    name: str
    read_only: bool = True
    client: Client = "console"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    #: ARNs, with `{account}` and `{region}` in them.
    resources: tuple[str, ...] = ()
    error: str = ""
    message: str = ""
    #: The service writes `onBehalfOf` into its events; some don't.
    tells_user: bool = True
    #: Done to data rather than to the account: not in the event history.
    is_data: bool = False
    region: str = ""


def _read(after: float, service: str, name: str, **more: Any) -> SampleEvent:
    return SampleEvent(after, service, name, **more)


def _write(after: float, service: str, name: str, **more: Any) -> SampleEvent:
    return SampleEvent(after, service, name, read_only=False, **more)


def _denied(after: float, service: str, name: str, **more: Any) -> SampleEvent:
    message = f"User is not authorized to perform: {service}:{name} because no identity-based policy allows it"
    return SampleEvent(after, service, name, read_only=False, error="AccessDenied", message=message, **more)


_SIGN_IN = (
    _read(0.5, "sts", "GetCallerIdentity", client="cli", tells_user=False, region="us-east-1"),
    _read(1, "ec2", "DescribeRegions"),
    _read(1.5, "cloudformation", "ListStacks", parameters={"stackStatusFilter": ["UPDATE_IN_PROGRESS"]}),
)
_LOOK = (
    _read(3, "ecs", "DescribeServices", parameters={"cluster": "payments", "services": ["api"]}),
    _read(4, "ecs", "DescribeServices", parameters={"cluster": "payments", "services": ["api"]}),
    _read(5, "logs", "FilterLogEvents", client="cli", parameters={"logGroupName": "/ecs/payments-api"}),
    _read(7, "s3", "GetObject", is_data=True, client="cli", tells_user=False,
          resources=("arn:aws:s3:::payments-artifacts/releases/4.2.json",)),
    _read(11, "cloudwatch", "GetMetricData"),
)  # fmt: skip
_MEND = (
    _read(3, "ecs", "DescribeServices", parameters={"cluster": "payments", "services": ["api"]}),
    _read(4, "codedeploy", "ListDeployments", parameters={"applicationName": "payments-api"}),
    _write(6, "codedeploy", "StopDeployment", parameters={"deploymentId": "d-4QX9K2T7V"}),
    _write(8, "ecs", "UpdateService", client="cli", parameters={"cluster": "payments", "serviceName": "payments-api"}),
    _read(9, "ecs", "DescribeServices", client="cli", parameters={"cluster": "payments", "services": ["api"]}),
    _read(10, "ecs", "DescribeServices", client="cli", parameters={"cluster": "payments", "services": ["api"]}),
    _write(12, "ssm", "PutParameter", client="cli", parameters={"name": "/payments/release"},
           resources=("arn:aws:ssm:{region}:{account}:parameter/payments/release",)),
    _denied(15, "iam", "CreateRole", region="us-east-1", parameters={"roleName": "payments-debug"}),
    _write(18, "s3", "PutObject", is_data=True, client="cli", tells_user=False,
           resources=("arn:aws:s3:::payments-artifacts/releases/4.2.json",)),
    _read(22, "ecs", "DescribeServices", parameters={"cluster": "payments", "services": ["api"]}),
)  # fmt: skip
_ADMINISTER = (
    _read(3, "iam", "ListRoles", region="us-east-1"),
    _write(5, "iam", "AttachRolePolicy", region="us-east-1", parameters={"roleName": "payments-api"}),
    _write(9, "kms", "EnableKeyRotation", parameters={"keyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}),
    _denied(14, "organizations", "LeaveOrganization", region="us-east-1"),
    _read(20, "iam", "SimulatePrincipalPolicy", region="us-east-1"),
)
_DATABASES = (
    _read(3, "rds", "DescribeDBInstances"),
    _write(6, "rds", "CreateDBSnapshot", parameters={"dBInstanceIdentifier": "ledger", "dBSnapshotIdentifier": "fix"}),
    _write(9, "rds", "ModifyDBParameterGroup", client="cli", parameters={"dBParameterGroupName": "ledger-15"}),
    _denied(13, "rds", "DeleteDBInstance", parameters={"dBInstanceIdentifier": "ledger"}),
)
_LATE = (_read(55, "ce", "GetCostAndUsage", region="us-east-1"), _read(85, "ec2", "DescribeInstances", client="cli"))
_BY_PERMISSION_SET = {
    "PowerUserAccess": _MEND,
    "AdministratorAccess": _ADMINISTER,
    "DatabaseAdmin": _DATABASES,
}


def sample_events(permission_set: str) -> Sequence[SampleEvent]:
    """In order of time."""
    work = _BY_PERMISSION_SET.get(
        permission_set, (*_LOOK, _denied(8, "s3", "DeleteBucket", parameters={"bucketName": "payments-artifacts"}))
    )
    return sorted((*_SIGN_IN, *work, *_LATE), key=lambda event: event.after)


#: Done with a session that was opened in time, minutes after the access was taken away.
AFTERWARDS = (SampleEvent(6, "ecs", "DescribeServices", client="cli", parameters={"cluster": "payments"}),)
