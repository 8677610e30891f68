"""The sso-admin operations on account assignments."""

from typing import Any

from . import refusals
from .assignments import Assignment, Kind, Operation, PrincipalType, Status
from .faults import Faults
from .operation import Answer
from .operation import Operation as Handler
from .pages import page
from .wire import Call
from .world import World


class AssignmentOperations:
    """Writes that end later, their statuses, and the lists of what is there."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def operations(self) -> dict[str, Handler]:
        return {
            "CreateAccountAssignment": self.create,
            "DeleteAccountAssignment": self.delete,
            "DescribeAccountAssignmentCreationStatus": self.creation_status,
            "DescribeAccountAssignmentDeletionStatus": self.deletion_status,
            "ListAccountAssignmentCreationStatus": self.creation_statuses,
            "ListAccountAssignmentDeletionStatus": self.deletion_statuses,
            "ListAccountAssignments": self.of_account,
            "ListAccountAssignmentsForPrincipal": self.of_principal,
            "ListPermissionSetsProvisionedToAccount": self.permission_sets_of_account,
            "ListAccountsForProvisionedPermissionSet": self.accounts_of_permission_set,
        }

    def create(self, call: Call) -> Answer:
        return self._start(Kind.CREATION, call, "AccountAssignmentCreationStatus")

    def delete(self, call: Call) -> Answer:
        return self._start(Kind.DELETION, call, "AccountAssignmentDeletionStatus")

    def creation_status(self, call: Call) -> Answer:
        request_id = call.arguments["AccountAssignmentCreationRequestId"]
        return {"AccountAssignmentCreationStatus": self._status(call, Kind.CREATION, request_id)}

    def deletion_status(self, call: Call) -> Answer:
        request_id = call.arguments["AccountAssignmentDeletionRequestId"]
        return {"AccountAssignmentDeletionStatus": self._status(call, Kind.DELETION, request_id)}

    def creation_statuses(self, call: Call) -> Answer:
        return self._statuses(call, Kind.CREATION, "AccountAssignmentsCreationStatus")

    def deletion_statuses(self, call: Call) -> Answer:
        return self._statuses(call, Kind.DELETION, "AccountAssignmentsDeletionStatus")

    def of_account(self, call: Call) -> Answer:
        role = (call.arguments["AccountId"], self._known_permission_set(call))
        if role[0] not in self._world.organization.accounts:
            raise refusals.not_found(f"The account {role[0]} could not be found.")
        found = [_row(row) for row in self._rows() if row[:2] == role]
        return page(call, "AccountAssignments", found, self._world.conduct.page_size)

    def of_principal(self, call: Call) -> Answer:
        """Those of a user include those of the user's groups, each under the principal that it was given to."""
        self._refuse_unless_management()
        self._check_instance(call)
        holders = self._holders(call.arguments["PrincipalType"], call.arguments["PrincipalId"])
        only = call.arguments.get("Filter", {}).get("AccountId")
        found = [_row(row) for row in self._rows() if row[2:] in holders and (only is None or row.account_id == only)]
        return page(call, "AccountAssignments", found, self._world.conduct.page_size)

    def permission_sets_of_account(self, call: Call) -> Answer:
        """A permission set is provisioned to an account for as long as it is assigned there."""
        self._check_instance(call)
        account_id = call.arguments["AccountId"]
        found = dict.fromkeys(row.permission_set_arn for row in self._rows() if row.account_id == account_id)
        return page(call, "PermissionSets", list(found), self._world.conduct.page_size)

    def accounts_of_permission_set(self, call: Call) -> Answer:
        arn = self._known_permission_set(call)
        found = dict.fromkeys(row.account_id for row in self._rows() if row.permission_set_arn == arn)
        return page(call, "AccountIds", list(found), self._world.conduct.page_size)

    def _start(self, kind: Kind, call: Call, name: str) -> Answer:
        arguments = call.arguments
        wanted = Assignment(
            arguments["TargetId"],
            self._known_permission_set(call),
            arguments["PrincipalType"],
            arguments["PrincipalId"],
        )
        self._refuse_delegated_reach(wanted)
        self._world.assignments.refuse_unless_free(kind, wanted)
        script = self._faults.take_script(call)
        operation = self._world.assignments.start(kind, wanted, script)
        self._world.record_change(call, name, operation.request_id)
        return {name: described_operation(operation)}

    def _status(self, call: Call, kind: Kind, request_id: str) -> Answer:
        self._check_instance(call)
        operation = self._world.assignments.operations.get(request_id)
        if operation is None or operation.kind is not kind:
            raise refusals.not_found(f"The request {request_id} could not be found.")
        return described_operation(operation)

    def _statuses(self, call: Call, kind: Kind, name: str) -> Answer:
        self._check_instance(call)
        wanted = call.arguments.get("Filter", {}).get("Status")
        found = [
            {"Status": operation.status, "RequestId": operation.request_id, "CreatedDate": operation.created_at}
            for operation in self._world.assignments.listed_operations()
            if operation.kind is kind and wanted in (None, operation.status)
        ]
        return page(call, name, found, self._world.conduct.page_size)

    def _rows(self) -> list[Assignment]:
        return self._world.assignments.listed()

    def _holders(self, principal_type: PrincipalType, principal_id: str) -> set[tuple[str, str]]:
        """The principals whose assignments count as this one's."""
        directory = self._world.directory
        known = directory.users if principal_type == "USER" else directory.groups
        if principal_id not in known and not any(row[2:] == (principal_type, principal_id) for row in self._rows()):
            raise refusals.not_found(f"{principal_type} {principal_id} not found.")
        groups = {("GROUP", group_id) for group_id in directory.group_ids_of_user(principal_id)}
        return {(principal_type, principal_id)} | groups

    def _check_instance(self, call: Call) -> None:
        if call.arguments["InstanceArn"] != self._world.permission_sets.instance_arn:
            raise refusals.not_found("The Identity Center instance could not be found.")

    def _known_permission_set(self, call: Call) -> str:
        self._check_instance(call)
        arn: str = call.arguments["PermissionSetArn"]
        if arn not in self._world.permission_sets.by_arn:
            raise refusals.not_found(f"Could not find PermissionSet {arn}.")
        return arn

    def _refuse_unless_management(self) -> None:
        if not self._world.called_by_management:
            raise refusals.denied("sso-admin", "This operation must be called from the management account.")

    def _refuse_delegated_reach(self, wanted: Assignment) -> None:
        """A delegated administrator reaches neither the management account nor what is provisioned in it."""
        management = self._world.organization.management_account_id
        if self._world.called_by_management:
            return
        in_management = any(row[:2] == (management, wanted.permission_set_arn) for row in self._world.assignments.rows)
        if wanted.account_id == management or in_management:
            message = "The delegated administrator has no access to the management account or its permission sets."
            raise refusals.denied("sso-admin", message)


def _row(row: Assignment) -> dict[str, str]:
    return {
        "AccountId": row.account_id,
        "PermissionSetArn": row.permission_set_arn,
        "PrincipalType": row.principal_type,
        "PrincipalId": row.principal_id,
    }


def described_operation(operation: Operation) -> dict[str, Any]:
    assignment = operation.assignment
    described = {
        "Status": operation.status,
        "RequestId": operation.request_id,
        "TargetId": assignment.account_id,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": assignment.permission_set_arn,
        "PrincipalType": assignment.principal_type,
        "PrincipalId": assignment.principal_id,
        "CreatedDate": operation.created_at,
    }
    if operation.status is Status.FAILED:
        described["FailureReason"] = operation.failure_reason
    return described
