"""Changes in AWS past the program: assignments, deletions, moves and disabled users; and AWS's lists.

Accounts are named by id, permission sets, users and groups by name or id. A name that is not there raises
LookupError with the name.
"""

from typing import Literal, NamedTuple, TypeVar, get_args

from infra.sandbox.company import AccountStatus, IdentityUser

from .assignments import Assignment, Operation, PrincipalType
from .directory import GroupRecord, UserRecord, new_id, user_record
from .organization import AccountRecord, AccountState, UnitRecord
from .permission_set import PermissionSetRecord
from .world import World

Found = TypeVar("Found")


class Held(NamedTuple):
    """One assignment in words; equal to the tuple of the same three."""

    account_id: str
    permission_set: str
    #: The user name or the group's name; the bare id where the directory has it no more.
    principal: str


class AdminChanges:
    """Changes that an administrator makes. Everything happens at once, without an operation and without a call."""

    def __init__(self, world: World) -> None:
        self.world = world

    def assignments(self, kind: Literal["USER", "GROUP"] = "USER") -> set[tuple[str, str, str]]:
        """The access that AWS lists now: (account id, permission set name, user or group name)."""
        return {self._in_words(row) for row in self.world.assignments.rows if row.principal_type == kind}

    def make_assignment(self, account_id: str, permission_set: str, user: str = "", *, group: str = "") -> None:
        """A standing assignment that someone made elsewhere."""
        self.world.assignments.make(self._assignment(account_id, permission_set, user, group))

    def remove_assignment(self, account_id: str, permission_set: str, user: str = "", *, group: str = "") -> None:
        """An assignment deleted elsewhere; LookupError where there is none."""
        assignment = self._assignment(account_id, permission_set, user, group)
        if assignment not in self.world.assignments.rows:
            raise LookupError(f"no assignment {self._in_words(assignment)}")
        self.world.assignments.remove(assignment)

    def operations_in_flight(self) -> list[Operation]:
        return list(self.world.assignments.in_flight.values())

    def hold(self) -> None:
        """From now on assignments stay IN_PROGRESS until `release`."""
        self.world.conduct.held = True
        self.world.changes.publish("conduct.changed")

    def release(self, request_id: str | None = None) -> None:
        """Ends one operation, or all of them and the hold with them."""
        if request_id is not None and request_id not in self.world.assignments.in_flight:
            raise LookupError(f"no operation in flight with the request id {request_id}")
        self.world.assignments.release(request_id)

    def user(self, name_or_id: str) -> UserRecord:
        users = self.world.directory.users
        found = users.get(name_or_id) or next(self.world.directory.users_named(name_or_id), None)
        return _known(found, "user", name_or_id)

    def group(self, name_or_id: str) -> GroupRecord:
        directory = self.world.directory
        return _known(directory.groups.get(name_or_id) or directory.group_named(name_or_id), "group", name_or_id)

    def permission_set(self, name_or_arn: str) -> PermissionSetRecord:
        sets = self.world.permission_sets
        return _known(sets.by_arn.get(name_or_arn) or sets.named(name_or_arn), "permission set", name_or_arn)

    def account(self, account_id: str) -> AccountRecord:
        return _known(self.world.organization.accounts.get(account_id), "account", account_id)

    def add_user(self, user: IdentityUser) -> UserRecord:
        record = self.world.directory.add_user(user_record(user))
        self.world.changes.publish("user.made", user_id=record.id)
        return record

    def delete_user(self, name_or_id: str) -> None:
        """The user goes; assignments stay listed under the bare id, and can no longer be deleted."""
        user = self.user(name_or_id)
        self.world.directory.remove_user(user.id)
        self.world.changes.publish("user.removed", user_id=user.id)

    def disable_user(self, name_or_id: str) -> None:
        self._set_enabled(name_or_id, enabled=False)

    def enable_user(self, name_or_id: str) -> None:
        self._set_enabled(name_or_id, enabled=True)

    def set_email(self, name_or_id: str, email: str | None) -> None:
        self.user(name_or_id).email = email
        self.world.changes.publish("user.changed", user_id=self.user(name_or_id).id)

    def provision(self, name_or_id: str, external_id: str) -> None:
        """The identity provider has an id of its own for somebody."""
        self.user(name_or_id).external_id = external_id
        self.world.changes.publish("user.changed", user_id=self.user(name_or_id).id)

    def add_group(self, name: str) -> GroupRecord:
        record = self.world.directory.add_group(GroupRecord(new_id(), name))
        self.world.changes.publish("group.made", group_id=record.id)
        return record

    def delete_group(self, name_or_id: str) -> None:
        """The group goes, with its memberships."""
        group = self.group(name_or_id)
        self.world.directory.remove_group(group.id)
        self.world.changes.publish("group.removed", group_id=group.id)

    def add_member(self, group: str, user: str) -> None:
        group_id, user_id = self.group(group).id, self.user(user).id
        if not self.world.directory.membership(group_id, user_id):
            self.world.directory.add_member(group_id, user_id)
            self.world.changes.publish("membership.made", group_id=group_id, user_id=user_id)

    def remove_member(self, group: str, user: str) -> None:
        found = self.world.directory.membership(self.group(group).id, self.user(user).id)
        self.world.directory.remove_membership(_known(found, "member", f"{user} of {group}").id)
        self.world.changes.publish("membership.removed", group=group, user=user)

    def move_account(self, account_id: str, to: str) -> None:
        """Moves an account below another unit, or below the root."""
        account = self.account(account_id)
        if not self.world.organization.is_parent(to):
            raise LookupError(f"no unit {to}")
        self.world.organization.move_account(account.id, to)
        self.world.changes.publish("account.moved", account_id=account.id)

    def set_account_status(self, account_id: str, status: AccountStatus, state: AccountState | None = None) -> None:
        if status not in get_args(AccountStatus):
            raise ValueError(f"no account has the status {status}")
        account = self.account(account_id)
        account.status, account.state = status, state or status
        self.world.changes.publish("account.changed", account_id=account_id)

    def remove_account(self, account_id: str) -> None:
        """The account leaves the organization; its assignments stay listed."""
        self.world.organization.remove_account(self.account(account_id).id)
        self.world.changes.publish("account.removed", account_id=account_id)

    def add_account(self, account_id: str, name: str, parent_id: str) -> None:
        email = f"aws+{account_id}@example.com"
        record = AccountRecord(account_id, name, email, parent_id, "ACTIVE", "ACTIVE", self.world.created_at)
        self.world.organization.add_account(record)
        self.world.changes.publish("account.made", account_id=account_id)

    def add_unit(self, unit_id: str, name: str, parent_id: str) -> None:
        self.world.organization.add_unit(UnitRecord(unit_id, name, parent_id))
        self.world.changes.publish("unit.made", unit_id=unit_id)

    def _set_enabled(self, name_or_id: str, *, enabled: bool) -> None:
        user = self.user(name_or_id)
        user.enabled = enabled
        self.world.changes.publish("user.changed", user_id=user.id)

    def _assignment(self, account_id: str, permission_set: str, user: str, group: str) -> Assignment:
        kind: PrincipalType = "GROUP" if group else "USER"
        principal = self.group(group).id if group else self.user(user).id
        return Assignment(account_id, self.permission_set(permission_set).arn, kind, principal)

    def _in_words(self, row: Assignment) -> Held:
        sets, directory = self.world.permission_sets.by_arn, self.world.directory
        name = sets[row.permission_set_arn].name if row.permission_set_arn in sets else row.permission_set_arn
        if user := directory.users.get(row.principal_id):
            return Held(row.account_id, name, user.user_name)
        group = directory.groups.get(row.principal_id)
        return Held(row.account_id, name, group.name if group else row.principal_id)


def _known(found: Found | None, kind: str, name: str) -> Found:
    if found is None:
        raise LookupError(f"no {kind} {name}")
    return found
