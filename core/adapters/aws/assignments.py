"""Account assignments of IAM Identity Center: asked for, polled, looked at. Tries no change twice.

What is asked for a deletion, and what is looked at for one, is asked with the rights of what takes away, and needs no
others: access ends (rule 17) whatever has become of the roles that read and grant.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import structlog

from core.adapters.aws.budget import Priority
from core.adapters.aws.errors import NOT_FOUND
from core.adapters.aws.punctual import Deadline, punctual
from core.adapters.aws.service import Service
from core.adapters.aws.session import AwsSession
from core.domain.assignment import OperationKind, OperationState
from core.domain.aws_changes import AwsChange
from core.domain.errors import OtherInstance, Side, UpstreamRefused
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.instance import is_of
from core.domain.organization import Target
from core.ports import Clock, OperationStatus

if TYPE_CHECKING:
    from mypy_boto3_sso_admin import SSOAdminClient
    from mypy_boto3_sso_admin.type_defs import (
        AccountAssignmentOperationStatusMetadataTypeDef,
        AccountAssignmentOperationStatusTypeDef,
        CreateAccountAssignmentRequestTypeDef,
        ResponseMetadataTypeDef,
    )

log = structlog.get_logger()

LEEWAY = timedelta(seconds=2)
"""The most by which an operation may seem to have begun before its intent was recorded: AWS's times are in whole
seconds. No more, or an older operation for the same target would be taken for the one that is looked for."""
ASKED_WITHIN = timedelta(minutes=1)
"""The most by which an operation can have begun after its intent was recorded: much longer than a call can wait."""
PAGE = 100
"""The most that AWS lists at once."""
MOST_PAGES, MOST_OF_ALL = 20, 1000
"""Pages of operations that are read to find one, and to find all: ninety days of a large company."""
REMEMBERED = 10_000

Facts = tuple[str, str, str, str]
"""The target of an operation: type and id of the principal, account, permission set."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """An operation as a list shows it, without saying what it is for."""

    aws_id: str
    created_at: datetime
    state: OperationState
    age: timedelta
    """At the time of AWS's answer."""


class IdentityCenterAssignments:
    """The ``AssignmentCloud`` of core, on the instance that the session finds."""

    def __init__(self, session: AwsSession, clock: Clock) -> None:
        self._session = session
        self._changes = {OperationKind.CREATE: session.grants, OperationKind.DELETE: session.revokes}
        self._clock = clock
        self._facts: dict[str, Facts] = {}
        """The purpose of each operation, by AWS's ids: those that were begun or described here."""

    async def is_assigned(
        self,
        principal: PrincipalId,
        target: Target,
        *,
        ending: bool = False,
        urgent: bool = False,
        made: str = "",  # noqa: ARG002 - there is one assignment of a user for a target
    ) -> bool:
        looking = self._session.revokes.seeing if ending else self._session.sso_admin
        return principal in await self._users_of(target, looking, Priority.URGENT if urgent else Priority.READ)

    async def users_assigned(self, target: Target) -> frozenset[PrincipalId]:
        return frozenset(await self._users_of(target, self._session.sso_admin, Priority.BACKGROUND))

    async def _users_of(
        self, target: Target, looking: "Service[SSOAdminClient]", priority: Priority
    ) -> set[PrincipalId]:
        """Nobody is assigned a permission set that does not exist: AWS refuses to delete one that is assigned."""
        await self._refuse_elsewhere(target)
        try:
            return await self._listed_users(target, looking, priority)
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND and not await self._exists(target.permission_set, looking, priority):
                return set()
            raise

    async def begin(
        self,
        kind: OperationKind,
        principal: PrincipalId,
        target: Target,
        *,
        within: timedelta | None = None,
        made: str = "",  # noqa: ARG002
    ) -> str:
        until = Deadline(within) if within is not None else None
        await self._refuse_elsewhere(target)
        instance = await self._session.instance()
        wanted: CreateAccountAssignmentRequestTypeDef = {
            "InstanceArn": instance.arn,
            "TargetId": target.account,
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": target.permission_set,
            "PrincipalType": "USER",
            "PrincipalId": principal,
        }
        asking, priority = self._changes[kind].asking, _importance(kind)
        if kind is OperationKind.CREATE:
            created = await asking.call(priority, punctual(asking.client.create_account_assignment, until), **wanted)
            begun = created["AccountAssignmentCreationStatus"]
        else:
            deleted = await asking.call(priority, punctual(asking.client.delete_account_assignment, until), **wanted)
            begun = deleted["AccountAssignmentDeletionStatus"]
        self._remember(begun["RequestId"], ("USER", principal, target.account, target.permission_set))
        return begun["RequestId"]

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        found, answered_at = await self._describe(kind, aws_id, _importance(kind))
        return OperationStatus(
            _state(found.get("Status", "")),
            found.get("FailureReason", ""),
            self._by_our_clock(found.get("CreatedDate"), answered_at),
        )

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, since: datetime
    ) -> str | None:
        """Newest first. The list names no target, so each operation in question is described in turn, but once."""
        wanted = ("USER", principal, target.account, target.permission_set)
        for listed in await self._begun_since(kind, since):
            if self._facts.get(listed.aws_id, wanted) != wanted:
                continue
            try:
                found, _ = await self._describe(kind, listed.aws_id, _importance(kind))
            except UpstreamRefused as refused:
                if refused.code == NOT_FOUND:  # AWS forgets operations after a while
                    continue
                raise
            self._remember(listed.aws_id, _facts(found))
            if _facts(found) == wanted:
                return listed.aws_id
        return None

    async def changes(self, since: datetime, known: Sequence[AwsChange] = ()) -> list[AwsChange]:
        told = {change.aws_id: _facts_of(change) for change in known}
        found: list[AwsChange] = []
        for kind in OperationKind:
            for listed in await self._begun_since(kind, since, within=None):
                facts = told.get(listed.aws_id) or await self._facts_described(kind, listed.aws_id)
                if facts is None or facts[0] != "USER":
                    continue
                _, principal, account, permission_set = facts
                target = Target(AccountId(account), PermissionSetArn(permission_set))
                at = self._clock.now() - listed.age
                found.append(AwsChange(kind, PrincipalId(principal), target, listed.aws_id, at, listed.state))
        return found

    async def _facts_described(self, kind: OperationKind, aws_id: str) -> Facts | None:
        """The facts of an operation, asked for once; None when AWS has forgotten it."""
        if aws_id not in self._facts:
            try:
                found, _ = await self._describe(kind, aws_id, Priority.BACKGROUND)
            except UpstreamRefused as refused:
                if refused.code == NOT_FOUND:
                    return None
                raise
            self._remember(aws_id, _facts(found))
        return self._facts.get(aws_id)

    def _remember(self, aws_id: str, facts: Facts) -> None:
        """Remember the facts of an operation: they never change."""
        self._facts[aws_id] = facts
        while len(self._facts) > REMEMBERED:
            del self._facts[next(iter(self._facts))]

    async def _listed_users(
        self, target: Target, looking: "Service[SSOAdminClient]", priority: Priority
    ) -> set[PrincipalId]:
        pages = looking.pages(
            priority,
            looking.client.list_account_assignments,
            InstanceArn=(await self._session.instance()).arn,
            AccountId=target.account,
            PermissionSetArn=target.permission_set,
        )
        listed = [found async for page in pages for found in page["AccountAssignments"]]
        return {PrincipalId(found.get("PrincipalId", "")) for found in listed if found.get("PrincipalType") == "USER"}

    async def _refuse_elsewhere(self, target: Target) -> None:
        """In another instance nobody holds it, which says nothing of who holds it in its own."""
        instance = await self._session.instance()
        if not is_of(target.permission_set, instance.arn):
            raise OtherInstance(
                f"{target.permission_set} is no permission set of {instance.arn}, which the bot is set up against"
            ).at(Side.AWS)

    async def _exists(
        self, permission_set: PermissionSetArn, looking: "Service[SSOAdminClient]", priority: Priority
    ) -> bool:
        """Told by the list: an error could mean that something else was not found, such as the instance."""
        instance = await self._session.instance()
        pages = looking.pages(priority, looking.client.list_permission_sets, InstanceArn=instance.arn)
        return permission_set in [arn async for page in pages for arn in page["PermissionSets"]]

    async def _describe(
        self, kind: OperationKind, aws_id: str, priority: Priority
    ) -> "tuple[AccountAssignmentOperationStatusTypeDef, datetime | None]":
        """The operation, and the time of the answer."""
        arn, seeing = (await self._session.instance()).arn, self._changes[kind].seeing
        if kind is OperationKind.CREATE:
            creation = await seeing.call(
                priority,
                seeing.client.describe_account_assignment_creation_status,
                InstanceArn=arn,
                AccountAssignmentCreationRequestId=aws_id,
            )
            return creation["AccountAssignmentCreationStatus"], _date(creation["ResponseMetadata"])
        deletion = await seeing.call(
            priority,
            seeing.client.describe_account_assignment_deletion_status,
            InstanceArn=arn,
            AccountAssignmentDeletionRequestId=aws_id,
        )
        return deletion["AccountAssignmentDeletionStatus"], _date(deletion["ResponseMetadata"])

    def _by_our_clock(self, moment: datetime | None, answered_at: datetime | None) -> datetime | None:
        """A moment that AWS names, by its age at the answer: the two clocks need not agree."""
        if moment is None or answered_at is None:
            return moment
        return self._clock.now() - max(answered_at - moment, timedelta())

    async def _begun_since(
        self, kind: OperationKind, since: datetime, *, within: timedelta | None = ASKED_WITHIN
    ) -> list[_Listed]:
        """Operations begun since then, and ``within`` so long after (None: ever since), newest first.

        How long ago ``since`` is by our clock is counted back from the time of AWS's answers, so that it does not
        matter whether the two clocks agree. AWS does not say in which order it lists: where the newest come first,
        nothing is read beyond those that are older, and elsewhere no more than so many pages.
        """
        elapsed, pages, most = self._clock.now() - since, 0, MOST_PAGES if within else MOST_OF_ALL
        priority = _importance(kind) if within else Priority.BACKGROUND
        found: list[_Listed] = []
        seen: list[datetime] = []
        async for answered_at, listed in self._listed(kind, priority):
            begun_at = answered_at - elapsed
            earliest, latest = begun_at - LEEWAY, begun_at + within if within else answered_at + LEEWAY
            found += [operation for operation in listed if earliest <= operation.created_at <= latest]
            seen += [operation.created_at for operation in listed]
            pages += 1
            newest_first = all(one >= next_one for one, next_one in pairwise(seen))
            if newest_first and seen and seen[0] > seen[-1] and seen[-1] < earliest:
                break
            if pages == most:
                log.warning("operations were not read to the end", kind=kind.value, read=len(seen))
                break
        return sorted(found, key=lambda operation: operation.created_at, reverse=True)

    async def _listed(self, kind: OperationKind, priority: Priority) -> AsyncIterator[tuple[datetime, list[_Listed]]]:
        """Pages of operations, each with the time of the answer."""
        arn, seeing = (await self._session.instance()).arn, self._changes[kind].seeing
        client = seeing.client
        if kind is OperationKind.CREATE:
            creations = seeing.pages(
                priority, client.list_account_assignment_creation_status, InstanceArn=arn, MaxResults=PAGE
            )
            async for page in creations:
                answered_at = _date(page["ResponseMetadata"]) or self._clock.now()
                yield answered_at, _operations(page["AccountAssignmentsCreationStatus"], answered_at)
            return
        deletions = seeing.pages(
            priority, client.list_account_assignment_deletion_status, InstanceArn=arn, MaxResults=PAGE
        )
        async for deleted in deletions:
            answered_at = _date(deleted["ResponseMetadata"]) or self._clock.now()
            yield answered_at, _operations(deleted["AccountAssignmentsDeletionStatus"], answered_at)


def _state(status: str) -> OperationState:
    """A status that AWS has added since is told once, and is no end: the operation is looked at again."""
    try:
        return OperationState(status)
    except ValueError:
        if status not in _STRANGE:
            _STRANGE.add(status)
            log.warning("AWS tells a status of an operation that is not known; taken as in progress", status=status)
        return OperationState.IN_PROGRESS


_STRANGE: set[str] = set()
"""Statuses that were told already."""


def _importance(kind: OperationKind) -> Priority:
    return Priority.URGENT if kind is OperationKind.DELETE else Priority.GRANT


def _operations(
    listed: Iterable["AccountAssignmentOperationStatusMetadataTypeDef"], answered_at: datetime
) -> list[_Listed]:
    return [
        _Listed(
            found["RequestId"],
            found["CreatedDate"],
            _state(found.get("Status", "")),
            max(answered_at - found["CreatedDate"], timedelta()),
        )
        for found in listed
    ]


def _facts_of(change: AwsChange) -> Facts:
    return ("USER", change.principal, change.target.account, change.target.permission_set)


def _facts(found: "AccountAssignmentOperationStatusTypeDef") -> Facts:
    return (
        found.get("PrincipalType", ""),
        found.get("PrincipalId", ""),
        found.get("TargetId", ""),
        found.get("PermissionSetArn", ""),
    )


def _date(metadata: "ResponseMetadataTypeDef") -> datetime | None:
    """The time of AWS's answer, by AWS's clock."""
    try:
        return parsedate_to_datetime(metadata["HTTPHeaders"]["date"])
    except (KeyError, ValueError):
        return None
