"""What the choices of settings are called, in the form and wherever a setting is told."""

from collections.abc import Mapping

from core.domain.settings import MentionApprovers, PolicyChanges, Requirement, UnknownAssignments

SWITCHES: Mapping[str, Mapping[str, str]] = {
    "approval_required": {"true": "As the policies say", "false": "Never needed"},
    "require_justification": {"true": "Required", "false": "Optional"},
}
_ASKED: Mapping[str, str] = {
    Requirement.OFF: "Not asked for",
    Requirement.OPTIONAL: "Optional",
    Requirement.REQUIRED: "Required",
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "ticket": _ASKED,
    "approver_comment": _ASKED,
    "revoke_reason": _ASKED,
    "mention_approvers": {
        MentionApprovers.OFF: "Mention nobody",
        MentionApprovers.USERS: "Mention up to ten approvers when the card is posted",
    },
    "unknown_assignments": {
        UnknownAssignments.REPORT: "Report them",
        UnknownAssignments.REMOVE: "Report them, and remove them half an hour later",
    },
    "policy_changes": {
        PolicyChanges.DIRECT: "Take effect when one admin saves them",
        PolicyChanges.SECOND_ADMIN: "Wait for a second admin when they widen something",
    },
}
