"""The identitystore operations that write: users, groups and memberships come and go."""

from collections.abc import Mapping
from typing import Any

from . import refusals
from .directory import GroupRecord, UserRecord, new_id
from .identity_store import absent, checked_store, known_group, known_user, member_of, plain_id
from .operation import Answer, Operation
from .wire import AwsError, Call
from .world import World

#: What UpdateUser may change here, by the path that AWS has for it.
_USER_FIELDS = {
    "username": "user_name",
    "displayname": "display_name",
    "name.givenname": "given_name",
    "name.familyname": "family_name",
}


class DirectoryWrites:
    """Names and addresses are unique without regard to case."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._directory = world.directory
        self._changes = world.changes

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateUser": self.create_user,
            "UpdateUser": self.update_user,
            "DeleteUser": self.delete_user,
            "CreateGroup": self.create_group,
            "DeleteGroup": self.delete_group,
            "CreateGroupMembership": self.create_membership,
            "DeleteGroupMembership": self.delete_membership,
        }

    def create_user(self, call: Call) -> Answer:
        store = checked_store(call, self._directory)
        name = call.arguments.get("Name", {})
        record = UserRecord(
            new_id(),
            _required(call, call.arguments, "UserName"),
            _required(call, name, "GivenName"),
            _required(call, name, "FamilyName"),
            _required(call, call.arguments, "DisplayName"),
            next((mail["Value"] for mail in call.arguments.get("Emails", [])), None),
        )
        self._refuse_duplicates(record.user_name, record.email)
        self._directory.add_user(record)
        self._changes.publish("user.made", user_id=record.id)
        return {"UserId": record.id, "IdentityStoreId": store}

    def update_user(self, call: Call) -> Answer:
        store = checked_store(call, self._directory)
        user = known_user(call.arguments["UserId"], self._directory)
        for operation in call.arguments["Operations"]:
            self._update(call, user, operation["AttributePath"].lower(), operation.get("AttributeValue"))
        user.revision += 1
        self._changes.publish("user.changed", user_id=user.id)
        return {"IdentityStoreId": store, "UserId": user.id, "Revision": str(user.revision)}

    def delete_user(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        user = known_user(call.arguments["UserId"], self._directory)
        self._directory.remove_user(user.id)
        self._changes.publish("user.removed", user_id=user.id)
        return {}

    def create_group(self, call: Call) -> Answer:
        store = checked_store(call, self._directory)
        name = _required(call, call.arguments, "DisplayName")
        if self._directory.group_named(name):
            raise _duplicate("GroupDisplayName")
        record = self._directory.add_group(GroupRecord(new_id(), name, call.arguments.get("Description", "")))
        self._changes.publish("group.made", group_id=record.id)
        return {"GroupId": record.id, "IdentityStoreId": store}

    def delete_group(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        group = known_group(call.arguments["GroupId"], self._directory)
        self._directory.remove_group(group.id)
        self._changes.publish("group.removed", group_id=group.id)
        return {}

    def create_membership(self, call: Call) -> Answer:
        store = checked_store(call, self._directory)
        group = known_group(call.arguments["GroupId"], self._directory)
        user = known_user(member_of(call), self._directory)
        _refuse_synchronized(call, group)
        if self._directory.membership(group.id, user.id):
            raise _duplicate("GroupMembership")
        membership = self._directory.add_member(group.id, user.id)
        self._world.record_joined(call, membership.id)
        self._changes.publish("membership.made", group_id=group.id, user_id=user.id)
        return {"MembershipId": membership.id, "IdentityStoreId": store}

    def delete_membership(self, call: Call) -> Answer:
        checked_store(call, self._directory)
        membership_id = plain_id(call.arguments["MembershipId"])
        if membership_id not in self._directory.memberships:
            raise absent("GROUP_MEMBERSHIP")
        found = self._directory.memberships[membership_id]
        _refuse_synchronized(call, self._directory.groups[found.group_id])
        self._directory.remove_membership(membership_id)
        self._changes.publish("membership.removed", membership_id=membership_id)
        return {}

    def _update(self, call: Call, user: UserRecord, path: str, value: Any) -> None:
        if path == "emails":
            email = next((mail["Value"] for mail in value or []), None)
            self._refuse_duplicates("", email, but=user)
            user.email = email
        elif path in _USER_FIELDS:
            self._refuse_duplicates(value if path == "username" else "", None, but=user)
            setattr(user, _USER_FIELDS[path], value)
        else:
            raise refusals.invalid(call.service, f"The attribute {path} cannot be updated.")

    def _refuse_duplicates(self, user_name: str, email: str | None, but: UserRecord | None = None) -> None:
        if any(user is not but for user in self._directory.users_named(user_name, ignoring_case=True)):
            raise _duplicate("UserName")
        if email and any(user is not but for user in self._directory.users_mailed(email, ignoring_case=True)):
            raise _duplicate("Emails.Value")


def _duplicate(what: str) -> AwsError:
    return AwsError("ConflictException", f"Duplicate {what}", Reason="UNIQUENESS_CONSTRAINT_VIOLATION")


def _required(call: Call, arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not value:
        raise refusals.invalid(call.service, f"{name} is a required attribute")
    return str(value)


def _refuse_synchronized(call: Call, group: GroupRecord) -> None:
    """AWS documents no refusal; the less convenient answer is given here."""
    if group.external_id:
        raise refusals.invalid(call.service, "The members of this group are managed by an external identity provider.")
