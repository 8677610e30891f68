"""SSO Elevator's Terraform variables, as our settings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.domain.durations import show_duration
from core.domain.imports.known_names import KnownNames
from core.domain.imports.notes import Finding
from core.domain.imports.statements import ElevatorOptions
from core.domain.settings import WITHOUT, MentionApprovers, Settings

VARIABLES: Mapping[str, str] = {
    "max_duration": "max_permissions_duration_time",
    "request_expiry": "request_expiration_hours",
    "reminder_after": "approver_renotification_initial_wait_time",
}
"""By setting, and by option, what SSO Elevator calls it."""


def settings_of(options: ElevatorOptions, sieve: KnownNames) -> Settings:
    """The given settings, with our own defaults for the rest: they are noted, since Elevator may be stricter."""
    ours, given = Settings(), dict[str, Any]()
    for setting, variable in VARIABLES.items():
        length: timedelta | None = getattr(options, setting)
        if length is None:
            sieve.note(Finding.OUTSIDE_THE_FILE, setting, show_duration(getattr(ours, setting)), variable)
        else:
            given[setting] = length or None
            sieve.note(Finding.SETTING, setting, show_duration(length) if length else WITHOUT[setting])
    if options.channels:  # SSO Elevator mentions the approvers of a request in its thread
        given["mention_approvers"] = MentionApprovers.USERS
        sieve.note(Finding.SETTING, "mention_approvers", MentionApprovers.USERS.value)
    return replace(ours, **given)
