"""The form **Settings**: limits and switches that hold for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from core.domain.durations import write_duration
from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId, GroupId, PermissionSetArn
from core.domain.policy import PolicyBook
from core.domain.policy_validation import LONGEST_PATTERN, MOST_OPEN_REQUESTS
from core.domain.settings import WITHOUT, Settings
from core.services.policies.names import CurrentNames
from handlers.screens import picker
from handlers.screens.filled import Filled
from handlers.screens.ids import FormId
from handlers.screens.numbers import read_count
from handlers.screens.parts import Part, aside
from handlers.screens.policy_form import FormNote, named_all, read_length
from handlers.screens.screen import Screen, form
from handlers.screens.setting_words import CHOICES, SWITCHES

_HINTS: Mapping[str, str] = {
    "approval_required": "Over all policies: with “Never needed” nobody waits for an approver, whatever they say.",
    "approver_comment": "What an approver writes while approving. A rejection always needs its reason.",
    "revoke_reason": "Asked of whoever revokes access, or ends their own. Access always ends at its time by itself.",
    "mention_approvers": "In channels, so that Slack notifies them. A whole channel is never mentioned.",
    "unknown_assignments": "Access to what policies could grant, assigned by another hand, without a request.",
    "policy_changes": "Widening: more access, people or time, fewer approvals or protections, other admins.",
}
_LENGTHS: Mapping[Field, str] = {
    Field.MAX_DURATION: "The longest access there is, whatever a policy says. As 9h, 90m or 1h30.",
    Field.REQUEST_EXPIRY: "A request that nobody has decided by then is given up. As 3h, or never.",
    Field.MAX_START_AHEAD: "How far ahead a start may be, as 30d.",
    Field.REMINDER_AFTER: "Who has not decided is reminded after this, then after twice as long, and so on. Or off.",
}
_OPEN = "How many requests of one person may wait for approval or for their start, at most."
_TICKET = "A regular expression that a whole ticket number has to fit, where one is given."


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """Settings as they were filled in. ``problems`` are what could not even be read."""

    settings: Settings
    problems: tuple[Refusal, ...] = ()


def build(note: FormNote, book: PolicyBook, names: CurrentNames) -> Screen:
    """Show the settings of a book to be changed."""
    return form(
        FormId.SETTINGS,
        "Settings",
        [
            *_how_long(book.settings),
            picker.typed(Field.MAX_OPEN_REQUESTS, str(book.settings.max_open_requests), _OPEN, longest=4),
            *_what_is_asked(book.settings),
            *_what_is_guarded(book, names),
            aside("Nothing is saved yet: the next page shows what this changes."),
        ],
        submit="Preview",
        memo=note.dump(),
    )


def _how_long(settings: Settings) -> list[Part]:
    lengths = ((field, hint, getattr(settings, field)) for field, hint in _LENGTHS.items())
    return [
        picker.typed(field, write_duration(length) if length else WITHOUT[field], hint, longest=60)
        for field, hint, length in lengths
    ]


def _what_is_asked(settings: Settings) -> list[Part]:
    return [
        *(_choice(name, options, str(getattr(settings, name)).lower()) for name, options in SWITCHES.items()),
        *_chosen_ones(settings, "ticket"),
        picker.typed(Field.TICKET_PATTERN, settings.ticket_pattern, _TICKET, longest=LONGEST_PATTERN),
        *_chosen_ones(settings, *(name for name in CHOICES if name != "ticket")),
    ]


def _chosen_ones(settings: Settings, *names: str) -> list[Part]:
    return [_choice(name, CHOICES[name], getattr(settings, name)) for name in names]


def _choice(name: str, options: Mapping[str, str], chosen: str) -> Part:
    return picker.choice(name, options, chosen, _HINTS.get(name, ""))


def _what_is_guarded(book: PolicyBook, names: CurrentNames) -> list[Part]:
    settings = book.settings
    accounts = named_all(Field.PROTECTED_ACCOUNTS, settings.protected_accounts, book, names)
    sets = named_all(Field.PROTECTED_PERMISSION_SETS, settings.protected_permission_sets, book, names)
    admins = names.of(Field.ADMIN_GROUP, settings.admin_group, book) if settings.admin_group else None
    auditors = names.of(Field.AUDITOR_GROUP, settings.auditor_group, book) if settings.auditor_group else None
    return [
        picker.several(Field.PROTECTED_ACCOUNTS, accounts, "Never granted, whatever a policy says."),
        picker.several(Field.PROTECTED_PERMISSION_SETS, sets, "Never granted, whatever a policy says."),
        picker.one(Field.ADMIN_GROUP, admins, "Identity Center group of those who may change this.", optional=False),
        picker.one(Field.AUDITOR_GROUP, auditors, "Identity Center group of those who see everything."),
    ]


def parse(sent: Filled, before: Settings) -> SettingsForm:
    """Read the form; what was not in it is as it is in ``before``."""
    filled = picker.Answers(sent)
    lengths, problems = _read_lengths(filled)
    most_open = read_count(filled.typed(Field.MAX_OPEN_REQUESTS)) if filled.has(Field.MAX_OPEN_REQUESTS) else None
    if most_open is None and filled.has(Field.MAX_OPEN_REQUESTS):
        wrong = Refusal(Reason.NUMBER_UNREADABLE, Field.MAX_OPEN_REQUESTS, detail=str(MOST_OPEN_REQUESTS))
        problems = (*problems, wrong)
    read: dict[str, Any] = {
        **{name: filled.chosen(name) == "true" for name in SWITCHES},
        **{name: _chosen(filled, name, getattr(before, name)) for name in CHOICES},
        "ticket_pattern": filled.typed(Field.TICKET_PATTERN),
        "max_open_requests": most_open or before.max_open_requests,
        "admin_group": GroupId(filled.chosen(Field.ADMIN_GROUP)) or None,
        "auditor_group": GroupId(filled.chosen(Field.AUDITOR_GROUP)) or None,
        **lengths,
    }
    for field, kind in ((Field.PROTECTED_ACCOUNTS, AccountId), (Field.PROTECTED_PERMISSION_SETS, PermissionSetArn)):
        if filled.has(field):
            read[field.value] = frozenset(map(kind, filled.several(field)))
    return SettingsForm(replace(before, **read), problems)


def _chosen(filled: picker.Answers, name: str, before: StrEnum) -> StrEnum:
    """What was chosen; what it was before, in the place of anything that is not offered."""
    value = filled.chosen(name)
    return type(before)(value) if value in CHOICES[name] else before


def _read_lengths(filled: picker.Answers) -> tuple[dict[str, timedelta | None], tuple[Refusal, ...]]:
    read: dict[str, timedelta | None] = {}
    problems: list[Refusal] = []
    for field in _LENGTHS:
        if filled.typed(field).casefold() == WITHOUT.get(field):
            read[field.value] = None
            continue
        length, problem = read_length(filled, field)
        problems += problem
        if length is not None:
            read[field.value] = length
    return read, tuple(problems)
