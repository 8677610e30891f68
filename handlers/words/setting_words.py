"""The words of settings: what each is called, what the form says about it, and what its choices are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.settings import MentionApprovers, PolicyChanges, Requirement, UnknownAssignments


@dataclass(frozen=True, slots=True)
class SettingWords:
    """The words of one setting. ``choices`` are by their value in a policy file."""

    label: str
    hint: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


_ASKED: Mapping[str, str] = {
    Requirement.OFF: "Not asked for",
    Requirement.OPTIONAL: "Optional",
    Requirement.REQUIRED: "Required",
}
SETTING_WORDS: Mapping[str, SettingWords] = {
    "max_duration": SettingWords(
        "Longest access", "The longest access there is, whatever a policy says. As 9h, 90m or 1h30."
    ),
    "durations": SettingWords(
        "Durations", "The only lengths that may be asked for, as 1h, 4h, 8h. Leave empty for any from 15 minutes up."
    ),
    "request_expiry": SettingWords(
        "Requests expire after", "A request that nobody has decided by then is given up. As 3h, or never."
    ),
    "max_start_ahead": SettingWords("Start at most ahead", "How far ahead a start may be, as 30d."),
    "reminder_after": SettingWords(
        "Remind approvers after",
        "Approvers who have not decided are reminded after this, then after twice as long, and so on. Or off.",
    ),
    "max_open_requests": SettingWords(
        "Open requests of one person",
        "How many requests of one person may wait for approval or for their start, at most.",
    ),
    "approval_required": SettingWords(
        "Approval",
        "Over all policies: with “Never needed” nobody waits for an approver, whatever they say.",
        {"true": "As the policies say", "false": "Never needed"},
    ),
    "require_justification": SettingWords("Justification", choices={"true": "Required", "false": "Optional"}),
    "ticket": SettingWords("Ticket", choices=_ASKED),
    "ticket_pattern": SettingWords(
        "Ticket pattern", "A regular expression that a whole ticket number has to fit, where one is given."
    ),
    "approver_comment": SettingWords(
        "Comment of the approver",
        "What an approver writes while approving. A rejection always needs its reason.",
        _ASKED,
    ),
    "revoke_reason": SettingWords(
        "Reason for ending access early",
        "For anyone who revokes access or ends their own. Access that reaches its end needs no reason.",
        _ASKED,
    ),
    "mention_approvers": SettingWords(
        "Mention approvers",
        "In channels, so that the chat notifies them. A whole channel is never mentioned.",
        {
            MentionApprovers.OFF: "Mention nobody",
            MentionApprovers.USERS: "Mention up to ten approvers when the card is posted",
        },
    ),
    "unknown_assignments": SettingWords(
        "Unknown assignments",
        "Access that policies could grant, assigned outside TEAM Bot without a request.",
        {
            UnknownAssignments.REPORT: "Report them",
            UnknownAssignments.REMOVE: "Report them, and remove them half an hour later",
        },
    ),
    "group_targets": SettingWords(
        "Membership of groups",
        "Whether people may ask to be in a group for a time. The bot needs more rights in AWS for that.",
        {"true": "May be asked for, where policies say so", "false": "Can't be asked for"},
    ),
    "policy_changes": SettingWords(
        "Changes of policies",
        "Widening: more access, people or time, fewer approvals or protections, other admins.",
        {
            PolicyChanges.DIRECT: "Take effect when one admin saves them",
            PolicyChanges.SECOND_ADMIN: "Wait for a second admin when they widen something",
        },
    ),
    "webhook_events": SettingWords(
        "Events to the webhook",
        "Of the audit trail: all, none, or some of requests, access, policies, people, alarms, other.",
    ),
    "sns_events": SettingWords("Events to the SNS topic", "All, none, or some of the same kinds."),
    "eventbridge_events": SettingWords("Events to EventBridge", "All, none, or some of the same kinds."),
    "email_events": SettingWords("E-mail to people whom no chat reaches", "All, none, or some of the same kinds."),
    "protected_accounts": SettingWords("Protected accounts", "Never granted, whatever a policy says."),
    "protected_permission_sets": SettingWords("Protected permission sets", "Never granted, whatever a policy says."),
    "admin_group": SettingWords("Admin group", "Identity Center group whose members may change policies and settings."),
    "auditor_group": SettingWords("Auditor group", "Identity Center group whose members see everything."),
}
"""By setting, in the order of the form **Settings**."""
