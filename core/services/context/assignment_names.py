"""Assignments in words, for messages that are about no request."""

from typing import NamedTuple

from core.domain.errors import Upstream
from core.domain.ids import PrincipalId
from core.domain.organization import MEMBERSHIP_NAME, Target
from core.ports import PrincipalDirectory
from core.services.context.organization_cache import OrganizationCache


class NamedAssignment(NamedTuple):
    principal: str
    permission_set: str
    account: str


class AssignmentNames:
    def __init__(self, organizations: OrganizationCache, directory: PrincipalDirectory) -> None:
        self._organizations = organizations
        self._directory = directory

    async def say(self, principal: PrincipalId, target: Target) -> str:
        """``Ada Lovelace: PowerUserAccess in Payments Prod``."""
        names = await self.names(principal, target)
        return f"{names.principal}: {names.permission_set} in {names.account}"

    async def names(self, principal: PrincipalId, target: Target) -> NamedAssignment:
        """Ids where no name can be told: nobody waits for one."""
        try:
            found = await self._directory.principal(principal)
            organization = await self._organizations.current()
            group = await self._group(target)
        except Upstream:
            return NamedAssignment(principal, target.permission_set, target.account)
        permission_set = organization.permission_sets.get(target.permission_set)
        account = organization.accounts.get(target.account)
        if target.group is not None:
            return NamedAssignment(found.name if found else principal, MEMBERSHIP_NAME, group or target.account)
        return NamedAssignment(
            found.name if found else principal,
            permission_set.name if permission_set else target.permission_set,
            account.name if account else target.account,
        )

    async def _group(self, target: Target) -> str | None:
        if target.group is None:
            return None
        return next((group.name for group in await self._directory.groups() if group.id == target.group), None)
