"""Settings: the limits and switches that hold for every request, whatever the policies say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from core.domain.ids import AccountId, GroupId, PermissionSetArn
from core.domain.outgoing_events import EVERY_KIND, EventKind
from core.domain.setting_kinds import (
    AccountIds,
    Length,
    Lengths,
    Number,
    OneGroup,
    OneOf,
    OnOff,
    Pattern,
    PermissionSetArns,
    Setting,
    SettingKind,
    SomeOf,
    always,
    never,
    setting,
    when_another_is_offered,
    when_it_becomes,
    when_larger,
    when_less_is_asked,
    when_longer,
    when_one_goes,
    when_somebody_is_named,
    when_switched_off,
    when_switched_on,
)


class Requirement(StrEnum):
    """A requirement of a form: not asked, optional, required. The one that asks least is first."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class UnknownAssignments(StrEnum):
    """The action on an assignment under management that has no live request (rule 19)."""

    REPORT = "report"
    REMOVE = "remove"


class PolicyChanges(StrEnum):
    """The approval that a widening change of policies or settings needs (rule 25)."""

    DIRECT = "direct"
    """It holds when one admin saves it."""
    SECOND_ADMIN = "second_admin"
    """It waits for another admin."""


class MentionApprovers(StrEnum):
    """The people whom a card in a channel mentions, so that the chat platform notifies them."""

    OFF = "off"
    USERS = "users"
    """The first approvers by name, each of them. Never a whole channel."""


TICKET_PATTERN = r"[A-Z][A-Z0-9]+-\d+|[A-Z]{2,8}\d{5,}|#?\d+"
"""As Jira (``OPS-42``), ServiceNow (``INC0010042``) and trackers with plain numbers (``#42``) call their tickets."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A field for each setting: its type, its default, and in ``SETTINGS`` everything else about it.

    Of a new setting the words are in ``handlers/words/setting_words.py``; what it decides is up to the rule that reads
    it. Files, storage, form and documents follow.
    """

    approval_required: bool = setting(
        True,
        OnOff(),
        widens=when_switched_off,
        meaning="`false`: nobody needs approval, whatever the policies say.",
    )
    require_justification: bool = setting(
        True, OnOff(), widens=when_switched_off, meaning="Whether a request needs a justification."
    )
    ticket: Requirement = setting(
        Requirement.OFF,
        OneOf(Requirement),
        widens=when_less_is_asked,
        meaning="Whether the form asks for a ticket: `off`, `optional` or `required`.",
    )
    ticket_pattern: str = setting(
        TICKET_PATTERN,
        Pattern(),
        widens=always,
        meaning="Regular expression that a ticket has to fit as a whole.",
    )
    approver_comment: Requirement = setting(
        Requirement.OPTIONAL,
        OneOf(Requirement),
        widens=when_less_is_asked,
        meaning="Whether an approval asks for a comment: `off`, `optional` or `required`.",
    )
    revoke_reason: Requirement = setting(
        Requirement.OPTIONAL,
        OneOf(Requirement),
        widens=when_less_is_asked,
        meaning="Whether ending access early asks for a reason: `off`, `optional` or `required`.",
        is_young=True,
    )
    """Of whoever ends access early, their own too. What ends by time alone never asks (rule 17)."""
    max_duration: timedelta = setting(
        timedelta(hours=9),
        Length(is_of_access=True),
        widens=when_larger,
        meaning="The longest access of all. A policy that says more is capped.",
    )
    durations: tuple[timedelta, ...] = setting(
        (),
        Lengths(),
        widens=when_another_is_offered,
        meaning="The only lengths that may be asked for, as `[1h, 4h]`. Empty: any number of minutes from 15 up.",
        is_young=True,
    )
    request_expiry: timedelta | None = setting(
        timedelta(hours=3),
        Length(without="never"),
        widens=when_longer,
        meaning="How long a request waits for approval, or `never`.",
    )
    max_start_ahead: timedelta = setting(
        timedelta(days=30), Length(), widens=when_larger, meaning="How far ahead a start may be asked for."
    )
    reminder_after: timedelta | None = setting(
        timedelta(minutes=15),
        Length(without="off"),
        widens=never,
        meaning="When approvers are reminded of a request that waits, then at twice that age and so on; or `off`.",
    )
    mention_approvers: MentionApprovers = setting(
        MentionApprovers.OFF,
        OneOf(MentionApprovers),
        widens=never,
        meaning="Whether a card that is posted in a channel mentions approvers: `off`, or `users` for up to ten.",
        is_young=True,
    )
    protected_accounts: frozenset[AccountId] = setting(
        frozenset(), AccountIds(), widens=when_one_goes, meaning="Accounts that are never granted."
    )
    protected_permission_sets: frozenset[PermissionSetArn] = setting(
        frozenset(), PermissionSetArns(), widens=when_one_goes, meaning="Permission sets that are never granted."
    )
    unknown_assignments: UnknownAssignments = setting(
        UnknownAssignments.REPORT,
        OneOf(UnknownAssignments),
        widens=when_it_becomes(UnknownAssignments.REMOVE),
        meaning="What is done about an assignment under management that no request accounts for: `report` or `remove`.",
    )
    group_targets: bool = setting(
        False,
        OnOff(),
        widens=when_switched_on,
        meaning="Whether membership of groups may be asked for (`target_groups`). Needs rights that the bot lacks by"
        " default.",
        is_young=True,
    )
    """Nothing that ends a membership reads it (rule 17)."""
    max_open_requests: int = setting(
        20, Number(), widens=when_larger, meaning="Pending and scheduled requests that one person may have."
    )
    """Rule 26."""
    policy_changes: PolicyChanges = setting(
        PolicyChanges.DIRECT,
        OneOf(PolicyChanges),
        widens=when_it_becomes(PolicyChanges.DIRECT),
        meaning="`direct`: a change takes effect when one admin saves it. `second_admin`: one that widens waits for"
        " another admin.",
    )
    webhook_events: frozenset[EventKind] = setting(
        EVERY_KIND,
        SomeOf(EventKind),
        widens=when_one_goes,
        meaning="Kinds of audit events that the webhook gets, where the operator has set one up.",
        is_young=True,
    )
    sns_events: frozenset[EventKind] = setting(
        EVERY_KIND,
        SomeOf(EventKind),
        widens=when_one_goes,
        meaning="Kinds of audit events that the SNS topic gets, likewise.",
        is_young=True,
    )
    eventbridge_events: frozenset[EventKind] = setting(
        EVERY_KIND,
        SomeOf(EventKind),
        widens=when_one_goes,
        meaning="Kinds of audit events that the EventBridge event bus gets, likewise.",
        is_young=True,
    )
    email_events: frozenset[EventKind] = setting(
        EVERY_KIND,
        SomeOf(EventKind),
        widens=never,
        meaning="Kinds of messages that people get by e-mail whom no chat reaches, where the operator has set it up.",
        is_young=True,
    )
    admin_group: GroupId | None = setting(
        None,
        OneGroup(is_required=True),
        widens=always,
        meaning="Identity Center group of the admins. Left out: it stays what it is.",
    )
    auditor_group: GroupId | None = setting(
        None,
        OneGroup(),
        widens=when_somebody_is_named,
        meaning="Identity Center group of the auditors. Left out: it stays what it is.",
    )


SETTINGS: Mapping[str, Setting] = {each.name: each.metadata[Setting.__name__] for each in fields(Settings)}
"""Every setting by its name, which is its key in a policy file."""

WITHOUT: Mapping[str, str] = {
    name: each.kind.without for name, each in SETTINGS.items() if isinstance(each.kind, Length) and each.kind.without
}
"""By setting, what a length that is None is called: in a policy file, in the form and wherever it is shown."""


def settings_of_kind(*kinds: type[SettingKind]) -> tuple[str, ...]:
    """The names of the settings of these kinds."""
    return tuple(name for name, each in SETTINGS.items() if isinstance(each.kind, kinds))
