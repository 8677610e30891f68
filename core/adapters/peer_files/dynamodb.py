"""Rows of a table as DynamoDB and AppSync hand them out: a scan, an export to S3, an answer of GraphQL."""

from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = {"S", "N", "BOOL", "SS", "NS"}
_TYPES = {*_PLAIN, "NULL", "L", "M"}
"""Of a value (DynamoDB API reference, AttributeValue); bytes are left out."""


def rows(document: Any) -> Iterator[dict[str, Any]]:
    """Every row, with plain values; what is no row is passed over. An attribute that is NULL is left out."""
    if isinstance(document, list):
        for item in document:
            yield from rows(item)
    elif isinstance(document, Mapping):
        inside = _inside(document)
        if inside is not None:
            yield from rows(inside)
        elif row := _row(document):
            yield row


def has_more(document: Any) -> bool:
    """True for a page that names a next one."""
    if not isinstance(document, Mapping):
        return False
    follows = document.get("LastEvaluatedKey") or document.get("nextToken") or document.get("NextToken")
    return bool(follows) or any(has_more(part) for part in _inside(document) or ())


def _inside(document: Mapping[str, Any]) -> list[Any] | None:
    """The rows of an envelope; None for a row."""
    for key in ("Items", "Item", "items", "data"):
        if isinstance(document.get(key), list | Mapping):
            return [document[key]]
    answers = [
        value
        for key, value in document.items()
        if key.startswith(("list", "get")) and isinstance(value, list | Mapping)
    ]
    return answers or None


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    typed = bool(item) and all(_is_typed(value) for value in item.values())
    plain = {key: _plain(value) if typed else value for key, value in item.items()}
    return {key: value for key, value in plain.items() if value is not None}


def _is_typed(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in {*_TYPES, "B", "BS"}


def _plain(value: Any) -> Any:
    if not _is_typed(value):
        return None
    kind, inside = next(iter(value.items()))
    if kind in _PLAIN:
        return inside
    if kind == "L" and isinstance(inside, list):
        return [_plain(item) for item in inside]
    if kind == "M" and isinstance(inside, Mapping):
        return {key: _plain(item) for key, item in inside.items()}
    return None
