"""The changes between two books of policies, as far as a line has room for them.

A change names what it changes by the names that its book was written with: what is read later may be gone by then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.domain.policy import PolicyBook
from core.domain.policy_diff import Change, FieldChange, PartChange, Section, differences, plain_value

MOST_PARTS, MOST_FIELDS, MOST_VALUES = 8, 8, 4
"""Of each as many are named as a line has room for; of the rest their number."""


@dataclass(frozen=True, slots=True)
class ToldField:
    """One field. Of several values what came and what went; else before and after, as a file would say them."""

    field: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ToldPart:
    """One policy, or the settings. ``more``: fields that are not named."""

    section: Section
    name: str
    change: Change
    fields: tuple[ToldField, ...]
    more: int = 0


def changes_told(before: PolicyBook, after: PolicyBook) -> tuple[tuple[ToldPart, ...], int]:
    """The first parts of a change, and the number of those left out."""
    parts = differences(before, after)
    return tuple(_part(part, before, after) for part in parts[:MOST_PARTS]), max(0, len(parts) - MOST_PARTS)


def _part(part: PartChange, before: PolicyBook, after: PolicyBook) -> ToldPart:
    labels = {**before.labels, **after.labels}
    fields = tuple(_field(field, labels) for field in part.fields[:MOST_FIELDS])
    return ToldPart(part.section, part.name, part.change, fields, max(0, len(part.fields) - MOST_FIELDS))


def _field(field: FieldChange, labels: Mapping[str, str]) -> ToldField:
    if field.is_of_many:
        return ToldField(field.field, _called(field.gained, labels), _called(field.lost, labels))
    was, now = (_text(plain_value(field.field, value)) for value in (field.before, field.after))
    return ToldField(field.field, before=labels.get(was, was), after=labels.get(now, now))


def _called(ids: Sequence[str], labels: Mapping[str, str]) -> tuple[str, ...]:
    shown = tuple(labels.get(each, each) for each in ids[:MOST_VALUES])
    rest = len(ids) - len(shown)
    return (*shown, f"{rest} more") if rest > 0 else shown


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
