"""Identity Center users and groups in memory, and a reader of the organization."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.errors import Upstream, UpstreamBusy
from core.domain.ids import GroupId, PrincipalId
from core.domain.organization import Organization
from core.domain.people import Group, PeopleListing, Principal


class FakePrincipals:
    """A ``fresh`` answer is what is so now; the rest may be what was so when ``remember`` was last called."""

    def __init__(self) -> None:
        self.users: dict[PrincipalId, Principal] = {}
        self.members: dict[GroupId, set[PrincipalId]] = {}
        self.names: dict[GroupId, str] = {}
        self.synchronized: set[GroupId] = set()
        """The groups that another system looks after."""
        self.down: Upstream | None = None
        self.members_down: Upstream | None = None
        """Only the members of groups cannot be had."""
        self.unanswered: set[str] = set()
        """Only these addresses and ids are not answered for."""
        self.before: Callable[[], Awaitable[None]] | None = None
        """Done before each answer."""
        self.remembered_at: datetime | None = None
        """The moment at which that was asked for: fresh for whoever takes what was asked since before it."""
        self._remembered: tuple[dict[PrincipalId, Principal], dict[GroupId, set[PrincipalId]]] | None = None

    # --- hands -------------------------------------------------------------------------------------

    def add(self, name: str, *groups: str, email: str | None = None) -> Principal:
        first = name.split(maxsplit=1)[0].lower()
        address = email or f"{first}@example.com"
        principal = Principal(PrincipalId(f"user-{first}"), address, name, (address,))
        self.users[principal.id] = principal
        for group in groups:
            self.join(group, principal.id)
        return principal

    def join(self, group: str, principal: PrincipalId) -> None:
        self.members.setdefault(self.group(group), set()).add(principal)

    def leave(self, group: str, principal: PrincipalId) -> None:
        self.members[self.group(group)].discard(principal)

    def group(self, name: str) -> GroupId:
        """The group of this name, made when it is not there."""
        group = GroupId(f"group-{name}")
        self.names.setdefault(group, name)
        return group

    def change(self, principal: PrincipalId, **facts: object) -> None:
        self.users[principal] = replace(self.users[principal], **facts)  # type: ignore[arg-type]

    def disable(self, principal: PrincipalId) -> None:
        self.change(principal, enabled=False)

    def remember(self) -> None:
        """From now on whoever does not ask for fresh answers is told what is so at this moment."""
        self._remembered = (dict(self.users), {group: set(found) for group, found in self.members.items()})

    # --- the port ----------------------------------------------------------------------------------

    async def principals_of_email(
        self, email: str, *, fresh: bool = False, since: datetime | None = None
    ) -> Sequence[Principal]:
        users, _ = await self._answer(fresh=fresh and not self._is_fresh_for(since), asked=email)
        wanted = email.strip().casefold()
        if not wanted:
            return []
        return [p for p in users.values() if wanted in {a.casefold() for a in (*p.emails, p.user_name)}]

    async def principals_of_external_id(self, external_id: str, *, fresh: bool = False) -> Sequence[Principal]:
        users, _ = await self._answer(fresh=fresh, asked=external_id)
        wanted = external_id.strip().casefold()
        return [p for p in users.values() if wanted in {each.casefold().rpartition(" ")[2] for each in p.external_ids}]

    async def principal(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> Principal | None:
        users, _ = await self._answer(fresh=fresh and not self._is_fresh_for(since), asked=principal)
        return users.get(principal) or self.users.get(principal)

    async def everybody(self) -> Sequence[Principal]:
        users, _ = await self._answer(fresh=False)
        return list(users.values())

    async def groups_of(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> frozenset[GroupId]:
        _, members = await self._answer(fresh=fresh and not self._is_fresh_for(since))
        return frozenset(group for group, found in members.items() if principal in found)

    async def members_of(self, group: GroupId, *, fresh: bool = False) -> frozenset[PrincipalId]:
        _, members = await self._answer(fresh=fresh)
        if self.members_down is not None:
            raise self.members_down
        return frozenset(members.get(group, ()))

    async def groups(self) -> Sequence[Group]:
        await self._answer(fresh=False)
        return [Group(group, name, is_synchronized=group in self.synchronized) for group, name in self.names.items()]

    async def refresh(self) -> None:
        await self._answer(fresh=True)
        if self._remembered is not None and self.remembered_at is None:
            self.remember()

    @property
    def listing(self) -> PeopleListing | None:
        if self._remembered is None or self.remembered_at is None:
            return None
        groups = (Group(id_, name, is_synchronized=id_ in self.synchronized) for id_, name in self.names.items())
        return PeopleListing(tuple(self._remembered[0].values()), tuple(groups), self.remembered_at)

    async def take_over(self, listing: PeopleListing) -> None:
        self._remembered = ({user.id: user for user in listing.users}, self._remembered[1] if self._remembered else {})
        self.remembered_at = listing.asked_at

    def _is_fresh_for(self, since: datetime | None) -> bool:
        return since is not None and self.remembered_at is not None and since < self.remembered_at

    async def _answer(
        self, *, fresh: bool, asked: str = ""
    ) -> tuple[dict[PrincipalId, Principal], dict[GroupId, set[PrincipalId]]]:
        await asyncio.sleep(0)
        if self.before is not None:
            await self.before()
        if self.down is not None:
            raise self.down
        if asked in self.unanswered:
            raise UpstreamBusy("AWS is not answering")
        return self._remembered if self._remembered is not None and not fresh else (self.users, self.members)


class FakeReader:
    """Reads the organization it was given."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.reads = 0
        self.down: Upstream | None = None
        self.before: Callable[[], Awaitable[None]] | None = None
        """Done before each answer."""

    async def read(self) -> Organization:
        self.reads += 1
        if self.before is not None:
            await self.before()
        if self.down is not None:
            raise self.down
        return self.organization
