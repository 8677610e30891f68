"""A search over all requests: a frozen value, read from typed words and written back to them.

``person:ada account:"Payments Prod" status:active,pending from:2026-11-01 pipeline``: every part must hold; of
several parts of one kind one is enough. Whoever may look is not decided here.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum

from core.domain.ids import RequestId, read_request_id, show_request_id
from core.domain.request import LIVE, TERMINAL, Request, Status

LONGEST = 1500
"""Characters of a search as it is written: a button of a chat platform carries it (Slack: 2000)."""


class Key(StrEnum):
    """The word before a colon. A word without a key is looked for everywhere."""

    PERSON = "person"
    ACCOUNT = "account"
    PERMISSION_SET = "set"
    STATUS = "status"
    APPROVER = "approver"
    TICKET = "ticket"
    TEXT = "text"
    SINCE = "from"
    UNTIL = "to"


_ALSO = {
    "who": Key.PERSON,
    "requester": Key.PERSON,
    "permission-set": Key.PERMISSION_SET,
    "permission_set": Key.PERMISSION_SET,
    "state": Key.STATUS,
    "by": Key.APPROVER,
    "since": Key.SINCE,
    "until": Key.UNTIL,
}
_KEYS: Mapping[str, Key] = {**{key.value: key for key in Key}, **_ALSO}
_STATUSES: Mapping[str, frozenset[Status]] = {
    **{status.value: frozenset({status}) for status in Status},
    "waiting": frozenset({Status.PENDING}),
    "approved": frozenset({Status.SCHEDULED}),
    "withdrawn": frozenset({Status.CANCELLED}),
    "live": LIVE,
    "open": frozenset(Status) - TERMINAL,
    "over": TERMINAL,
}
"""Statuses by name, by what people see, and several at once."""


@dataclass(frozen=True, slots=True)
class Search:
    """Empty finds everything. ``since`` and ``until`` are the first and the last day (UTC) of having been asked.

    People, accounts, permission sets and approvers are ids or parts of names.
    """

    words: tuple[str, ...] = ()
    numbers: tuple[RequestId, ...] = ()
    people: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    permission_sets: tuple[str, ...] = ()
    statuses: frozenset[Status] = frozenset()
    approvers: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, each.name) for each in fields(self))


class Unclear(StrEnum):
    """The faults that a typed search can have."""

    UNKNOWN_KEY = "unknown_key"
    NO_VALUE = "no_value"
    UNKNOWN_STATUS = "unknown_status"
    NO_DATE = "no_date"
    BACKWARDS = "backwards"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """One part that was not understood. ``meant`` is the nearest that would have been; empty when none is near."""

    what: Unclear
    typed: str = ""
    meant: str = ""


@dataclass(frozen=True, slots=True)
class ParsedSearch:
    """A typed search as far as it was understood."""

    search: Search
    puzzles: tuple[SearchProblem, ...] = ()


@dataclass(slots=True)
class _Gathered:
    search: Search = field(default_factory=Search)
    puzzles: list[SearchProblem] = field(default_factory=list)

    def add(self, kind: str, value: object) -> None:
        known = getattr(self.search, kind)
        if value not in known:
            self.search = replace(self.search, **{kind: (*known, value)})  # type: ignore[arg-type]


_TOKEN = re.compile(r'(?:(?P<key>[A-Za-z][\w-]*):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]*))', re.ASCII)
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_NUMBER = re.compile(r"R-\d{1,18}", re.IGNORECASE | re.ASCII)
_USER_ID = re.compile(r"([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
"""UserId of Identity Center (API reference, identitystore User)."""
_ARN = re.compile(r"arn:[\w-]+:sso:::permissionSet/\S+", re.IGNORECASE | re.ASCII)
_ADDRESS = re.compile(r'[^\s@"]+@[^\s@"]+\.[^\s@".]+')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(\d{1,17})\.(\d{1,18})", re.ASCII)
_DAYS_AGO = re.compile(r"(\d{1,4})d", re.ASCII)
_KINDS = {
    Key.PERSON: "people",
    Key.ACCOUNT: "accounts",
    Key.PERMISSION_SET: "permission_sets",
    Key.APPROVER: "approvers",
    Key.TICKET: "tickets",
    Key.TEXT: "words",
}


def read_search(typed: str, today: date) -> ParsedSearch:
    """Understand a search as a person types it. ``today`` is what ``today`` and ``7d`` count from."""
    if len(typed) > LONGEST:
        return ParsedSearch(Search(), (SearchProblem(Unclear.TOO_LONG, str(LONGEST)),))
    gathered = _Gathered()
    for key, value, quoted in _tokens(typed):
        _understand(gathered, key, value, today, quoted=quoted)
    search = gathered.search
    if len(write_search(search)) > LONGEST:
        return ParsedSearch(Search(), (SearchProblem(Unclear.TOO_LONG, str(LONGEST)),))
    if search.since and search.until and search.since > search.until:
        gathered.puzzles.append(SearchProblem(Unclear.BACKWARDS, search.since.isoformat(), search.until.isoformat()))
    return ParsedSearch(search, tuple(gathered.puzzles))


def _tokens(typed: str) -> Iterator[tuple[str, str, bool]]:
    for match in _TOKEN.finditer(typed.translate(_QUOTES)):
        if match[0]:
            quoted = match["quoted"] is not None
            yield match["key"] or "", (match["quoted"] if quoted else match["bare"]).strip(), quoted


def _understand(gathered: _Gathered, key: str, value: str, today: date, *, quoted: bool) -> None:
    if not key:
        if value:
            gathered.add(*(("words", value) if quoted else _bare(value)))
        return
    whole = f"{key}:{value}"
    if not quoted and (value.startswith("//") or key.lower() == "arn"):  # an address, not a key
        gathered.add(*_bare(whole))
        return
    known = _KEYS.get(key.lower())
    if known is None:
        near = get_close_matches(key.lower(), _KEYS, n=1)
        gathered.puzzles.append(SearchProblem(Unclear.UNKNOWN_KEY, key, _KEYS[near[0]].value if near else ""))
    elif not value:
        gathered.puzzles.append(SearchProblem(Unclear.NO_VALUE, known.value))
    elif known is Key.STATUS:
        _add_statuses(gathered, value)
    elif known in {Key.SINCE, Key.UNTIL}:
        _add_day(gathered, "since" if known is Key.SINCE else "until", value, today)
    else:
        gathered.add(_KINDS[known], value)


def _bare(value: str) -> tuple[str, object]:
    """Some words say by themselves what they are."""
    if _NUMBER.fullmatch(value) and (number := read_request_id(value)):
        return "numbers", number
    if _ACCOUNT_ID.fullmatch(value):
        return "accounts", value
    if _ADDRESS.fullmatch(value):
        return "people", value
    return ("permission_sets", value) if _ARN.fullmatch(value) else ("words", value)


def _add_statuses(gathered: _Gathered, value: str) -> None:
    for name in filter(None, value.lower().split(",")):
        found = _STATUSES.get(name)
        if found is None:
            near = get_close_matches(name, _STATUSES, n=1)
            gathered.puzzles.append(SearchProblem(Unclear.UNKNOWN_STATUS, name, near[0] if near else ""))
        else:
            gathered.search = replace(gathered.search, statuses=gathered.search.statuses | found)


def _add_day(gathered: _Gathered, end: str, value: str, today: date) -> None:
    day = read_day(value, today)
    if day is None:
        gathered.puzzles.append(SearchProblem(Unclear.NO_DATE, value))
    else:
        gathered.search = replace(gathered.search, **{end: day})  # type: ignore[arg-type]


def read_day(typed: str, today: date) -> date | None:
    """Read ``2026-11-22``, ``today``, ``yesterday`` or ``7d`` (so many days ago); None for anything else."""
    word = typed.strip().lower()
    if word in {"today", "yesterday"}:
        return today - timedelta(days=word == "yesterday")
    if ago := _DAYS_AGO.fullmatch(word):
        return today - timedelta(days=int(ago[1]))
    try:
        return date.fromisoformat(word) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word, re.ASCII) else None
    except ValueError:
        return None


def write_search(search: Search) -> str:
    """Write a search so that ``read_search`` gives the same one back."""
    statuses = ",".join(status.value for status in Status if status in search.statuses)
    parts = [
        *(_pair(Key.PERSON, value) for value in search.people),
        *(_pair(Key.ACCOUNT, value) for value in search.accounts),
        *(_pair(Key.PERMISSION_SET, value) for value in search.permission_sets),
        *([f"{Key.STATUS}:{statuses}"] if statuses else []),
        *(_pair(Key.APPROVER, value) for value in search.approvers),
        *(_pair(Key.TICKET, value) for value in search.tickets),
        *([f"{Key.SINCE}:{search.since.isoformat()}"] if search.since else []),
        *([f"{Key.UNTIL}:{search.until.isoformat()}"] if search.until else []),
        *(show_request_id(number) for number in search.numbers),
        *map(_word, search.words),
    ]
    return " ".join(parts)


def _pair(key: Key, value: str) -> str:
    return f"{key}:{value}" if _is_plain(value) else f'{key}:"{value}"'


def _word(value: str) -> str:
    return value if _is_plain(value) and ":" not in value and _bare(value)[0] == "words" else f'"{value}"'


def _is_plain(value: str) -> bool:
    return not value.startswith("//") and not any(c.isspace() for c in value)


def names_one(kind: Key, value: str) -> bool:
    """True if a value is an id, and so stands for exactly one; else it is part of a name."""
    match kind:
        case Key.PERSON | Key.APPROVER:
            return _USER_ID.fullmatch(value) is not None
        case Key.ACCOUNT:
            return _ACCOUNT_ID.fullmatch(value) is not None
        case _:
            return kind is Key.PERMISSION_SET and _ARN.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list of all requests, which is in the order of being asked and then of numbers."""

    at: datetime
    number: RequestId

    @classmethod
    def of(cls, request: Request) -> "Cursor":
        return cls(request.created_at, request.id)

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}.{self.number}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """None for anything that was not written here."""
        match = _CURSOR.fullmatch(text)
        return cls(_EPOCH + timedelta(microseconds=int(match[1])), RequestId(int(match[2]))) if match else None


def fold(text: str) -> str:
    """The form that two spellings share: case, width, white space and what cannot be seen make no difference."""
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    shown = (" " if c.isspace() else c for c in normal if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(shown).split())
