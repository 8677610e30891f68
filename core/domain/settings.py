"""Settings: the limits and switches that hold for every request, whatever the policies say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.domain.ids import AccountId, GroupId, PermissionSetArn


class Requirement(StrEnum):
    """Whether a form asks for something, and whether that may stay empty."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class UnknownAssignments(StrEnum):
    """What is done about an assignment under management that has no live request (rule 19)."""

    REPORT = "report"
    REMOVE = "remove"


class PolicyChanges(StrEnum):
    """What a change of policies or settings that widens needs (rule 25)."""

    DIRECT = "direct"
    """It holds when one admin saves it."""
    SECOND_ADMIN = "second_admin"
    """It waits for another admin."""


class MentionApprovers(StrEnum):
    """Whom a card that is posted in a channel mentions, so that the chat platform notifies them."""

    OFF = "off"
    USERS = "users"
    """The first approvers by name, each of them. Never a whole channel."""


WITHOUT: Mapping[str, str] = {"request_expiry": "never", "reminder_after": "off"}
"""By setting, what a length that is None is called: in a policy file, in the form and wherever it is shown."""


TICKET_PATTERN = r"[A-Z][A-Z0-9]+-\d+|[A-Z]{2,8}\d{5,}|#?\d+"
"""As Jira (``OPS-42``), ServiceNow (``INC0010042``) and trackers with plain numbers (``#42``) call their tickets."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every request. The defaults are those of a new installation."""

    approval_required: bool = True
    require_justification: bool = True
    ticket: Requirement = Requirement.OFF
    ticket_pattern: str = TICKET_PATTERN
    approver_comment: Requirement = Requirement.OPTIONAL
    revoke_reason: Requirement = Requirement.OPTIONAL
    """Of whoever ends access early, their own too. What ends by time alone never asks (rule 17)."""
    max_duration: timedelta = timedelta(hours=9)
    request_expiry: timedelta | None = timedelta(hours=3)
    """None: a request waits until it is decided."""
    max_start_ahead: timedelta = timedelta(days=30)
    reminder_after: timedelta | None = timedelta(minutes=15)
    """None: nobody is reminded."""
    mention_approvers: MentionApprovers = MentionApprovers.OFF
    protected_accounts: frozenset[AccountId] = frozenset()
    protected_permission_sets: frozenset[PermissionSetArn] = frozenset()
    unknown_assignments: UnknownAssignments = UnknownAssignments.REPORT
    max_open_requests: int = 20
    """Pending and scheduled requests of one person (rule 26)."""
    policy_changes: PolicyChanges = PolicyChanges.DIRECT
    admin_group: GroupId | None = None
    auditor_group: GroupId | None = None
