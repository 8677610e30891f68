"""The query language of CloudWatch Logs Insights, as far as it is used here; all else is refused as malformed.

`fields`, `filter`, `sort` and `limit`; in a filter comparisons with `=`, `like /…/`, `ispresent`, `and`, `or`, `not`
and parentheses.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<regex>/(?:[^/\\\n]|\\.)+/)|(?P<sign>!=|[=()])|(?P<word>@?[\w.]+))""",
    re.VERBOSE,
)
_STAGE = re.compile(r"(fields|filter|sort|limit)\s+(.+)", re.DOTALL)
_FIELD = re.compile(r"@?\w+(\.\w+)*")

Record = Mapping[str, Any]
Test = Callable[[Record], bool]


class MalformedError(ValueError):
    """The query is none that this understands."""


@dataclass(frozen=True, slots=True)
class Query:
    fields: tuple[str, ...]
    tests: tuple[Test, ...]
    limit: int | None

    def matches(self, record: Record) -> bool:
        return all(test(record) for test in self.tests)


def parse(text: str) -> Query:
    fields: tuple[str, ...] = ()
    tests: list[Test] = []
    limit = None
    for stage in _stages(text):
        found = _STAGE.fullmatch(stage.strip())
        if found is None:
            raise MalformedError(stage.strip()[:40])
        verb, rest = found[1], found[2].strip()
        if verb == "fields":
            fields = tuple(_field(each.strip()) for each in rest.split(","))
        elif verb == "filter":
            tests.append(_Filter(rest).whole())
        elif verb == "limit":
            limit = _number(rest)
        elif not re.fullmatch(r"@?\w+ (asc|desc)", rest):
            raise MalformedError(rest)
    return Query(fields, tuple(tests), limit)


def _stages(text: str) -> list[str]:
    """Parted at the pipes that stand outside of strings and patterns."""
    stages, stage = [], ""
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|/(?:[^/\\\n]|\\.)+/|\||.', text, re.DOTALL):
        if piece == "|":
            stages.append(stage)
            stage = ""
        else:
            stage += piece
    return [*stages, stage]


def _number(text: str) -> int:
    if not text.isdecimal():
        raise MalformedError(text)
    return int(text)


def _field(text: str) -> str:
    if not _FIELD.fullmatch(text):
        raise MalformedError(text)
    return text


def _value(record: Record, field: str) -> str | None:
    found: Any = record
    for part in field.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return None if found is None else str(found)


class _Filter:
    """A condition, read from left to right: `or` of `and` of terms."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))

    def whole(self) -> Test:
        test = self._either()
        if self._tokens:
            raise MalformedError(self._tokens[0])
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda record: any(test(record) for test in tests)

    def _both(self) -> Test:
        tests = [self._term()]
        while self._take("and"):
            tests.append(self._term())
        return lambda record: all(test(record) for test in tests)

    def _term(self) -> Test:
        if self._take("not"):
            test = self._term()
            return lambda record: not test(record)
        if self._take("("):
            test = self._either()
            self._must(")")
            return test
        if self._take("ispresent"):
            self._must("(")
            field = _field(self._next())
            self._must(")")
            return lambda record: _value(record, field) is not None
        return self._comparison(_field(self._next()))

    def _comparison(self, field: str) -> Test:
        sign, value = self._next(), self._next()
        if sign == "like" and value.startswith("/"):
            pattern = re.compile(value[1:-1])
            return lambda record: bool(pattern.search(_value(record, field) or ""))
        if sign in ("=", "!=") and value.startswith('"'):
            wanted = re.sub(r"\\(.)", r"\1", value[1:-1])
            return lambda record: (_value(record, field) == wanted) is (sign == "=")
        raise MalformedError(f"{sign} {value}")

    def _next(self) -> str:
        if not self._tokens:
            raise MalformedError("the end")
        return self._tokens.pop(0)

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0].lower() == word:
            self._tokens.pop(0)
            return True
        return False

    def _must(self, sign: str) -> None:
        if not self._take(sign):
            raise MalformedError(f"no {sign}")


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise MalformedError(text[at : at + 20])
        found.append(match[0].strip())
        at = match.end()
    return found
