"""Memberships of groups in Identity Center's own directory: asked for, and looked at. Tries no change twice.

The Identity Store does it at once, so that there is no operation to ask after: what it has taken is done. What it lists
may lag, as elsewhere. A membership has an id, and is deleted by that where it is known: one that somebody else has made
in its place is never touched (rule 19).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.adapters.aws.budget import Priority
from core.adapters.aws.errors import NOT_FOUND
from core.adapters.aws.punctual import Deadline, punctual
from core.adapters.aws.service import Service
from core.adapters.aws.session import AwsSession
from core.domain.assignment import OperationKind, OperationState
from core.domain.aws_changes import AwsChange
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import GroupId, PrincipalId
from core.domain.organization import Target
from core.ports import AssignmentCloud, OperationStatus

if TYPE_CHECKING:
    from mypy_boto3_identitystore import IdentityStoreClient

PREFIX = "membership:"
"""In front of a MembershipId, where an operation is named: the operation is over when it has one."""
PAGE = 100


class IdentityCenterMemberships:
    """The part of ``AssignmentCloud`` that is about groups. Everything has the rights of the role that it is for."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def is_assigned(
        self, principal: PrincipalId, target: Target, *, ending: bool = False, urgent: bool = False, made: str = ""
    ) -> bool:
        priority = Priority.URGENT if urgent else Priority.READ
        if ending:
            found = await self._membership(principal, _group(target), self._session.leaves.seeing, priority)
        else:
            found = await self._read(principal, _group(target), priority)
        return bool(found) and made in ("", f"{PREFIX}{found}")

    async def _read(self, principal: PrincipalId, group: GroupId, priority: Priority) -> str | None:
        """Among the groups of the user: what reads has the right for that, and needs no other."""
        looking = self._session.identity_store
        pages = looking.pages(
            priority,
            looking.client.list_group_memberships_for_member,
            IdentityStoreId=await self._store_id(),
            MemberId={"UserId": principal},
            MaxResults=PAGE,
        )
        try:
            found = [each async for page in pages for each in page["GroupMemberships"]]
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise
        return next((each.get("MembershipId") for each in found if each.get("GroupId") == group), None)

    async def users_assigned(self, target: Target) -> frozenset[PrincipalId]:
        """Nobody is in a group that does not exist."""
        looking = self._session.identity_store
        pages = looking.pages(
            Priority.BACKGROUND,
            looking.client.list_group_memberships,
            IdentityStoreId=await self._store_id(),
            GroupId=_group(target),
            MaxResults=PAGE,
        )
        try:
            members = [found.get("MemberId", {}) async for page in pages for found in page["GroupMemberships"]]
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:
                return frozenset()
            raise
        return frozenset(PrincipalId(member["UserId"]) for member in members if member.get("UserId"))

    async def begin(
        self,
        kind: OperationKind,
        principal: PrincipalId,
        target: Target,
        *,
        within: timedelta | None = None,
        made: str = "",
    ) -> str:
        """Make or delete it; returns what the operation is called, which is over then."""
        until = Deadline(within) if within is not None else None
        if kind is OperationKind.CREATE:
            return await self._join(principal, _group(target), until)
        return await self._leave(principal, _group(target), made.removeprefix(PREFIX), until)

    async def _join(self, principal: PrincipalId, group: GroupId, until: Deadline | None) -> str:
        """Somebody who is a member already is a ConflictException, which is tried again: a look then shows it."""
        asking = self._session.joins.asking
        created = await asking.call(
            Priority.GRANT,
            punctual(asking.client.create_group_membership, until),
            IdentityStoreId=await self._store_id(),
            GroupId=group,
            MemberId={"UserId": principal},
        )
        return f"{PREFIX}{created['MembershipId']}"

    async def _leave(self, principal: PrincipalId, group: GroupId, known: str, until: Deadline | None) -> str:
        """Delete by its id. Where that is not known, what a look does not show is not said to be gone (rule 20)."""
        asking = self._session.leaves.asking
        found = known or await self._membership(principal, group, self._session.leaves.seeing, Priority.URGENT)
        if not found:
            raise UpstreamBusy("DeleteGroupMembership: AWS lists no such membership, or not yet", side=Side.AWS)
        await asking.call(
            Priority.URGENT,
            punctual(asking.client.delete_group_membership, until),
            IdentityStoreId=await self._store_id(),
            MembershipId=found,
        )
        return f"{PREFIX}{found}"

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, _since: datetime
    ) -> str | None:
        """A creation whose answer was lost has come if the membership is there; of a deletion nothing is told."""
        if kind is OperationKind.DELETE:
            return None
        found = await self._membership(principal, _group(target), self._session.joins.seeing, Priority.GRANT)
        return f"{PREFIX}{found}" if found else None

    async def _membership(
        self,
        principal: PrincipalId,
        group: GroupId,
        looking: "Service[IdentityStoreClient]",
        priority: Priority,
    ) -> str | None:
        try:
            found = await looking.call(
                priority,
                looking.client.get_group_membership_id,
                IdentityStoreId=await self._store_id(),
                GroupId=group,
                MemberId={"UserId": principal},
            )
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise
        return found["MembershipId"]

    async def _store_id(self) -> str:
        """Of the instance that the book belongs to, and of no other."""
        return (await self._session.instance()).identity_store_id


class IdentityCenterAccess:
    """The ``AssignmentCloud`` of core: account assignments, and memberships of groups, each to those who know it."""

    def __init__(self, assignments: AssignmentCloud, memberships: IdentityCenterMemberships) -> None:
        self._assignments = assignments
        self._memberships = memberships

    async def is_assigned(
        self, principal: PrincipalId, target: Target, *, ending: bool = False, urgent: bool = False, made: str = ""
    ) -> bool:
        about = self._about(target)
        return await about.is_assigned(principal, target, ending=ending, urgent=urgent, made=made)

    async def users_assigned(self, target: Target) -> frozenset[PrincipalId]:
        return await self._about(target).users_assigned(target)

    async def begin(
        self,
        kind: OperationKind,
        principal: PrincipalId,
        target: Target,
        *,
        within: timedelta | None = None,
        made: str = "",
    ) -> str:
        return await self._about(target).begin(kind, principal, target, within=within, made=made)

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        if aws_id.startswith(PREFIX):
            return OperationStatus(OperationState.SUCCEEDED)
        return await self._assignments.operation(kind, aws_id)

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, since: datetime
    ) -> str | None:
        return await self._about(target).find_operation(kind, principal, target, since)

    async def changes(self, since: datetime, known: Sequence[AwsChange] = ()) -> Sequence[AwsChange]:
        """Of memberships those that are ``known``: the Identity Store keeps no list of its changes."""
        joined = [each for each in known if each.target.group is not None]
        return [*await self._assignments.changes(since, known), *joined]

    def _about(self, target: Target) -> AssignmentCloud | IdentityCenterMemberships:
        return self._assignments if target.group is None else self._memberships


def _group(target: Target) -> GroupId:
    if target.group is None:
        raise ValueError("an account is no group")
    return target.group
