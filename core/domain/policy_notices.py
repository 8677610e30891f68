"""What is told of a change of policies and settings: a line in the audit channel, a message to the other admins.

A change names what it changes by the names that its book was written with: what is read later may be gone by then.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.domain.ids import GroupId, PrincipalId
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Form, Notice, Topic
from core.domain.policy import PolicyBook
from core.domain.policy_diff import Change, FieldChange, PartChange, Section, differences, plain_value
from core.domain.request import Actor

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
    """What a change does to the book, and how many parts there are besides."""
    parts = differences(before, after)
    return tuple(_part(part, before, after) for part in parts[:MOST_PARTS]), max(0, len(parts) - MOST_PARTS)


def notices_of_change(
    topic: Topic,
    before: PolicyBook,
    after: PolicyBook,
    author: Actor,
    why: str,
    facts: Mapping[str, str] | None = None,
) -> tuple[Notice, ...]:
    """Tell the audit channel and every admin but the author: those who were admins before this change, too."""
    said = {**facts_of_change(before, after, author, why), **(facts or {})}
    return (Notice(Form.LINE, topic, AUDIT_CHANNEL, facts=said), Notice(Form.DIRECT, topic, ADMINS, facts=said))


def facts_of_change(before: PolicyBook, after: PolicyBook, author: Actor, why: str) -> dict[str, str]:
    told, more = changes_told(before, after)
    return {
        "by": author.name,
        "author": author.principal_id or "",
        "why": why,
        "revision": str(after.revision),
        "changes": _dumped(told),
        "more": str(more),
        "admin_groups": " ".join(_admin_groups(before, after)),
    }


def not_told(notice: Notice) -> PrincipalId | None:
    """The admin whose own change it is."""
    author = notice.facts.get("author", "")
    return PrincipalId(author) if author else None


def admin_groups_of(notice: Notice) -> Sequence[GroupId]:
    """Groups whose members are told besides those who are admins when it is told."""
    return tuple(map(GroupId, notice.facts.get("admin_groups", "").split()))


def read_changes(notice: Notice) -> tuple[ToldPart, ...]:
    """What ``notices_of_change`` wrote down; nothing of anything else."""
    try:
        return tuple(_read(part) for part in json.loads(notice.facts.get("changes", "[]")))
    except (ValueError, TypeError, KeyError):
        return ()


def _admin_groups(before: PolicyBook, after: PolicyBook) -> Iterable[str]:
    groups = {before.settings.admin_group, after.settings.admin_group} - {None}
    return sorted(map(str, groups)) if len(groups) > 1 else ()


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


def _dumped(parts: Iterable[ToldPart]) -> str:
    return json.dumps(
        [
            {
                "section": part.section.value,
                "name": part.name,
                "change": part.change.value,
                "fields": [[f.field, list(f.gained), list(f.lost), f.before, f.after] for f in part.fields],
                "more": part.more,
            }
            for part in parts
        ]
    )


def _read(stored: Mapping[str, object]) -> ToldPart:
    fields, more = stored["fields"], stored["more"]
    read = tuple(_read_field(each) for each in fields) if isinstance(fields, list) else ()
    return ToldPart(
        Section(str(stored["section"])),
        str(stored["name"]),
        Change(str(stored["change"])),
        read,
        more if isinstance(more, int) else 0,
    )


def _read_field(stored: Sequence[object]) -> ToldField:
    field, gained, lost, before, after = stored
    return ToldField(str(field), _several(gained), _several(lost), str(before), str(after))


def _several(stored: object) -> tuple[str, ...]:
    return tuple(map(str, stored)) if isinstance(stored, list) else ()
