"""The form **Settings**: limits and switches that hold for everybody. An input for each, by its kind."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, assert_never

from core.domain.durations import read_duration, write_duration
from core.domain.errors import Reason, Refusal
from core.domain.ids import AccountId, GroupId, PermissionSetArn
from core.domain.policy import PolicyBook
from core.domain.setting_kinds import (
    LONGEST_PATTERN,
    AccountIds,
    Length,
    Lengths,
    Number,
    OneGroup,
    OneOf,
    OnOff,
    Pattern,
    PermissionSetArns,
    SettingKind,
    SomeOf,
)
from core.domain.settings import SETTINGS, Settings
from core.services.policies.names import CurrentNames
from handlers.screens import picker
from handlers.screens.filled import Filled
from handlers.screens.ids import FormId
from handlers.screens.numbers import read_count
from handlers.screens.parts import Part, aside
from handlers.screens.policy_form import FormNote, named_all, read_length
from handlers.screens.screen import Screen, form
from handlers.words.setting_words import SETTING_WORDS

ALL, NONE = "all", "none"


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
            *(_input(name, book, names) for name in SETTING_WORDS),
            aside("Nothing is saved yet: the next page shows what this changes."),
        ],
        submit="Preview",
        memo=note.dump(),
    )


def _input(name: str, book: PolicyBook, names: CurrentNames) -> Part:  # noqa: PLR0911 - one row a kind
    kind, value, words = SETTINGS[name].kind, getattr(book.settings, name), SETTING_WORDS[name]
    match kind:
        case OnOff() | OneOf():
            return picker.choice(name, words.choices, str(value).lower(), words.hint)
        case SomeOf(values):
            return picker.typed(name, _write_some(values, value), words.hint, longest=200)
        case Length(without=without):
            return picker.typed(name, write_duration(value) if value else without, words.hint, longest=60)
        case Lengths():
            return picker.typed(name, ", ".join(map(write_duration, value)), words.hint, longest=200, optional=True)
        case Number(most):
            return picker.typed(name, str(value), words.hint, longest=len(str(most)))
        case Pattern():
            return picker.typed(name, value, words.hint, longest=LONGEST_PATTERN)
        case AccountIds() | PermissionSetArns():
            return picker.several(name, named_all(name, value, book, names), words.hint)
        case OneGroup(is_required):
            chosen = names.of(name, value, book) if value else None
            return picker.one(name, chosen, words.hint, optional=not is_required)
        case _:
            assert_never(kind)


def parse(sent: Filled, before: Settings) -> SettingsForm:
    """Read the form; what was not in it, or cannot be read, is as it is in ``before``."""
    filled = picker.Answers(sent)
    read: dict[str, Any] = {}
    problems: list[Refusal] = []
    for name in filter(filled.has, SETTING_WORDS):
        value, wrong = _read(filled, name, SETTINGS[name].kind, getattr(before, name))
        problems += wrong
        if not wrong:
            read[name] = value
    return SettingsForm(replace(before, **read), tuple(problems))


def _read(filled: picker.Answers, name: str, kind: SettingKind, before: Any) -> tuple[Any, Sequence[Refusal]]:  # noqa: C901, PLR0911 - one row a kind
    """The value of one setting, and what is wrong with what was typed; of a choice that was not offered, ``before``."""
    match kind:
        case OnOff():
            return {"true": True, "false": False}.get(filled.chosen(name), before), ()
        case OneOf(values):
            chosen = filled.chosen(name)
            return values(chosen) if chosen in SETTING_WORDS[name].choices else before, ()
        case SomeOf(values):
            return _read_some(values, filled.typed(name), name)
        case Length(without=without):
            is_none = bool(without) and filled.typed(name).casefold() == without
            return (None, ()) if is_none else read_length(filled, name)
        case Lengths():
            return _read_lengths(filled.typed(name), name)
        case Number(most):
            number = read_count(filled.typed(name), most)
            return number, () if number else (Refusal(Reason.NUMBER_UNREADABLE, name, detail=str(most)),)
        case Pattern():
            typed = filled.typed(name)
            return before if before.strip() == typed else typed, ()  # the space at the end of a pattern may be meant
        case AccountIds():
            return frozenset(map(AccountId, filled.several(name))), ()
        case PermissionSetArns():
            return frozenset(map(PermissionSetArn, filled.several(name))), ()
        case OneGroup():
            return GroupId(filled.chosen(name)) or None, ()
        case _:
            assert_never(kind)


def _write_some(words: type[StrEnum], chosen: Collection[StrEnum]) -> str:
    """``requests, access``; all of them are ``all``, none is ``none``."""
    named = [word.value for word in words if word in chosen]
    return ALL if len(named) == len(words) else ", ".join(named) or NONE


def _read_some(words: type[StrEnum], typed: str, name: str) -> tuple[frozenset[StrEnum], Sequence[Refusal]]:
    named = {part.strip().casefold() for part in typed.split(",")} - {""}
    if named in ({ALL}, {NONE}):
        return frozenset(words if named == {ALL} else ()), ()
    known = frozenset(word for word in words if word.value in named)
    is_read = bool(named) and len(known) == len(named)
    return known, () if is_read else (Refusal(Reason.WORDS_UNREADABLE, name, detail=", ".join(words)),)


def _read_lengths(typed: str, name: str) -> tuple[tuple[timedelta, ...], Sequence[Refusal]]:
    """``1h, 4h``; nothing is none of them."""
    read = [read_duration(part) for part in typed.split(",") if part.strip()]
    found = tuple(sorted({length for length in read if length is not None}))
    return found, () if None not in read else (Refusal(Reason.DURATION_UNREADABLE, name),)
