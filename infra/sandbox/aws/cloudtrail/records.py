"""An event as CloudTrail records it: the record's fields are those of the CloudTrail user guide."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from infra.sandbox.company import Company

from .sample_events import Client, SampleEvent

_AGENTS = {"console": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "cli": "aws-cli/2.28.1 Python/3.13.4"}
_ADDRESSES = {"console": "203.0.113.24", "cli": "198.51.100.7"}


@dataclass(frozen=True, slots=True)
class Who:
    """A session of a role: in which account, by which permission set, whose."""

    account: str
    permission_set: str
    user_name: str
    #: UserId of Identity Center; empty: the session does not tell.
    user_id: str
    company: Company
    #: The role is somebody's own, and only its name is the same.
    by_hand: bool = False

    @property
    def role(self) -> str:
        return f"AWSReservedSSO_{self.permission_set}_{_hex(f'{self.account} {self.permission_set}', 16)}"

    @property
    def role_arn(self) -> str:
        path = "" if self.by_hand else f"aws-reserved/sso.amazonaws.com/{self.company.region}/"
        return f"arn:aws:iam::{self.account}:role/{path}{self.role}"

    @property
    def session_arn(self) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role}/{self.user_name}"


def record(at: float, event: SampleEvent, who: Who, signed_in_at: float, *, key: str) -> dict[str, Any]:
    """Always the same record for the same event: `key` tells apart what would else be alike."""
    region = event.region or who.company.region
    resources = [arn.format(account=who.account, region=region) for arn in event.resources]
    event_id = str(uuid5(NAMESPACE_URL, f"{key} {who.session_arn} {signed_in_at} {event.after} {event.name}"))
    return {
        "eventVersion": "1.11",
        "userIdentity": _identity(event, who, signed_in_at, event_id),
        "eventTime": written(at),
        "eventSource": f"{event.service}.amazonaws.com",
        "eventName": event.name,
        "awsRegion": region,
        "sourceIPAddress": _ADDRESSES[event.client],
        "userAgent": _AGENTS[event.client],
        **({"errorCode": event.error, "errorMessage": event.message} if event.error else {}),
        "requestParameters": dict(event.parameters) or None,
        "responseElements": None,
        "requestID": str(uuid5(NAMESPACE_URL, f"request {event_id}")),
        "eventID": event_id,
        "readOnly": event.read_only,
        **({"resources": [{"accountId": who.account, "ARN": arn} for arn in resources]} if resources else {}),
        "eventType": "AwsApiCall",
        "managementEvent": not event.is_data,
        "recipientAccountId": who.account,
        "eventCategory": "Data" if event.is_data else "Management",
    }


def written(at: float) -> str:
    """As the record has its times."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _identity(event: SampleEvent, who: Who, signed_in_at: float, event_id: str) -> dict[str, Any]:
    role_id = f"AROA{_hex(who.role, 16).upper()}"
    told = {"userId": who.user_id, "identityStoreArn": _identity_store(who.company)}
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{who.user_name}",
        "arn": who.session_arn,
        "accountId": who.account,
        "accessKeyId": _access_key(event.client, who, signed_in_at, event_id),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": who.role_arn,
                "accountId": who.account,
                "userName": who.role,
            },
            "attributes": {"creationDate": written(signed_in_at + _OPENED[event.client]), "mfaAuthenticated": "false"},
        },
        **({"onBehalfOf": told} if who.user_id and event.tells_user else {}),
    }


#: Seconds after the access began.
_OPENED = {"console": 45, "cli": 20}


def _access_key(client: Client, who: Who, signed_in_at: float, event_id: str) -> str:
    """The console takes a new key for each request, a terminal keeps one."""
    of = event_id if client == "console" else f"{who.session_arn} {signed_in_at}"
    return f"ASIA{_hex(of, 16).upper()}"


def _identity_store(company: Company) -> str:
    return f"arn:aws:identitystore::{company.management_account_id}:identitystore/{company.identity_store_id}"


def _hex(text: str, length: int) -> str:
    return sha256(text.encode()).hexdigest()[:length]
