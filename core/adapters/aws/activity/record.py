"""A record of CloudTrail as core knows it. Every source is brought into the record's own shape first.

Field names: CloudTrail user guide, record contents. What a record lacks or has in another shape is left empty:
an event that cannot be attributed is shown to nobody, and one odd record must not hide all others: whoever is watched
chooses what stands in the parameters of a call. What cannot be read at all is counted.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from core.domain.activity import ActivityEvent

Record = Mapping[str, Any]
Found = TypeVar("Found")

_TELLING = re.compile(r"(?:name|id|arn|identifier)$", re.IGNORECASE)
_NOT_TELLING = re.compile(r"(?:token|requestid|accesskeyid)", re.IGNORECASE)
_MOST_RESOURCES = 3
_MOST_DIGITS = 18
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_OPEN, _CLOSE = ("[", "{"), ("]", "}")
_LONGEST = 512
_DEEPEST = 32
"""The deepest nesting that is read: nothing that is shown lies deeper, and a parser would run out of stack."""
_ODD = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)


def events_of(found: Iterable[Found], read: Callable[[Found], ActivityEvent | None]) -> tuple[list[ActivityEvent], int]:
    """The events that could be read, and the number of those that could not."""
    events, unread = [], 0
    for each in found:
        try:
            event = read(each)
        except _ODD:
            event = None
        if event is None:
            unread += 1
        else:
            events.append(event)
    return events, unread


def event_of(record: Record) -> ActivityEvent | None:
    """None for what is no record of an API call in a session."""
    at = read_time(record.get("eventTime"))
    who = _part(record, "userIdentity")
    context = _part(who, "sessionContext")
    if at is None or not record.get("eventID"):
        return None
    return ActivityEvent(
        id=_text(record.get("eventID")),
        at=at,
        source=_text(record.get("eventSource")),
        name=_text(record.get("eventName")),
        region=_text(record.get("awsRegion")),
        session_arn=_text(who.get("arn")),
        issuer_arn=_text(_part(context, "sessionIssuer").get("arn")),
        recipient=_text(record.get("recipientAccountId")),
        user_id=_text(_part(who, "onBehalfOf").get("userId")),
        read_only=_text(record.get("readOnly")).lower() == "true",
        error_code=_text(record.get("errorCode")),
        error_message=_text(record.get("errorMessage")),
        source_ip=_text(record.get("sourceIPAddress")),
        user_agent=_text(record.get("userAgent")),
        access_key=_text(who.get("accessKeyId")),
        session_created_at=read_time(_part(context, "attributes").get("creationDate")),
        resources=_resources(record),
    )


def event_of_json(text: object) -> ActivityEvent | None:
    """The same, from a record as CloudTrail wrote it."""
    record = read_json(text)
    return event_of(record) if isinstance(record, dict) else None


def read_json(text: object) -> Any:
    """The value of a column that should hold JSON; None for anything else."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return json.loads(text, parse_int=_whole)
    except ValueError:
        return None
    except RecursionError:
        return read_json(_shallow(text))


def _whole(digits: str) -> int | str:
    """A number with more digits than any count has is a text: Python refuses to read one of thousands."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _shallow(text: str) -> str:
    """The same without what is nested too deep: null stands there instead. Once over the text, whatever its depth."""
    kept: list[str] = []
    depth = end = 0
    for token in _TOKEN.finditer(text):
        opens = token[0] in _OPEN
        if depth < _DEEPEST:
            kept.append(text[end : token.end()] if not opens or depth + 1 < _DEEPEST else text[end : token.start()])
        depth += 1 if opens else -1 if token[0] in _CLOSE else 0
        if token[0] in _CLOSE and depth == _DEEPEST - 1:
            kept.append("null")
        end = token.end()
    return "".join([*kept, text[end:]])


def read_time(found: object) -> datetime | None:
    """Aware UTC in whole seconds, from ``2026-11-22T12:00:00Z`` or ``2026-11-22 12:00:00.000``."""
    if isinstance(found, datetime):
        at = found
    else:
        try:
            at = datetime.fromisoformat(_text(found).removesuffix(" UTC"))
        except ValueError:
            return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return None


def _part(whole: Record, name: str) -> Record:
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def _text(found: object) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return _storable(found[:_LONGEST]) if isinstance(found, str) else ""


def _storable(text: str) -> str:
    """Half a surrogate pair, which no file and no message can hold, becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _resources(record: Record) -> tuple[str, ...]:
    """The resources of an event: the ARNs that the record names, else the names and ids among its parameters."""
    arns = dict.fromkeys(_arns(record.get("resources")))
    named = arns or dict.fromkeys(_named(record.get("requestParameters")))
    return tuple(named)[:_MOST_RESOURCES]


def _arns(found: object, depth: int = 0) -> Iterator[str]:
    """However the source nests them, within reason."""
    if isinstance(found, str) and found.startswith("arn:"):
        yield _text(found)
    elif isinstance(found, list | dict) and depth < _DEEPEST:
        for each in found.values() if isinstance(found, dict) else found:
            yield from _arns(each, depth + 1)


def _named(parameters: object) -> Iterator[str]:
    if isinstance(parameters, dict):
        for key, value in parameters.items():
            if isinstance(value, str) and value and _TELLING.search(key) and not _NOT_TELLING.search(key):
                yield _text(value)
