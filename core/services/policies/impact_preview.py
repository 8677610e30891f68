"""Working out what a change of policies would do, for a preview in chat and for a dry run of a file."""

import asyncio
from collections.abc import Iterable, Sequence

from core.domain.ids import GroupId
from core.domain.policy import PolicyBook
from core.domain.policy_impact import PolicyImpact, groups_that_matter, policy_impact
from core.domain.policy_validation import Members
from core.domain.request import Request, Status
from core.ports import OpenUnit, PrincipalDirectory
from core.services.context.request_pages import every
from core.services.policies.names import CurrentNames


class ImpactPreview:
    def __init__(self, open_unit: OpenUnit, directory: PrincipalDirectory) -> None:
        self._open_unit = open_unit
        self._directory = directory

    async def effects(self, before: PolicyBook, after: PolicyBook, names: CurrentNames) -> PolicyImpact:
        """Ask who is in the groups, and compare. Half a second for a large organization, off the event loop."""
        organization = names.organization
        members, pending = await asyncio.gather(
            members_of(self._directory, groups_that_matter(before, after, organization)), self._pending()
        )
        disabled = names.unable(before, after)
        return await asyncio.to_thread(
            policy_impact, before, after, organization, members, disabled=disabled, pending=pending
        )

    async def _pending(self) -> Sequence[Request]:
        return await every(self._open_unit, Status.PENDING)


async def members_of(directory: PrincipalDirectory, groups: Iterable[GroupId], *, fresh: bool = False) -> Members:
    wanted = sorted(groups)
    found = await asyncio.gather(*(directory.members_of(group, fresh=fresh) for group in wanted))
    return dict(zip(wanted, found, strict=True))
