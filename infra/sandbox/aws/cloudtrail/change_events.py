"""A change of an assignment or a membership as CloudTrail records it: who asked for what, and what it is called.

Field names as in records of sso.amazonaws.com and identitystore.amazonaws.com: the operation's own, beginning with a
small letter.
"""

from typing import Any
from uuid import uuid4

from infra.sandbox.aws.callers import Caller
from infra.sandbox.aws.wire import Call

from .records import written

_TOLD = ("InstanceArn", "TargetId", "TargetType", "PermissionSetArn", "PrincipalType", "PrincipalId")


def asked(call: Call, caller: Caller, at: float, answered: str, request_id: str) -> dict[str, Any]:
    """The record of a call that AWS accepted. ``answered`` is the member of the answer that has the operation."""
    told = {_small(name): call.arguments[name] for name in _TOLD}
    begun = {name: value for name, value in told.items() if name != "instanceArn"}
    answer = {_small(answered): {"status": "IN_PROGRESS", "requestId": request_id, **begun}}
    return _record(call, caller, at, "sso.amazonaws.com", request_id) | {
        "requestParameters": told,
        "responseElements": answer,
    }


def joined(call: Call, caller: Caller, at: float, membership_id: str) -> dict[str, Any]:
    """The record of a membership that was made."""
    store, user = call.arguments["IdentityStoreId"], call.arguments["MemberId"]["UserId"]
    return _record(call, caller, at, "identitystore.amazonaws.com", call.request_id) | {
        "requestParameters": {
            "identityStoreId": store,
            "groupId": call.arguments["GroupId"],
            "memberId": {"userId": user},
        },
        "responseElements": {"membershipId": membership_id, "identityStoreId": store},
    }


def _record(call: Call, caller: Caller, at: float, source: str, request_id: str) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller, call.access_key),
        "eventTime": written(at),
        "eventSource": source,
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "Boto3 teambot",
        "requestID": request_id,
        "eventID": str(uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": caller.account,
        "eventCategory": "Management",
    }


def _identity(caller: Caller, access_key: str) -> dict[str, Any]:
    role = caller.arn.split("/")[1]
    return {
        "type": "AssumedRole",
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": f"arn:aws:iam::{caller.account}:role/{role}",
                "accountId": caller.account,
                "userName": role,
            },
        },
    }


def _small(name: str) -> str:
    return name[0].lower() + name[1:]
