"""One row of a foreign table or list: its values by name, each judged. Errors repeat no value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.adapters.peer_files.json_file import unusable
from core.domain.errors import InvalidPolicies

MOST_HOURS = 8000
"""AWS TEAM takes 1 to 8000 (its Settings page)."""
_LONGEST_TEXT = 2048
_SWITCHES = {True: True, False: False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """``number`` is its place in the file, from 1."""

    file: str
    number: int
    data: Mapping[str, Any] = field(repr=False)
    kind: str = "row"

    def problem(self, what: str) -> InvalidPolicies:
        return unusable(f"{self.file}: {self.kind} {self.number} {what}.")

    def is_about(self, *keys: str) -> bool:
        return any(key in self.data for key in keys)

    def text(self, key: str, *, default: str | None = None) -> str:
        """An empty one counts as missing."""
        value = self.data.get(key)
        if value in (None, "") and default is not None:
            return default
        if value in (None, ""):
            raise self._missing(key)
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise self.problem(f"has something else than a text in `{key}`: export it again")
        return value

    def choice(self, key: str, words: Sequence[str]) -> str:
        found = self.text(key)
        if found not in words:
            raise self.problem(f"has something else than {' or '.join(words)} in `{key}`: export it again")
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        found = self.perhaps(key)
        return default if found is None else found

    def perhaps(self, key: str) -> bool | None:
        """True, false, or nothing said."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, bool | str) or value not in _SWITCHES:
            raise self.problem(f"has something else than true or false in `{key}`: export it again")
        return _SWITCHES[value]

    def hours(self, key: str, *, default: int | None = None) -> int:
        value = self.data.get(key)
        if value in (None, "") and default is not None:
            return default
        if value in (None, ""):
            raise self._missing(key)
        digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if not re.fullmatch(r"[0-9]{1,4}", digits) or not 0 < int(digits) <= MOST_HOURS:
            raise self.problem(f"has something else than 1 to {MOST_HOURS} whole hours in `{key}`: mend it there")
        return int(digits)

    def named(self, key: str) -> tuple[tuple[str, str], ...]:
        """Ids with names: of ``{"id": …, "name": …}``, or ids alone. A list that is missing is empty."""
        return tuple(self._named_one(key, item) for item in self._list(key, self.data.get(key)))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a text stands for a list of one."""
        value = self.data.get(key)
        found = [value] if isinstance(value, str) else self._list(key, value)
        if not all(isinstance(item, str) and item.strip() for item in found):
            raise self.problem(f"has something else than texts in `{key}`: write each in quotes")
        return tuple(found)

    def _list(self, key: str, value: Any) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.problem(f"has something else than a list in `{key}`: export it again")
        return value

    def _named_one(self, key: str, item: Any) -> tuple[str, str]:
        given, name = (item.get("id"), item.get("name")) if isinstance(item, Mapping) else (item, "")
        if not isinstance(given, str) or not given.strip():
            raise self.problem(f"has an entry without an id in `{key}`: export it again")
        return given, name if isinstance(name, str) else ""

    def _missing(self, key: str) -> InvalidPolicies:
        return self.problem(f"has no `{key}`: export it with all its attributes")
