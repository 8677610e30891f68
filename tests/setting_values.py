"""Values of settings, by their kind: a new setting is among those that every round trip is tried with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never

from hypothesis import strategies as st

from core.domain.durations import MINUTE, SHORTEST
from core.domain.ids import AccountId, GroupId, PermissionSetArn
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
    SettingKind,
    SomeOf,
)
from core.domain.settings import SETTINGS, Settings
from tests.strategies import ACCOUNTS, GROUPS, PERMISSION_SETS

_LONGEST = 400 * 24 * 60
"""In minutes: what is longer is not read as a length of time."""


@dataclass(frozen=True, slots=True)
class Known:
    """The names that settings may use."""

    accounts: Sequence[AccountId] = ACCOUNTS
    permission_sets: Sequence[PermissionSetArn] = PERMISSION_SETS
    groups: Sequence[GroupId] = GROUPS


def values_of(kind: SettingKind, known: Known) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911 - one row a kind
    match kind:
        case OnOff():
            return st.booleans()
        case OneOf(values):
            return st.sampled_from(values)
        case SomeOf(values):
            return st.frozensets(st.sampled_from(values))
        case Length(is_of_access, without):
            return lengths(SHORTEST if is_of_access else MINUTE) | (st.none() if without else st.nothing())
        case Lengths():
            return st.frozensets(lengths(SHORTEST), max_size=6).map(lambda found: tuple(sorted(found)))
        case Number(most):
            return st.integers(1, most)
        case Pattern():
            return st.sampled_from([Settings().ticket_pattern, "off", r"#\d+"]) | typed_texts().map(re.escape)
        case AccountIds():
            return st.frozensets(st.sampled_from(known.accounts))
        case PermissionSetArns():
            return st.frozensets(st.sampled_from(known.permission_sets))
        case OneGroup():
            return st.none() | st.sampled_from(known.groups)
        case _:
            assert_never(kind)


def typed_texts() -> st.SearchStrategy[str]:
    """Characters that YAML gives a meaning to, without the blanks around them that a form takes off."""
    return st.text("abc: -#'\"", min_size=1, max_size=12).map(str.strip).filter(bool)


def lengths(least: timedelta) -> st.SearchStrategy[timedelta]:
    return st.integers(least // MINUTE, _LONGEST).map(lambda minutes: minutes * MINUTE)


def settings_values(known: Known | None = None) -> st.SearchStrategy[Settings]:
    """Settings of which each has any value that its kind allows."""
    every = {name: values_of(setting.kind, known or Known()) for name, setting in SETTINGS.items()}
    return st.fixed_dictionaries(every).map(lambda values: Settings(**values))
