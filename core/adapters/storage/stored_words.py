"""Fields of a stored JSON object whose values are all strings; ValueError says which one is missing or is not one."""

import re
from collections.abc import Mapping
from datetime import datetime

_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)


class StoredWords:
    def __init__(self, stored: Mapping[str, object]) -> None:
        self._stored = stored

    def __contains__(self, name: str) -> bool:
        return name in self._stored

    def text(self, name: str, otherwise: str | None = None) -> str:
        found = self._stored.get(name, otherwise)
        if not isinstance(found, str):
            raise self._wrong(name, "a text")
        return found

    def number(self, name: str, otherwise: str | None = None) -> int:
        found = self.text(name, otherwise)
        if not _NUMBER.fullmatch(found):
            raise self._wrong(name, "a number")
        return int(found)

    def flag(self, name: str, otherwise: str | None = None) -> bool:
        """``yes``, or nothing."""
        found = self.text(name, otherwise)
        if found not in {"yes", ""}:
            raise self._wrong(name, "yes or nothing")
        return found == "yes"

    def moment(self, name: str) -> datetime:
        try:
            return datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._wrong(name, "a moment") from None

    def all_but(self, *names: str) -> dict[str, str]:
        return {name: self.text(name) for name in self._stored if name not in names}

    def _wrong(self, name: str, kind: str) -> ValueError:
        """Names the field and not its value, which is for no log."""
        return ValueError(f"{name!r} is not {kind}")


def yes(fact: bool) -> str:
    return "yes" if fact else ""
