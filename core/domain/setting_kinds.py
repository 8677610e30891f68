"""Kinds of settings: the values that a setting may have, and when a change of it widens (rule 25).

Storage, the policy file, the form and the documents match on the kind; none of them names a setting.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

LONGEST_PATTERN = 200
MOST = 9999
MOST_LENGTHS = 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OnOff:
    """True or false."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    values: type[StrEnum]


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Any of a few words, and none of them."""

    values: type[StrEnum]


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time."""

    is_of_access: bool = False
    """True: at least ``SHORTEST`` (rule 6)."""
    without: str = ""
    """The word for no length, which is None; empty when there has to be one."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Up to ``MOST_LENGTHS`` lengths of access, the shortest first, each once; none of them stands for any length."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from 1 to ``most``."""

    most: int = MOST


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of 1 to ``LONGEST_PATTERN`` characters."""


@dataclass(frozen=True, slots=True)
class AccountIds:
    """Ids of any number of accounts."""


@dataclass(frozen=True, slots=True)
class PermissionSetArns:
    """ARNs of any number of permission sets."""


@dataclass(frozen=True, slots=True)
class OneGroup:
    """The id of a group of Identity Center, or None."""

    is_required: bool = False
    """True: the form does not leave it out. None is what it is until somebody chooses one."""


SettingKind: TypeAlias = (
    OnOff | OneOf | SomeOf | Length | Lengths | Number | Pattern | AccountIds | PermissionSetArns | OneGroup
)

Widens: TypeAlias = Callable[[Any, Any], bool]
"""True if a change from the first value to the second, which differ, gives somebody more or protects less."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything about a setting but its name, its type and its default, which its field in ``Settings`` has."""

    kind: SettingKind
    widens: Widens
    meaning: str
    """Its purpose in one sentence, with the words of a policy file, for the documentation."""
    is_young: bool = False
    """True while the release before this one does not know it.

    At its default it is left out of what is stored, so that replicas of that release go on with the policies. By
    another value, of which they know nothing, they decide nothing (ADR 0021).
    """


def setting(default: T, kind: SettingKind, *, widens: Widens, meaning: str, is_young: bool = False) -> T:
    """The field of a setting. ``default`` is that of a new installation."""
    return field(default=default, metadata={Setting.__name__: Setting(kind, widens, meaning, is_young)})


# --- when a change widens --------------------------------------------------------------------------------


def always(_old: object, _new: object) -> bool:
    return True


def never(_old: object, _new: object) -> bool:
    return False


def when_switched_off(_old: bool, new: bool) -> bool:
    return not new


def when_switched_on(_old: bool, new: bool) -> bool:
    return new


def when_larger(old: Any, new: Any) -> bool:
    return bool(new > old)


def when_longer(old: timedelta | None, new: timedelta | None) -> bool:
    """None is the longest of all."""
    return old is not None and (new is None or new > old)


def when_another_is_offered(old: tuple[timedelta, ...], new: tuple[timedelta, ...]) -> bool:
    """None of them is every length there is."""
    return bool(old) and (not new or bool(set(new) - set(old)))


def when_one_goes(old: frozenset[Any], new: frozenset[Any]) -> bool:
    return bool(old - new)


def when_somebody_is_named(_old: object, new: object) -> bool:
    return new is not None


def when_less_is_asked(old: StrEnum, new: StrEnum) -> bool:
    """Of choices that stand in the order of what they ask, least first."""
    by_weight = list(type(new))
    return by_weight.index(new) < by_weight.index(old)


def when_it_becomes(widest: StrEnum) -> Widens:
    return lambda _, new: new is widest
