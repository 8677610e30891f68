"""The reasons why AWS fails a write of an assignment that it has accepted, in AWS's words where they are known."""

from .assignments import Assignment, Kind, Operation
from .conduct import Conduct
from .directory import Directory
from .organization import Organization

#: A reason to script: the account has no room for the role of one more permission set.
ROLE_QUOTA = (
    "Received a 409 status error: Cannot exceed quota for RolesPerAccount: 1000 "
    "(Service: AmazonIdentityManagement; Status Code: 409; Error Code: LimitExceeded)"
)
#: A reason to script: what AWS says when it does not say why.
UNEXPECTED = "An unexpected internal service exception was encountered"


class Outcome:
    """Judges an operation by the organization and the directory as they are when it ends."""

    def __init__(self, organization: Organization, directory: Directory, conduct: Conduct) -> None:
        self._organization = organization
        self._directory = directory
        self._conduct = conduct
        self._rows: dict[Assignment, float] = {}

    def watch(self, rows: dict[Assignment, float]) -> None:
        """The rows to look into; given later, since they are the judged one's own."""
        self._rows = rows

    def failure_reason(self, operation: Operation) -> str:
        assignment = operation.assignment
        absent = self._principal_absent(assignment)
        if absent:
            return absent
        unusable = self._account_unusable(assignment.account_id)
        if unusable:
            return unusable
        if operation.kind is Kind.CREATION:
            return ""
        if assignment not in self._rows and self._conduct.absent_deletion == "FAILED":
            return "Received a 404 status error: the account assignment was not found"
        return ""

    def _principal_absent(self, assignment: Assignment) -> str:
        known = self._directory.users if assignment.principal_type == "USER" else self._directory.groups
        if assignment.principal_id in known:
            return ""
        return (
            f"Received a 404 status error: the {assignment.principal_type} assignee {assignment.principal_id} "
            f"was not found in directory {self._directory.id}"
        )

    def _account_unusable(self, account_id: str) -> str:
        account = self._organization.accounts.get(account_id)
        if account is None:
            return f"Received a 404 status error: the account {account_id} was not found in the organization"
        if account.status != "ACTIVE":
            return (
                "AWS SSO is unable to complete your request at this time. Obtaining permissions to manage your "
                f"AWS account '{account_id}' takes longer than usual. Please try again in a few minutes. "
                "If this problem continues, contact AWS Support."
            )
        return ""
