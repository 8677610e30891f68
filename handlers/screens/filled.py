"""The answers in a screen that was sent: an answer for each of its inputs. Believed no further than its type."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

Answer: TypeAlias = str | tuple[str, ...] | datetime | date | None
"""A typed text, chosen values, a moment or a day; None where nothing was filled in."""


@dataclass(frozen=True, slots=True)
class Filled:
    """``answers`` by the id of the input; ``inputs`` are those that the screen had, in their order."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    memo: str = ""

    def has(self, id_: str) -> bool:
        """True if there is an answer to this input, an empty one included."""
        return id_ in self.answers

    def typed(self, id_: str) -> str:
        found = self.answers.get(id_)
        return found if isinstance(found, str) else ""

    def several(self, id_: str) -> tuple[str, ...]:
        """The values that were chosen."""
        found = self.answers.get(id_)
        return found if isinstance(found, tuple) else ()

    def chosen(self, id_: str) -> str:
        """The value that was chosen; empty for none."""
        return next(iter(self.several(id_)), "")

    def moment(self, id_: str) -> datetime | None:
        found = self.answers.get(id_)
        return found if isinstance(found, datetime) else None

    def day(self, id_: str) -> date | None:
        found = self.answers.get(id_)
        return found if isinstance(found, date) and not isinstance(found, datetime) else None
