"""Identity Center users and groups in memory."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.errors import Upstream
from core.domain.ids import GroupId, PrincipalId
from core.domain.organization import Organization
from core.domain.people import Group, Principal


class FakePrincipals:
    def __init__(self) -> None:
        self.users: dict[PrincipalId, Principal] = {}
        self.members: dict[GroupId, set[PrincipalId]] = {}
        self.names: dict[GroupId, str] = {}
        self.down: Upstream | None = None

    def add(self, name: str, *groups: str, email: str | None = None) -> Principal:
        first = name.split(maxsplit=1)[0].lower()
        address = email or f"{first}@example.com"
        principal = Principal(PrincipalId(f"user-{first}"), address, name, (address,))
        self.users[principal.id] = principal
        for group in groups:
            self.names[GroupId(f"group-{group}")] = group
            self.members.setdefault(GroupId(f"group-{group}"), set()).add(principal.id)
        return principal

    def disable(self, principal: PrincipalId) -> None:
        self.users[principal] = replace(self.users[principal], enabled=False)

    async def principals_of_email(self, email: str, *, fresh: bool = False) -> Sequence[Principal]:
        self._answer()
        wanted = email.casefold()
        return [p for p in self.users.values() if wanted in {a.casefold() for a in (*p.emails, p.user_name)}]

    async def principal(self, principal: PrincipalId, *, fresh: bool = False) -> Principal | None:
        self._answer()
        return self.users.get(principal)

    async def groups_of(self, principal: PrincipalId, *, fresh: bool = False) -> frozenset[GroupId]:
        self._answer()
        return frozenset(group for group, members in self.members.items() if principal in members)

    async def members_of(self, group: GroupId, *, fresh: bool = False) -> frozenset[PrincipalId]:
        self._answer()
        return frozenset(self.members.get(group, ()))

    async def groups(self) -> Sequence[Group]:
        self._answer()
        return [Group(group, name) for group, name in self.names.items()]

    async def refresh(self) -> None:
        self._answer()

    def _answer(self) -> None:
        if self.down is not None:
            raise self.down


class FakeReader:
    """Reads the organisation it was given."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.reads = 0

    async def read(self) -> Organization:
        self.reads += 1
        return self.organization
