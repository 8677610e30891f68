"""From AWS TEAM's Settings to ours."""

from datetime import timedelta

from core.domain.ids import GroupId
from core.domain.imports.known_names import KnownNames
from core.domain.imports.notes import Finding
from core.domain.imports.team_tables import TeamSettings
from core.domain.settings import Requirement, Settings

ANY_TICKET = "[A-Za-z0-9].*"
"""The pattern of AWS TEAM's ticket numbers: anything that begins with a letter or a digit."""


def settings_of(row: TeamSettings | None, sieve: KnownNames) -> Settings:
    """Translate them; where there is no row, with AWS TEAM's defaults."""
    given = row or TeamSettings()
    if row is None:
        sieve.note(Finding.SETTINGS_MISSING)
    settings = Settings(
        approval_required=given.approval,
        require_justification=True,
        ticket=Requirement.REQUIRED if given.ticket else Requirement.OPTIONAL,
        ticket_pattern=ANY_TICKET,
        approver_comment=Requirement.REQUIRED if given.comments else Requirement.OPTIONAL,
        revoke_reason=Requirement.REQUIRED if given.comments else Requirement.OPTIONAL,
        max_duration=timedelta(hours=given.hours),
        request_expiry=timedelta(hours=given.expiry_hours),
        admin_group=_group(given.admin_group, "admin_group", sieve),
        auditor_group=_group(given.auditor_group, "auditor_group", sieve),
    )
    _note_mapped(given, settings, sieve)
    _note_differences(given, settings, sieve)
    return settings


def _group(name: str, setting: str, sieve: KnownNames) -> GroupId | None:
    """By name, as AWS TEAM has it."""
    found = sieve.group_named(name, setting) if name else None
    if found is not None:
        sieve.note(Finding.SETTING, setting, name)
    return found


def _note_mapped(given: TeamSettings, settings: Settings, sieve: KnownNames) -> None:
    sieve.note(Finding.SETTING, "max_duration", f"{given.hours} h")
    sieve.note(Finding.SETTING, "request_expiry", f"{given.expiry_hours} h")
    sieve.note(Finding.SETTING, "approval_required", "yes" if given.approval else "no")
    sieve.note(Finding.SETTING, "require_justification", "yes")
    sieve.note(Finding.SETTING, "approver_comment", settings.approver_comment.value)
    sieve.note(Finding.SETTING, "revoke_reason", settings.revoke_reason.value)
    sieve.note(Finding.SETTING, "ticket", settings.ticket.value)


def _note_differences(given: TeamSettings, settings: Settings, sieve: KnownNames) -> None:
    if settings.admin_group and settings.admin_group == settings.auditor_group:
        sieve.note(Finding.BOTH_PERSONAS, given.admin_group)
    if given.audit_channel:
        sieve.note(Finding.AUDIT_CHANNEL, given.audit_channel)
    if given.notifications:
        sieve.note(Finding.NOTIFICATIONS, "", *given.notifications)
