"""The tables of AWS TEAM, as far as they say something here. The secrets of its notifications have no field."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TeamEligibility:
    """A row of Eligibility: who may ask for which permission sets where. ``hours`` are whole."""

    id: str
    """Of an Identity Center user or group."""
    name: str
    is_group: bool
    accounts: tuple[str, ...]
    ous: tuple[str, ...]
    permission_sets: tuple[tuple[str, str], ...]
    """ARN, and the name that it had when the row was written."""
    hours: int
    approval_required: bool
    ticket: str = ""
    modified_by: str = ""


@dataclass(frozen=True, slots=True)
class TeamApprovers:
    """A row of Approvers: the groups whose members decide about an account, or about those directly in an OU."""

    id: str
    name: str
    is_ou: bool
    groups: tuple[str, ...]
    """Ids."""
    ticket: str = ""
    modified_by: str = ""


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """The one row of Settings. The defaults are those of AWS TEAM where the row or an attribute is missing."""

    hours: int = 9
    expiry_hours: int = 3
    approval: bool = True
    comments: bool = True
    ticket: bool = True
    admin_group: str = ""
    auditor_group: str = ""
    audit_channel: str = ""
    notifications: tuple[str, ...] = ()
    """Those that are switched on: SES, SNS, Slack."""


@dataclass(frozen=True, slots=True)
class TeamTables:
    """The content of all files together."""

    eligibility: tuple[TeamEligibility, ...] = ()
    approvers: tuple[TeamApprovers, ...] = ()
    settings: TeamSettings | None = None
    requests: int = 0
    """Rows of requests and sessions, which are not imported."""
    unfinished: tuple[str, ...] = ()
    """Files that say that more pages follow."""

    @property
    def groups(self) -> frozenset[str]:
        """The groups that matter, by id."""
        asking = {row.id for row in self.eligibility if row.is_group}
        return frozenset(asking.union(*(row.groups for row in self.approvers)))
