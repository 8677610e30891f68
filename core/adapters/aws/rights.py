"""Checks that the bot may change assignments, made without changing any: a line for granting, one for taking away.

What reads is tried. What changes cannot be, and is put to IAM's simulator (IAM user guide, testing policies), where the
role may ask it about itself: it knows the policies of the role, and nothing of service control policies on its way.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.adapters.aws.budget import Priority
from core.adapters.aws.errors import DENIED, NOT_FOUND, VALIDATION
from core.adapters.aws.roles import Role
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, GroupId, PermissionSetArn

NO_OPERATION = "00000000-0000-0000-0000-000000000000"
MOST_NAMED = 50
"""Permission sets, and accounts, that the simulator is asked about at once."""

_SESSION = re.compile(r"arn:([\w-]+):sts::(\d{12}):assumed-role/([^/]+)/.+")


@dataclass(frozen=True, slots=True)
class Reach:
    """The permission sets, accounts and groups that may come to be granted, as far as policies name them."""

    permission_sets: frozenset[PermissionSetArn] = frozenset()
    accounts: frozenset[AccountId] = frozenset()
    groups: frozenset[GroupId] = frozenset()


NOTHING_NAMED = Reach()


class Rights:
    """The rights to change assignments, within a reach."""

    def __init__(self, session: AwsSession, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    async def to_grant(self) -> str:
        """Without seeing how a creation went, nothing could ever be called active."""
        seeing, arn = self._session.grants.seeing, (await self._session.instance()).arn
        client = seeing.client
        await _is_permitted(
            lambda: seeing.call(
                Priority.READ,
                client.describe_account_assignment_creation_status,
                InstanceArn=arn,
                AccountAssignmentCreationRequestId=NO_OPERATION,
            )
        )
        await _unless_busy(
            lambda: seeing.call(Priority.READ, client.list_account_assignment_creation_status, InstanceArn=arn)
        )
        return f"operations are seen; {await self._simulated(self._session.roles.grant, 'sso:CreateAccountAssignment')}"

    async def to_take_away(self) -> str:
        """These have to do by themselves: access ends whatever has become of the other roles."""
        seeing, arn = self._session.revokes.seeing, (await self._session.instance()).arn
        client = seeing.client
        await _is_permitted(
            lambda: seeing.call(
                Priority.READ,
                client.describe_account_assignment_deletion_status,
                InstanceArn=arn,
                AccountAssignmentDeletionRequestId=NO_OPERATION,
            )
        )
        await _unless_busy(
            lambda: seeing.call(Priority.READ, client.list_account_assignment_deletion_status, InstanceArn=arn)
        )
        listed = await seeing.call(Priority.READ, client.list_permission_sets, InstanceArn=arn, MaxResults=1)
        for found in listed["PermissionSets"]:
            account = await self._session.account()
            await seeing.call(
                Priority.READ,
                client.list_account_assignments,
                InstanceArn=arn,
                AccountId=account,
                PermissionSetArn=found,
            )
        simulated = await self._simulated(self._session.roles.revoke, "sso:DeleteAccountAssignment")
        return f"operations and assignments are seen; {simulated}"

    async def to_join(self) -> str:
        return await self._simulated(
            self._session.roles.grant, "identitystore:CreateGroupMembership", await self._groups()
        )

    async def to_leave(self) -> str:
        return await self._simulated(
            self._session.roles.revoke, "identitystore:DeleteGroupMembership", await self._groups()
        )

    async def _groups(self) -> list[str]:
        partition = (await self._session.instance()).arn.split(":")[1]
        groups = sorted(self._reach.groups)[:MOST_NAMED]
        return [f"arn:{partition}:identitystore:::group/{group}" for group in groups]

    async def _simulated(self, role: Role, action: str, resources: Sequence[str] = ()) -> str:
        iam = self._session.service("iam", self._session.budgets.sts, role=role)
        instance = (await self._session.instance()).arn
        resources = resources or [instance, *_named(self._reach, partition=instance.split(":")[1])]
        try:
            answer = await iam.call(
                Priority.READ,
                iam.client.simulate_principal_policy,
                PolicySourceArn=role.arn or await self._own_identity(),
                ActionNames=[action],
                ResourceArns=list(resources),
            )
        except (UpstreamBusy, UpstreamRefused):
            return (
                f"whether {action} is allowed was not tried (iam:SimulatePrincipalPolicy would tell without doing it)"
            )
        if refused := sorted(_refused(answer["EvaluationResults"])):
            raise UpstreamRefused(
                f"the policies do not allow {action} on {', '.join(refused)}", code="AccessDenied", side=Side.AWS
            )
        return f"{action} is allowed by the policies, on {len(resources)} resources that were tried"

    async def _own_identity(self) -> str:
        """The role whose session this is. Its path is not told by the session, and lost."""
        sts = self._session.sts
        arn = (await sts.call(Priority.READ, sts.client.get_caller_identity))["Arn"]
        found = _SESSION.fullmatch(arn)
        return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}" if found else arn


def _named(reach: Reach, *, partition: str) -> list[str]:
    accounts = [f"arn:{partition}:sso:::account/{account}" for account in sorted(reach.accounts)]
    return [*sorted(reach.permission_sets)[:MOST_NAMED], *accounts[:MOST_NAMED]]


def _refused(results: Iterable[Any]) -> Iterable[str]:
    """Resources on which the simulator does not allow it, in either form that it answers in."""
    for result in results:
        for each in result.get("ResourceSpecificResults") or [result]:
            if each.get("EvalResourceDecision", each.get("EvalDecision")) != "allowed":
                yield str(each.get("EvalResourceName", ""))


async def _is_permitted(ask: Callable[[], Awaitable[object]]) -> None:
    """Ask after an operation that is not there: to be told so is to be permitted to ask."""
    try:
        await ask()
    except UpstreamRefused as refused:
        if refused.code in DENIED:
            raise UpstreamRefused(
                f"{refused}. The bot needs this right: without it, it cannot tell how a change of an assignment ended",
                code=refused.code,
                side=Side.AWS,
            ) from refused
        if refused.code not in (NOT_FOUND, VALIDATION):
            raise


async def _unless_busy(ask: Callable[[], Awaitable[object]]) -> None:
    """The lists help to find an operation whose answer was lost; what is listed of assignments does as well."""
    try:
        await ask()
    except UpstreamBusy:
        return
