"""Inputs: what is asked for, by which control, what it begins with. Errors are shown by an input's ``id``."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from core.domain.ids import ConversationId
from handlers.screens.ids import ActionId
from handlers.screens.spans import NOTHING, Text

MOST_OFFERED = 100
"""Choices that a type-ahead is answered with at most: no platform shows more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of what may be chosen: ``value`` comes back, and is shown where the label says nothing."""

    label: str
    value: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """Words. ``longest`` in characters."""

    longest: int
    value: str = ""
    is_long: bool = False
    """Several lines are expected."""
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A type-ahead: the input's action is asked what there is. ``most`` over 1: several may be chosen."""

    chosen: tuple[Choice, ...] = ()
    most: int = 1
    placeholder: str = "Type to search"
    otherwise: Text = NOTHING
    """The text in place of too many chosen values for the platform; sending the form leaves them as they are."""


@dataclass(frozen=True, slots=True)
class Select:
    """One of a few, or several of them; ``chosen`` by value."""

    choices: tuple[Choice, ...]
    chosen: tuple[str, ...] = ()
    takes_several: bool = False
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class DayAndTime:
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """Channels that the reader can see, none shared with another organization."""

    most: int
    chosen: tuple[ConversationId, ...] = ()
    placeholder: str = ""
    otherwise: Text = NOTHING
    """As in ``Lookup``."""


Control: TypeAlias = Typed | Lookup | Select | DayAndTime | Day | Channels


@dataclass(frozen=True, slots=True)
class Input:
    """``redraws``: its choice changes the screen. ``error``: what is wrong with what was sent last."""

    id: str
    action: ActionId
    label: str
    control: Control
    hint: str = ""
    optional: bool = False
    redraws: bool = False
    error: str = ""
