"""The rights that a call needs: IAM's actions and resources (AWS, service authorization reference)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import parseaddr

from infra.sandbox.company import Company

from .activity import athena, insights, lake
from .web_identity import audience_of
from .wire import Call

#: What the actions of a service begin with, where that is not its name in the SDK.
_PREFIX = {"sso-admin": "sso", "sesv2": "ses"}
#: Operations that every caller may call.
_FREE = frozenset({("sts", "GetCallerIdentity")})
#: Operations for which IAM has another name.
_ACTION = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
}
#: Answered without decrypting anything.
_WITHOUT_KEY = frozenset({"ListInstances", "DescribeInstance"})
_CHANGES = frozenset({"CreateAccountAssignment", "DeleteAccountAssignment"})
_OF_ONE_MEMBERSHIP = frozenset({"CreateGroupMembership", "GetGroupMembershipId"})


@dataclass(frozen=True, slots=True)
class Need:
    """An action, on a resource that has to be allowed. ``context`` is what conditions are held against."""

    action: str
    resource: str = "*"
    context: dict[str, str] = field(default_factory=dict)


class Needs:
    """The needs of calls to one company's AWS."""

    def __init__(self, company: Company) -> None:
        self._company = company
        owner = company.management_account_id
        self._here = f"{company.region}:{company.delegated_admin_account_id}"
        self._store = f"arn:aws:identitystore::{owner}:identitystore/{company.identity_store_id}"
        self.key = f"arn:aws:kms:{company.region}:{owner}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        self._by_service: dict[str, Callable[[Call], Iterable[str]]] = {
            "sso-admin": self._of_sso,
            "identitystore": self._of_identity_store,
            "organizations": self._of_organizations,
            "athena": self._of_athena,
            "logs": self._of_logs,
            "cloudtrail": self._of_cloudtrail,
            "sts": lambda call: [str(call.arguments.get("RoleArn", "*"))],
            "iam": lambda call: [str(call.arguments.get("PolicySourceArn", "*"))],
            "s3": lambda call: [f"arn:aws:s3:::{call.arguments['Path']}"],
            "sns": lambda call: [str(call.arguments.get("TopicArn", "*"))],
            "events": self._of_events,
            "sesv2": self._of_mail,
            "secretsmanager": lambda call: [str(call.arguments.get("SecretId", "*"))],
        }

    def of(self, call: Call, *, encrypted: bool) -> list[Need]:
        """``encrypted``: with a key of the customer's."""
        if (call.service, call.operation) in _FREE:
            return []
        action = f"{_PREFIX.get(call.service, call.service)}:{_ACTION.get(call.operation, call.operation)}"
        needs = [Need(action, resource, _context(call)) for resource in self._resources(call)]
        needs += self._on_behalf(call)
        if encrypted and call.service in ("sso-admin", "identitystore") and call.operation not in _WITHOUT_KEY:
            needs += self._decryption(call)
        return needs

    def _resources(self, call: Call) -> list[str]:
        found = self._by_service.get(call.service)
        return list(found(call) if found else ()) or ["*"]

    @staticmethod
    def _of_sso(call: Call) -> Iterator[str]:
        """Whatever of instance, permission set and account a call names has to be allowed."""
        for name in ("InstanceArn", "PermissionSetArn"):
            if name in call.arguments:
                yield str(call.arguments[name])
        for name in ("AccountId", "TargetId"):
            if name in call.arguments:
                yield f"arn:aws:sso:::account/{call.arguments[name]}"

    def _of_identity_store(self, call: Call) -> Iterator[str]:
        yield self._store
        user = call.arguments.get("UserId") or call.arguments.get("MemberId", {}).get("UserId", "*")
        if "User" in call.operation or "ForMember" in call.operation:
            yield f"arn:aws:identitystore:::user/{user}"
        if call.operation in _OF_ONE_MEMBERSHIP:
            yield f"arn:aws:identitystore:::user/{user}"
        if "Membership" in call.operation:
            yield f"arn:aws:identitystore:::membership/{call.arguments.get('MembershipId', '*')}"
        if call.operation in ("ListGroups", "ListGroupMemberships", "DescribeGroup", *_OF_ONE_MEMBERSHIP):
            yield f"arn:aws:identitystore:::group/{call.arguments.get('GroupId', '*')}"

    def _of_organizations(self, call: Call) -> Iterator[str]:
        parent, company = str(call.arguments.get("ParentId", "")), self._company
        if parent:
            kind = "root" if parent.startswith("r-") else "ou"
            yield f"arn:aws:organizations::{company.management_account_id}:{kind}/{company.organization_id}/{parent}"

    def _of_athena(self, call: Call) -> Iterator[str]:
        if call.operation == "GetTableMetadata":
            yield f"arn:aws:athena:{self._here}:datacatalog/{call.arguments['CatalogName']}"
        else:
            yield f"arn:aws:athena:{self._here}:workgroup/{call.arguments.get('WorkGroup', athena.WORKGROUP)}"

    def _of_logs(self, call: Call) -> Iterator[str]:
        if call.operation == "StartQuery":
            yield f"arn:aws:logs:{self._here}:log-group:{insights.LOG_GROUP}:*"

    def _of_cloudtrail(self, call: Call) -> Iterator[str]:
        if call.operation != "LookupEvents":
            yield lake.store_arn(*self._here.split(":"))

    def _of_events(self, call: Call) -> Iterator[str]:
        if call.operation == "DescribeEventBus":
            yield f"arn:aws:events:{self._here}:event-bus/{call.arguments.get('Name', 'default')}"
        yield from (str(entry.get("EventBusName", "*")) for entry in call.arguments.get("Entries", ()))

    def _of_mail(self, call: Call) -> Iterator[str]:
        sender = parseaddr(str(call.arguments.get("FromEmailAddress", "")))[1].rpartition("@")[2]
        yield f"arn:aws:ses:{self._here}:identity/{call.arguments.get('EmailIdentity', sender)}"

    def _on_behalf(self, call: Call) -> Iterator[Need]:
        """The calls that Athena makes in its caller's name (Athena user guide, access to workgroups and data)."""
        if call.service != "athena" or call.operation not in ("GetTableMetadata", "StartQueryExecution"):
            return
        catalog = f"arn:aws:glue:{self._here}"
        table = [f"{catalog}:catalog", f"{catalog}:database/{athena.DATABASE}"]
        yield from (Need("glue:GetDatabase", resource) for resource in table)
        table.append(f"{catalog}:table/{athena.DATABASE}/{athena.TABLE}")
        yield from (Need("glue:GetTable", resource) for resource in table)
        if call.operation == "GetTableMetadata":
            return
        yield from (Need("glue:GetPartitions", resource) for resource in table)
        for bucket in ("example-organization-trail", "example-athena-results"):
            yield Need("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}")
            yield Need("s3:ListBucket", f"arn:aws:s3:::{bucket}")
        yield Need("s3:GetObject", "arn:aws:s3:::example-organization-trail/AWSLogs/file.json.gz")
        for action in ("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"):
            yield Need(action, "arn:aws:s3:::example-athena-results/teambot/file.csv")

    def _decryption(self, call: Call) -> Iterator[Need]:
        """The instance, or the people; for a change both: AWS looks the person up (user guide, baseline key policy)."""
        region = self._company.region
        of_instance = {
            "kms:ViaService": f"sso.{region}.amazonaws.com",
            "kms:EncryptionContext:aws:sso:instance-arn": self._company.instance_arn,
        }
        of_people = {
            "kms:ViaService": f"identitystore.{region}.amazonaws.com",
            "kms:EncryptionContext:aws:identitystore:identitystore-arn": self._store,
        }
        if call.service == "sso-admin":
            yield Need("kms:Decrypt", self.key, of_instance)
        if call.service == "identitystore" or call.operation in _CHANGES:
            yield Need("kms:Decrypt", self.key, of_people)


def _context(call: Call) -> dict[str, str]:
    """The values for conditions on tokens for others (IAM user guide, condition keys of AWS STS)."""
    if call.operation != "GetWebIdentityToken":
        return {}
    return {
        "sts:IdentityTokenAudience": audience_of(call),
        "sts:DurationSeconds": str(call.arguments.get("DurationSeconds", "300")),
        "sts:SigningAlgorithm": str(call.arguments["SigningAlgorithm"]),
    }
