"""The answer to a form that was sent: what is wrong with it, or the screen that takes its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from handlers.screens.screen import Screen


@dataclass(frozen=True, slots=True)
class FieldErrors:
    """Sentences by the id of the input on which they are shown. The form stays, with all that was filled in."""

    by_input: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NextScreen:
    screen: Screen


@dataclass(frozen=True, slots=True)
class Closed:
    """The screen closes: it has done what it was for."""


FormAnswer: TypeAlias = FieldErrors | NextScreen | Closed


def wrong(id_: str, sentence: str) -> FieldErrors:
    """One input is not what it should be."""
    return FieldErrors({id_: sentence})
