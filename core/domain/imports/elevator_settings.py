"""What SSO Elevator keeps in variables of its Terraform module, as our settings."""

from datetime import timedelta
from typing import TypeVar

from core.domain.durations import show_duration
from core.domain.imports.notes import Finding
from core.domain.imports.sieve import Sieve
from core.domain.imports.statements import ElevatorOptions
from core.domain.policy import WITHOUT, Settings

T = TypeVar("T")


def settings_of(options: ElevatorOptions, sieve: Sieve) -> Settings:
    """What was given, and our own defaults for the rest: they are noted, since Elevator may be stricter."""
    ours = Settings()

    def chosen(setting: str, variable: str, given: timedelta | None, default: T) -> timedelta | T:
        finding = Finding.OUTSIDE_THE_FILE if given is None else Finding.SETTING
        length = default if given is None else given
        shown = show_duration(length) if isinstance(length, timedelta) else WITHOUT[setting]
        sieve.note(finding, setting, shown, variable)
        return length

    return Settings(
        max_duration=chosen("max_duration", "max_permissions_duration_time", options.max_duration, ours.max_duration),
        request_expiry=chosen(
            "request_expiry", "request_expiration_hours", options.request_expiry, ours.request_expiry
        ),
        reminder_after=chosen(
            "reminder_after",
            "approver_renotification_initial_wait_time",
            options.reminder_after,
            ours.reminder_after,
        ),
    )
