from dataclasses import fields
from datetime import timedelta
from typing import get_type_hints

import pytest

from core.domain.durations import SHORTEST
from core.domain.ids import AccountId, GroupId, PermissionSetArn
from core.domain.policy import PolicyBook
from core.domain.policy_validation import faults
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
    SomeOf,
)
from core.domain.settings import SETTINGS, Settings

HINTS = get_type_hints(Settings)
TYPES = {
    OnOff: bool,
    Lengths: tuple[timedelta, ...],
    Number: int,
    Pattern: str,
    AccountIds: frozenset[AccountId],
    PermissionSetArns: frozenset[PermissionSetArn],
    OneGroup: GroupId | None,
}


def test_every_field_of_the_settings_has_its_row_in_the_table() -> None:
    assert [*SETTINGS] == [field.name for field in fields(Settings)]
    assert all(isinstance(setting, Setting) for setting in SETTINGS.values())


@pytest.mark.parametrize("name", SETTINGS)
def test_the_type_of_a_setting_is_that_of_its_kind(name: str) -> None:
    kind = SETTINGS[name].kind
    match kind:
        case OneOf(values):
            assert HINTS[name] is values
        case SomeOf(values):
            assert HINTS[name] == frozenset[values]  # type: ignore[valid-type]
        case Length(without=without):
            assert (type(None) in getattr(HINTS[name], "__args__", ())) == bool(without)
        case _:
            assert HINTS[name] == TYPES[type(kind)]


@pytest.mark.parametrize("name", SETTINGS)
def test_what_a_setting_means_is_a_sentence(name: str) -> None:
    meaning = SETTINGS[name].meaning
    assert meaning.endswith((".", "`.")), meaning
    assert meaning[0].isupper() or meaning[0] == "`"


def test_the_defaults_lie_within_their_bounds() -> None:
    assert faults(PolicyBook(settings=Settings(max_duration=SHORTEST)), PolicyBook(), {}, frozenset()) == ()
