"""The identity store: users, groups, and who is in which."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from infra.sandbox.company import Company, IdentityUser

ISSUER = "https://scim.example.com/entra"
"""Of every external id here."""


@dataclass(slots=True)
class UserRecord:
    id: str
    user_name: str
    given_name: str
    family_name: str
    display_name: str
    email: str | None
    enabled: bool = True
    external_id: str = ""
    revision: int = 1


@dataclass(slots=True)
class GroupRecord:
    id: str
    name: str
    description: str = ""
    external_id: str = ""
    """Of another system that keeps its members: nobody changes them here."""


@dataclass(frozen=True, slots=True)
class Membership:
    id: str
    group_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class MembershipChange:
    at: float
    membership: Membership
    is_there: bool


class Directory:
    """Users and groups by id, with the look-ups that AWS offers. It refuses nothing: callers check first."""

    def __init__(self, company: Company, clock: Callable[[], float] = time.time) -> None:
        self.id = company.identity_store_id
        self._clock = clock
        self.membership_changes: list[MembershipChange] = []
        """In the order in which they were made; those of the beginning are not among them."""
        self.users: dict[str, UserRecord] = {}
        self.groups: dict[str, GroupRecord] = {}
        self.memberships: dict[str, Membership] = {}
        self._of_group: dict[str, dict[str, str]] = {}
        self._of_user: dict[str, dict[str, str]] = {}
        ids = {}
        for user in company.users:
            ids[user.user_name] = self.add_user(user_record(user)).id
        for group in company.groups:
            record = self.add_group(GroupRecord(group.id, group.name, group.description))
            for member in group.members:
                self.add_member(record.id, ids[member])
        self.membership_changes.clear()

    def user_provisioned_as(self, issuer: str, external_id: str) -> Iterator[UserRecord]:
        """The user whom the one identity provider here knows by this id."""
        return (user for user in self.users.values() if issuer == ISSUER and user.external_id == external_id != "")

    def add_user(self, user: UserRecord) -> UserRecord:
        self._of_user[user.id] = {}
        self.users[user.id] = user
        return user

    def add_group(self, group: GroupRecord) -> GroupRecord:
        self._of_group[group.id] = {}
        self.groups[group.id] = group
        return group

    def remove_user(self, user_id: str) -> None:
        """The user goes, with the memberships; assignments that name the id stay behind."""
        for membership_id in list(self._of_user[user_id].values()):
            self.remove_membership(membership_id)
        del self._of_user[user_id], self.users[user_id]

    def remove_group(self, group_id: str) -> None:
        for membership_id in list(self._of_group[group_id].values()):
            self.remove_membership(membership_id)
        del self._of_group[group_id], self.groups[group_id]

    def add_member(self, group_id: str, user_id: str) -> Membership:
        membership = Membership(new_id(), group_id, user_id)
        self.memberships[membership.id] = membership
        self._of_group[group_id][user_id] = membership.id
        self._of_user[user_id][group_id] = membership.id
        self._note(membership, is_there=True)
        return membership

    def remove_membership(self, membership_id: str) -> None:
        membership = self.memberships.pop(membership_id)
        del self._of_group[membership.group_id][membership.user_id]
        del self._of_user[membership.user_id][membership.group_id]
        self._note(membership, is_there=False)

    def _note(self, membership: Membership, *, is_there: bool) -> None:
        self.membership_changes.append(MembershipChange(self._clock(), membership, is_there))

    def membership(self, group_id: str, user_id: str) -> Membership | None:
        found = self._of_group.get(group_id, {}).get(user_id)
        return self.memberships[found] if found else None

    def memberships_of_group(self, group_id: str) -> list[Membership]:
        return [self.memberships[found] for found in self._of_group[group_id].values()]

    def listed_of_group(self, group_id: str, seen_until: float, behind_with: tuple[bool, ...]) -> list[Membership]:
        """The same as lists have it that miss what was made (True) or deleted (False) since then."""
        found = {each.id: each for each in self.memberships_of_group(group_id)} if group_id in self.groups else {}
        for change in reversed(self.membership_changes):
            if change.at <= seen_until:
                break
            if change.membership.group_id != group_id or change.is_there not in behind_with:
                continue
            if change.is_there:
                found.pop(change.membership.id, None)
            else:
                found[change.membership.id] = change.membership
        return list(found.values())

    def memberships_of_user(self, user_id: str) -> list[Membership]:
        return [self.memberships[found] for found in self._of_user.get(user_id, {}).values()]

    def group_ids_of_user(self, user_id: str) -> set[str]:
        return set(self._of_user.get(user_id, {}))

    def users_named(self, user_name: str, *, ignoring_case: bool = False) -> Iterator[UserRecord]:
        wanted = _fold(user_name, ignoring_case)
        return (user for user in self.users.values() if _fold(user.user_name, ignoring_case) == wanted)

    def users_mailed(self, email: str, *, ignoring_case: bool = False) -> Iterator[UserRecord]:
        wanted = _fold(email, ignoring_case)
        return (user for user in self.users.values() if user.email and _fold(user.email, ignoring_case) == wanted)

    def group_named(self, name: str) -> GroupRecord | None:
        return next((group for group in self.groups.values() if group.name == name), None)


def user_record(user: IdentityUser) -> UserRecord:
    return UserRecord(
        user.id,
        user.user_name,
        user.given_name,
        user.family_name,
        user.display_name,
        user.email,
        user.enabled,
        user.external_id,
    )


def new_id() -> str:
    """An id as the identity store makes them."""
    return f"90676c1a2b-{uuid4()}"


def _fold(text: str, ignoring_case: bool) -> str:
    return text.casefold() if ignoring_case else text
