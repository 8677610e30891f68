"""The identitystore operations that read: look-ups, descriptions and lists of users, groups and memberships."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from . import refusals
from .directory import ISSUER, Directory, GroupRecord, Membership, UserRecord
from .operation import Answer, Operation
from .pages import Item, page
from .wire import AwsError, Call
from .world import World


class DirectoryOperations:
    """The calls about users and groups of Identity Center."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._directory = world.directory

    def operations(self) -> dict[str, Operation]:
        return {
            "GetUserId": self.user_id,
            "DescribeUser": self.user,
            "ListUsers": self.users,
            "GetGroupId": self.group_id,
            "DescribeGroup": self.group,
            "ListGroups": self.groups,
            "GetGroupMembershipId": self.membership_id,
            "DescribeGroupMembership": self.membership,
            "ListGroupMemberships": self.memberships_of_group,
            "ListGroupMembershipsForMember": self.memberships_of_user,
            "IsMemberInGroups": self.is_member,
        }

    def user_id(self, call: Call) -> Answer:
        store = checked_store(call, self._directory)
        if external := call.arguments["AlternateIdentifier"].get("ExternalId"):
            return self._found(self._directory.user_provisioned_as(external["Issuer"], external["Id"]), store)
        path, value = _unique_attribute(call)
        if path == "username":
            found = self._directory.users_named(value)
        elif path == "emails.value":
            ignoring_case = self._world.conduct.email_lookup_ignores_case
            found = self._directory.users_mailed(value, ignoring_case=ignoring_case)
        else:
            raise refusals.invalid(call.service, f"The attribute {path} is not a unique attribute of USER.")
        return self._found(found, store)

    def _found(self, users: Iterator[UserRecord], store: str) -> Answer:
        user = next(users, None)
        if user is None:
            raise absent("USER")
        return {"UserId": user.id, "IdentityStoreId": store}

    def user(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        return _user(known_user(call.arguments["UserId"], self._directory), self._directory.id)

    def users(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        found: Iterable[UserRecord] = self._directory.users.values()
        for path, value in _filters(call):
            if path != "username":
                raise refusals.invalid(call.service, f"The filter attribute {path} is not supported for USER.")
            found = self._directory.users_named(value)
        return self._page(call, "Users", list(found), _user)

    def group_id(self, call: Call) -> Answer:
        store = checked_store(call, self._directory)
        path, value = _unique_attribute(call)
        if path != "displayname":
            raise refusals.invalid(call.service, f"The attribute {path} is not a unique attribute of GROUP.")
        group = self._directory.group_named(value)
        if group is None:
            raise absent("GROUP")
        return {"GroupId": group.id, "IdentityStoreId": store}

    def group(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        return _group(known_group(call.arguments["GroupId"], self._directory), self._directory.id)

    def groups(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        found = list(self._directory.groups.values())
        for path, value in _filters(call):
            if path != "displayname":
                raise refusals.invalid(call.service, f"The filter attribute {path} is not supported for GROUP.")
            found = [group for group in found if group.name == value]
        return self._page(call, "Groups", found, _group)

    def membership_id(self, call: Call) -> Answer:
        store = checked_store(call, self._directory)
        listed, user_id = self._listed(plain_id(call.arguments["GroupId"])), member_of(call)
        found = next((each for each in listed if each.user_id == user_id), None)
        if found is None:
            raise absent("GROUP_MEMBERSHIP")
        return {"MembershipId": found.id, "IdentityStoreId": store}

    def membership(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        found = self._directory.memberships.get(plain_id(call.arguments["MembershipId"]))
        if found is None:
            raise absent("GROUP_MEMBERSHIP")
        return _membership(found, self._directory.id)

    def memberships_of_group(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        group = known_group(call.arguments["GroupId"], self._directory)
        return self._page(call, "GroupMemberships", self._listed(group.id), _membership)

    def _listed(self, group_id: str) -> list[Membership]:
        """As the lists have it, which may be behind."""
        conduct = self._world.conduct
        seen_until = self._world.clock() - conduct.lists_behind_seconds
        if not conduct.lists_behind_seconds:
            seen_until = float("inf")
        return self._directory.listed_of_group(group_id, seen_until, conduct.lists_are_behind_with)

    def memberships_of_user(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        user = known_user(member_of(call), self._directory)
        groups = {each.group_id for each in self._directory.memberships_of_user(user.id)}
        groups |= {change.membership.group_id for change in self._directory.membership_changes}
        listed = [each for group in groups for each in self._listed(group) if each.user_id == user.id]
        return self._page(call, "GroupMemberships", sorted(listed, key=lambda each: each.id), _membership)

    def is_member(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        user = known_user(member_of(call), self._directory)
        groups = self._directory.group_ids_of_user(user.id)
        return {
            "Results": [
                {
                    "GroupId": group_id,
                    "MemberId": {"UserId": user.id},
                    "MembershipExists": plain_id(group_id) in groups,
                }
                for group_id in call.arguments["GroupIds"]
            ]
        }

    def _page(
        self, call: Call, name: str, found: Sequence[Item], describe: Callable[[Item, str], dict[str, Any]]
    ) -> Answer:
        store = self._directory.id
        return page(call, name, found, self._world.conduct.page_size, lambda item: describe(item, store))


def absent(kind: str) -> AwsError:
    return refusals.not_found(f"{kind} not found.", ResourceType=kind)


def plain_id(id_or_arn: str) -> str:
    """Ids may be written as ARNs: `arn:aws:identitystore:::user/ID`."""
    return id_or_arn.rpartition("/")[2]


def checked_store(call: Call, directory: Directory) -> str:
    if plain_id(call.arguments["IdentityStoreId"]) != directory.id:
        raise refusals.not_found("IDENTITY_STORE not found.", ResourceType="IDENTITY_STORE")
    return directory.id


def known_user(user_id: str, directory: Directory) -> UserRecord:
    found = directory.users.get(plain_id(user_id))
    if found is None:
        raise absent("USER")
    return found


def known_group(group_id: str, directory: Directory) -> GroupRecord:
    found = directory.groups.get(plain_id(group_id))
    if found is None:
        raise absent("GROUP")
    return found


def member_of(call: Call) -> str:
    return plain_id(call.arguments["MemberId"].get("UserId", ""))


def _unique_attribute(call: Call) -> tuple[str, str]:
    """The path in lower case and the value; no group here has an external id."""
    unique = call.arguments["AlternateIdentifier"].get("UniqueAttribute")
    if unique is None:
        raise absent("USER" if "User" in call.operation else "GROUP")
    return unique["AttributePath"].lower(), str(unique["AttributeValue"])


def _filters(call: Call) -> list[tuple[str, str]]:
    return [(found["AttributePath"].lower(), found["AttributeValue"]) for found in call.arguments.get("Filters", [])]


def _user(user: UserRecord, store: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "IdentityStoreId": store,
        "UserId": user.id,
        "UserArn": f"arn:aws:identitystore:::user/{user.id}",
        "Revision": str(user.revision),
        "UserName": user.user_name,
        "Name": {"GivenName": user.given_name, "FamilyName": user.family_name},
        "DisplayName": user.display_name,
        "UserStatus": "ENABLED" if user.enabled else "DISABLED",
    }
    if user.email:
        described["Emails"] = [{"Value": user.email, "Type": "work", "Primary": True}]
    if user.external_id:
        described["ExternalIds"] = [{"Issuer": ISSUER, "Id": user.external_id}]
    return described


def _group(group: GroupRecord, store: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "IdentityStoreId": store,
        "GroupId": group.id,
        "GroupArn": f"arn:aws:identitystore:::group/{group.id}",
        "Revision": "1",
        "DisplayName": group.name,
    }
    if group.external_id:
        described["ExternalIds"] = [{"Issuer": ISSUER, "Id": group.external_id}]
    return described | ({"Description": group.description} if group.description else {})


def _membership(membership: Membership, store: str) -> dict[str, Any]:
    return {
        "IdentityStoreId": store,
        "MembershipId": membership.id,
        "GroupId": membership.group_id,
        "MemberId": {"UserId": membership.user_id},
    }
