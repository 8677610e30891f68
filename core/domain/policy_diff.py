"""The differences between two policy books, field by field: for a preview, a history, a conflict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from core.domain.durations import write_duration
from core.domain.organization import Target
from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.settings import WITHOUT, Settings

BookPart = Settings | EligibilityPolicy | ApprovalPolicy
Policy = EligibilityPolicy | ApprovalPolicy
NamedPart = Policy | Bundle
"""A part of a book that has a name: a policy, or a bundle."""


class Section(StrEnum):
    """The parts of a book, as a policy file names them."""

    SETTINGS = "settings"
    ELIGIBILITY = "eligibility"
    APPROVAL = "approval"
    BUNDLES = "bundles"


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field. Of a field with several values ``gained`` and ``lost`` say which; the values are ids."""

    field: str
    before: object
    after: object
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def is_of_many(self) -> bool:
        return isinstance(self.after, frozenset | tuple)


@dataclass(frozen=True, slots=True)
class PartChange:
    """One policy, or the settings (without a name). ``policy`` is the one that came or went."""

    section: Section
    name: str
    change: Change
    fields: tuple[FieldChange, ...]
    policy: Policy | None = None


def differences(before: PolicyBook, after: PolicyBook) -> tuple[PartChange, ...]:
    """Say what differs; a policy that is new or gone differs from an empty one. Labels and order do not count."""
    settings = _fields(before.settings, after.settings)
    found = [PartChange(Section.SETTINGS, "", Change.CHANGED, settings)] if settings else []
    return (
        *found,
        *_policies(Section.ELIGIBILITY, before.eligibility, after.eligibility),
        *_policies(Section.APPROVAL, before.approval, after.approval),
        *_bundles(before, after),
    )


def recorded(parts: Iterable[PartChange]) -> list[dict[str, object]]:
    """Before and after of every field as plain values, for the audit trail (rule 23)."""
    return [
        {
            "part": f"{part.section}.{part.name}" if part.name else str(part.section),
            "field": field.field,
            **_plain(field),
        }
        for part in parts
        for field in part.fields
    ]


def _plain(field: FieldChange) -> dict[str, object]:
    """Of several values what came and what went: a policy may name thousands."""
    if field.is_of_many:
        return {"gained": list(field.gained), "lost": list(field.lost)}
    return {"before": plain_value(field.field, field.before), "after": plain_value(field.field, field.after)}


def plain_value(field: str, value: object) -> object:
    """A value of a field as a policy file would say it."""
    if value is None:
        return WITHOUT.get(field)
    if isinstance(value, timedelta):
        return write_duration(value)
    return value if isinstance(value, bool | int) else str(value)


def written(value: object) -> str:
    """One of several values, as a policy file would say it."""
    return write_duration(value) if isinstance(value, timedelta) else str(value)


def policies_in(book: PolicyBook, section: Section) -> tuple[NamedPart, ...]:
    """The policies of a section, or the bundles; none in settings."""
    parts: dict[Section, tuple[NamedPart, ...]] = {
        Section.ELIGIBILITY: book.eligibility,
        Section.APPROVAL: book.approval,
        Section.BUNDLES: book.bundles,
    }
    return parts.get(section, ())


def policy_in(book: PolicyBook, section: Section, name: str) -> NamedPart | None:
    """The one of this name; in a draft that has it twice the one that its author has added, which is the last."""
    return next((policy for policy in reversed(policies_in(book, section)) if policy.name == name), None)


def _policies(section: Section, before: Iterable[Policy], after: Iterable[Policy]) -> Iterable[PartChange]:
    old, new = _by_name(before), _by_name(after)
    for name in sorted(old.keys() | new.keys(), key=str.casefold):
        if name not in old:
            yield PartChange(section, name, Change.ADDED, _fields(type(new[name])(name), new[name]), new[name])
        elif name not in new:
            yield PartChange(section, name, Change.REMOVED, _fields(old[name], type(old[name])(name)), old[name])
        elif changed := _fields(old[name], new[name]):
            yield PartChange(section, name, Change.CHANGED, changed)


def _bundles(before: PolicyBook, after: PolicyBook) -> Iterable[PartChange]:
    old, new = ({bundle.name: bundle.targets for bundle in book.bundles} for book in (before, after))
    labels = {**before.labels, **after.labels}
    for name in sorted(old.keys() | new.keys(), key=str.casefold):
        was, now = old.get(name, ()), new.get(name, ())
        if was != now or (name in old) != (name in new):
            change = Change.ADDED if name not in old else Change.REMOVED if name not in new else Change.CHANGED
            yield PartChange(
                Section.BUNDLES, name, change, (_field("targets", _called(was, labels), _called(now, labels)),)
            )


def _called(targets: Iterable[Target], labels: Mapping[str, str]) -> tuple[str, ...]:
    """By the names that the books were written with: no field of a policy has such pairs."""
    where = {each.account: f"{labels[each.account]} ({each.account})" for each in targets if each.account in labels}
    return tuple(
        f"{labels.get(each.permission_set, each.permission_set)} in {where.get(each.account, each.account)}"
        for each in targets
    )


def _by_name(policies: Iterable[Policy]) -> Mapping[str, Policy]:
    return {policy.name: policy for policy in policies}


def _fields(before: BookPart, after: BookPart) -> tuple[FieldChange, ...]:
    pairs = ((field.name, getattr(before, field.name), getattr(after, field.name)) for field in fields(before))
    return tuple(_field(name, old, new) for name, old, new in pairs if old != new)


def _field(name: str, old: object, new: object) -> FieldChange:
    if not isinstance(old, frozenset | tuple) or not isinstance(new, frozenset | tuple):
        return FieldChange(name, old, new)
    was, now = set(map(written, old)), set(map(written, new))
    gained, lost = sorted(now - was), sorted(was - now)
    return FieldChange(name, old, new, tuple(gained), tuple(lost))
