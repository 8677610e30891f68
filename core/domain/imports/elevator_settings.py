"""SSO Elevator's Terraform variables, as our settings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.domain.durations import SHORTEST, show_duration
from core.domain.imports.known_names import KnownNames
from core.domain.imports.notes import Finding
from core.domain.imports.statements import ElevatorOptions
from core.domain.setting_kinds import MOST_LENGTHS
from core.domain.settings import WITHOUT, MentionApprovers, Settings

VARIABLES: Mapping[str, str] = {
    "max_duration": "max_permissions_duration_time",
    "request_expiry": "request_expiration_hours",
    "reminder_after": "approver_renotification_initial_wait_time",
}
"""By setting, and by option, what SSO Elevator calls it."""
LIST, ANY_LENGTH = "permission_duration_list_override", "any length"


def settings_of(options: ElevatorOptions, sieve: KnownNames) -> Settings:
    """The given settings, with our own defaults for the rest: they are noted, since Elevator may be stricter."""
    ours, given = Settings(), dict[str, Any]()
    for setting, variable in VARIABLES.items():
        length: timedelta | None = getattr(options, setting)
        if length is None and (setting != "max_duration" or not options.durations):
            sieve.note(Finding.OUTSIDE_THE_FILE, setting, show_duration(getattr(ours, setting)), variable)
        elif length is not None:
            given[setting] = length or None
            sieve.note(Finding.SETTING, setting, show_duration(length) if length else WITHOUT[setting])
    given |= _durations(options, sieve)
    if options.channels:  # SSO Elevator mentions the approvers of a request in its thread
        given["mention_approvers"] = MentionApprovers.USERS
        sieve.note(Finding.SETTING, "mention_approvers", MentionApprovers.USERS.value)
    return replace(ours, **given)


def _durations(options: ElevatorOptions, sieve: KnownNames) -> dict[str, Any]:
    """A fixed list; there the longest of it is the limit. What is too short for access here is left out, and noted."""
    if options.durations is None:
        sieve.note(Finding.OUTSIDE_THE_FILE, "durations", ANY_LENGTH, LIST)
        return {}
    lengths = sorted({length for length in options.durations if length >= SHORTEST})
    found: dict[str, Any] = {}
    if lengths and options.max_duration is None:
        found["max_duration"] = lengths[-1]
        sieve.note(Finding.SETTING, "max_duration", show_duration(lengths[-1]))
    if short := [show_duration(length) for length in options.durations if length < SHORTEST]:
        sieve.note(Finding.TOO_SHORT, "", ", ".join(short))
    if len(lengths) > MOST_LENGTHS:
        sieve.note(Finding.TOO_MANY_LENGTHS, "", str(MOST_LENGTHS))
        lengths = []
    sieve.note(Finding.SETTING, "durations", ", ".join(map(show_duration, lengths)) or ANY_LENGTH)
    return {**found, "durations": tuple(lengths)}
