"""The callers who changed assignments and memberships, from CloudTrail's event history.

It is always on, has ninety days, and is up to 15 minutes late.

Looked up by the name of the operation, 50 events a call and two calls a second (CloudTrail user guide, event history).
An event names the role whose session asked; what asked with the bot's own roles is the bot's, if nothing else uses
them.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.adapters.aws.activity.record import read_json, read_time
from core.adapters.aws.budget import Priority
from core.adapters.aws.memberships import PREFIX
from core.adapters.aws.roles import Role
from core.adapters.aws.session import AwsSession
from core.domain.assignment import OperationKind, OperationState
from core.domain.aws_changes import AwsChange
from core.domain.ids import AccountId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Target, membership_of

CLOCKS_DIFFER = timedelta(minutes=1)
PAGE = 50
_NAMES = {
    OperationKind.CREATE: ("CreateAccountAssignment", "accountAssignmentCreationStatus"),
    OperationKind.DELETE: ("DeleteAccountAssignment", "accountAssignmentDeletionStatus"),
}
_JOINED = "CreateGroupMembership"
_SESSION = re.compile(r"arn:[\w-]+:sts::(\d{12}):assumed-role/([^/]+)/")


class CloudTrailCallerLog:
    """The ``CallerLog`` of core, in the account and Region in which assignments are changed."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._trail = session.service("cloudtrail", session.budgets.lookups, role=session.roles.read)
        self._callers: dict[Role, str] = {}

    async def asked_by_us(self, since: datetime) -> list[AwsChange]:
        changers = {
            OperationKind.CREATE: self._session.roles.grant,
            OperationKind.DELETE: self._session.roles.revoke,
        }
        found: list[AwsChange] = []
        for kind, role in changers.items():
            us = await self._caller(role)
            name, _ = _NAMES[kind]
            async for record in self._records(name, since):
                change = change_of(kind, record) if caller_of(record) == us else None
                if change is not None:
                    found.append(change)
        return [*found, *await self._joined_by_us(since)]

    async def _joined_by_us(self, since: datetime) -> list[AwsChange]:
        """Of memberships the creations alone: a record of a deletion names neither person nor group."""
        us = await self._caller(self._session.roles.grant)
        found = [joined_in(each) async for each in self._records(_JOINED, since) if caller_of(each) == us]
        return [change for change in found if change is not None]

    async def check(self) -> str:
        """Check that CloudTrail may be read; returns words for an operator."""
        await self._look_up(MaxResults=1)
        return "told: after a restore the bot knows its own assignments again"

    async def _records(self, name: str, since: datetime) -> AsyncIterator[Mapping[str, Any]]:
        begin = since - CLOCKS_DIFFER
        more: dict[str, Any] = {}
        while True:
            page = await self._look_up(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}],
                StartTime=begin,
                MaxResults=PAGE,
                **more,
            )
            for event in page.get("Events") or ():
                record = read_json(event.get("CloudTrailEvent"))
                if isinstance(record, dict):
                    yield record
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    async def _look_up(self, **arguments: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = await self._trail.call(
            Priority.BACKGROUND, self._trail.client.lookup_events, **arguments
        )
        return answer

    async def _caller(self, role: Role) -> str:
        """The caller's name in events: account and name of the role, or the user, whose credentials these are."""
        if role.arn:
            return f"{role.account}/{role.arn.rpartition('/')[2]}"
        if role not in self._callers:
            sts = self._session.sts
            arn = (await sts.call(Priority.BACKGROUND, sts.client.get_caller_identity))["Arn"]
            session = _SESSION.match(arn)
            self._callers[role] = f"{session[1]}/{session[2]}" if session else arn
        return self._callers[role]


def caller_of(record: Mapping[str, Any]) -> str:
    """The role whose session asked, as ``account/name``; else the ARN of the user. Empty where it cannot be told."""
    who = _part(record, "userIdentity")
    issuer = _part(_part(who, "sessionContext"), "sessionIssuer")
    if issuer.get("type") == "Role":
        return f"{issuer.get('accountId')}/{issuer.get('userName')}"
    return str(who.get("arn") or "")


def change_of(kind: OperationKind, record: Mapping[str, Any]) -> AwsChange | None:
    """The change that an event records; None if AWS refused it or it is about no user."""
    asked, answer = _part(record, "requestParameters"), _part(_part(record, "responseElements"), _NAMES[kind][1])
    at, aws_id = read_time(record.get("eventTime")), answer.get("requestId")
    named = [asked.get(name) for name in ("principalId", "targetId", "permissionSetArn")]
    if at is None or not aws_id or asked.get("principalType") != "USER" or not all(named):
        return None
    principal, account, permission_set = map(str, named)
    target = Target(AccountId(account), PermissionSetArn(permission_set))
    return AwsChange(kind, PrincipalId(principal), target, str(aws_id), at, OperationState.IN_PROGRESS)


def joined_in(record: Mapping[str, Any]) -> AwsChange | None:
    """The membership that an event records; None if AWS refused it. It is made at once, and called by its id."""
    asked, at = _part(record, "requestParameters"), read_time(record.get("eventTime"))
    user, group = _part(asked, "memberId").get("userId"), asked.get("groupId")
    made = _part(record, "responseElements").get("membershipId")
    if at is None or not (user and group and made):
        return None
    target = membership_of(GroupId(str(group)))
    return AwsChange(
        OperationKind.CREATE, PrincipalId(str(user)), target, f"{PREFIX}{made}", at, OperationState.SUCCEEDED
    )


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = whole.get(name)
    return found if isinstance(found, dict) else {}
