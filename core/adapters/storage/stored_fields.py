"""Fields of a stored JSON object, each read as the type that it must have; ValueError says which one is not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from core.domain.ids import RequestId
from core.domain.outside_values import read_instant, read_minutes


class StoredFields:
    def __init__(self, stored: Mapping[str, object]) -> None:
        self._stored = stored

    def __contains__(self, name: str) -> bool:
        return name in self._stored

    def text(self, name: str) -> str:
        found = self._stored.get(name)
        if not isinstance(found, str):
            raise self._wrong(name, "a text")
        return found

    def texts(self, name: str) -> Mapping[str, str]:
        found = self._stored.get(name)
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            raise self._wrong(name, "an object of texts")
        return found

    def pairs(self, name: str) -> Sequence[tuple[str, str]]:
        found = self._stored.get(name)
        if not isinstance(found, list) or not all(map(_is_pair, found)):
            raise self._wrong(name, "a list of pairs of texts")
        return [(first, second) for first, second in found]

    def number(self, name: str) -> int:
        found = self._stored.get(name)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self._wrong(name, "a whole number")
        return found

    def flag(self, name: str) -> bool:
        found = self._stored.get(name)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false")
        return found

    def request_id(self, name: str) -> RequestId:
        return RequestId(self.number(name))

    def minutes(self, name: str) -> timedelta:
        length = read_minutes(self._stored.get(name))
        if length is None:
            raise self._wrong(name, "a number of minutes")
        return length

    def moment(self, name: str) -> datetime | None:
        """Seconds since 1970, or null."""
        at = read_instant(self._stored.get(name))
        if at is None and self._stored.get(name, "") is not None:
            raise self._wrong(name, "a number of seconds")
        return at

    def _wrong(self, name: str, kind: str) -> ValueError:
        """Names the field and not its value, which is for no log."""
        return ValueError(f"{name!r} is not {kind}")


def _is_pair(found: object) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(isinstance(each, str) for each in found)
