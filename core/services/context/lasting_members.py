"""Users and groups as the rules count them: without memberships of this product's own making (rules 2 and 9).

A group of which somebody is a member for a while may be given power here later: a policy names it, a setting does.
Whoever was let in for an hour was let in for what the group gave then.
"""

from collections.abc import Sequence
from datetime import datetime

from core.domain.group_targets import lasting_groups, lasting_members
from core.domain.ids import GroupId, PrincipalId
from core.domain.organization import membership_of
from core.domain.people import Group, PeopleListing, Principal
from core.ports import Clock, OpenUnit, PrincipalDirectory


class LastingMembers:
    """A ``PrincipalDirectory``: every reader of groups is given this one.

    The book is read after AWS, never before: what AWS shows of ours was in the book before AWS was asked to make it.
    """

    def __init__(self, directory: PrincipalDirectory, open_unit: OpenUnit, clock: Clock) -> None:
        self._directory = directory
        self._open_unit = open_unit
        self._clock = clock

    async def groups_of(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> frozenset[GroupId]:
        groups = await self._directory.groups_of(principal, fresh=fresh, since=since)
        if not groups:
            return groups
        async with self._open_unit() as unit:
            book = await unit.assignments.memberships_of(principal)
        return lasting_groups(groups, book, self._clock.now())

    async def members_of(self, group: GroupId, *, fresh: bool = False) -> frozenset[PrincipalId]:
        members = await self._directory.members_of(group, fresh=fresh)
        if not members:
            return members
        async with self._open_unit() as unit:
            book = await unit.assignments.ours_on(membership_of(group))
        return lasting_members(members, book, self._clock.now())

    async def read_ahead(self, principal: PrincipalId, since: datetime) -> None:
        """Ask AWS for the groups of somebody about whom ``groups_of`` will be asked. It may be cancelled any time."""
        await self._directory.groups_of(principal, fresh=True, since=since)

    # --- the rest of the port, as it is --------------------------------------------------------------

    async def principals_of_email(
        self, email: str, *, fresh: bool = False, since: datetime | None = None
    ) -> Sequence[Principal]:
        return await self._directory.principals_of_email(email, fresh=fresh, since=since)

    async def principals_of_external_id(self, external_id: str, *, fresh: bool = False) -> Sequence[Principal]:
        return await self._directory.principals_of_external_id(external_id, fresh=fresh)

    async def principal(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> Principal | None:
        return await self._directory.principal(principal, fresh=fresh, since=since)

    async def everybody(self) -> Sequence[Principal]:
        return await self._directory.everybody()

    async def groups(self) -> Sequence[Group]:
        return await self._directory.groups()

    async def refresh(self) -> None:
        await self._directory.refresh()

    @property
    def listing(self) -> PeopleListing | None:
        return self._directory.listing

    async def take_over(self, listing: PeopleListing) -> None:
        await self._directory.take_over(listing)
