"""Policy books and organizations as JSON documents: what is loaded equals what was dumped.

A document of another format is refused, because a rule that is not understood must not be left out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar, assert_never

from core.domain.errors import NewerRelease
from core.domain.ids import AccountId, OuId, PermissionSetArn
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, Notify, PolicyBook
from core.domain.setting_kinds import (
    AccountIds,
    Length,
    Lengths,
    Number,
    OneGroup,
    OneOf,
    OnOff,
    Pattern,
    PermissionSetArns,
    SettingKind,
    SomeOf,
)
from core.domain.settings import SETTINGS, WITHOUT, Requirement, Settings

FORMAT = 1

_TICKET_ONCE = "require_ticket"
"""The older name of ``ticket``, when a ticket could only be required or not."""
_NONE = {name: f"{name}_{word}" for name, word in WITHOUT.items()}
"""By setting, what is stored in its place when it is None: a key that the release before does not know."""
_BOOK = frozenset({"format", "revision", "settings", "eligibility", "approval", "bundles", "labels"})

Document = dict[str, Any]
P = TypeVar("P", Settings, EligibilityPolicy, ApprovalPolicy)


def dump_book(book: PolicyBook) -> Document:
    return {
        "format": FORMAT,
        "revision": book.revision,
        "settings": _dump_settings(book.settings),
        "eligibility": [_dump(policy) for policy in book.eligibility],
        "approval": [_dump(policy) for policy in book.approval],
        **({"bundles": [_dump_bundle(bundle) for bundle in book.bundles]} if book.bundles else {}),
        "labels": dict(book.labels),
    }


def load_book(document: Document) -> PolicyBook:
    """Raises NewerRelease for whatever this release does not know: a field, a choice, a format."""
    _refuse_other_formats(document, "policies")
    if unknown := document.keys() - _BOOK:
        raise _newer("policies", unknown)
    return PolicyBook(
        revision=document["revision"],
        settings=_load(Settings, _in_todays_words(document["settings"])),
        eligibility=tuple(_load(EligibilityPolicy, policy) for policy in document["eligibility"]),
        approval=tuple(_load(ApprovalPolicy, policy) for policy in document["approval"]),
        bundles=tuple(_load_bundle(bundle) for bundle in document.get("bundles", ())),
        labels=document["labels"],
    )


def _dump_bundle(bundle: Bundle) -> Document:
    return {"name": bundle.name, "targets": [[target.account, target.permission_set] for target in bundle.targets]}


def _load_bundle(document: Document) -> Bundle:
    if unknown := document.keys() - {"name", "targets"}:
        raise _newer("policies", unknown)
    pairs = (Target(AccountId(account), PermissionSetArn(arn)) for account, arn in document["targets"])
    return Bundle(document["name"], tuple(pairs))


def _in_todays_words(settings: Document) -> Document:
    """Settings as this release writes them, from its own form or that of the release before."""
    said: Document = {name: None for name, mark in _NONE.items() if settings.get(mark)}
    if _TICKET_ONCE in settings:
        said["ticket"] = Requirement.REQUIRED if settings[_TICKET_ONCE] else Requirement.OFF
    rest = {name: value for name, value in settings.items() if name not in (_TICKET_ONCE, *_NONE.values())}
    return {**rest, **said}


def dump_organization(organization: Organization) -> Document:
    """Lists instead of objects: thousands of accounts are written and read at every refresh."""
    return {
        "format": FORMAT,
        "accounts": [[a.id, a.name, a.ou, a.active] for a in organization.accounts.values()],
        "ous": [[ou.id, ou.name, ou.parent] for ou in organization.ous.values()],
        "permission_sets": [
            [p.arn, p.name, p.description, p.session_duration.total_seconds()]
            for p in organization.permission_sets.values()
        ],
        "management_account": organization.management_account,
        "taken_at": organization.taken_at.isoformat(),
        "doubted": sorted(organization.doubted),
        "sure_at": organization.sure_at.isoformat() if organization.sure_at else None,
        "out_of_reach": sorted(organization.out_of_reach),
    }


def load_organization(document: Document) -> Organization:
    _refuse_other_formats(document, "organization")
    return Organization(
        accounts={AccountId(row[0]): Account(*row) for row in document["accounts"]},
        ous={OuId(row[0]): OrganizationalUnit(*row) for row in document["ous"]},
        permission_sets={PermissionSetArn(row[0]): _permission_set(*row) for row in document["permission_sets"]},
        management_account=AccountId(document["management_account"]),
        taken_at=datetime.fromisoformat(document["taken_at"]),
        doubted=frozenset(document.get("doubted", ())),
        sure_at=datetime.fromisoformat(sure_at) if (sure_at := document.get("sure_at")) else None,
        out_of_reach=frozenset(PermissionSetArn(arn) for arn in document.get("out_of_reach", ())),
    )


def _permission_set(arn: str, name: str, description: str, seconds: float) -> PermissionSet:
    return PermissionSet(PermissionSetArn(arn), name, description, _length(seconds))


def _length(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _lengths(several: Iterable[float]) -> tuple[timedelta, ...]:
    return tuple(map(_length, several))


def _refuse_other_formats(document: Document, what: str) -> None:
    if document["format"] != FORMAT:
        raise _newer(what, [f"format {document['format']}"])


def _newer(what: str, unknown: Iterable[str]) -> NewerRelease:
    return NewerRelease(
        f"The stored {what} were written by a newer release of TEAM Bot ({', '.join(sorted(unknown))}). Update this "
        "one: until then it decides nothing by them, and access still ends."
    )


_YOUNG = frozenset(
    {"direct_ous", "notify", "target_groups", *(name for name, setting in SETTINGS.items() if setting.is_young)}
)
"""Fields that the release before this one does not know: at their default they are left out (``Setting.is_young``)."""


def _dump_settings(settings: Settings) -> Document:
    """In the words of the release before, as far as it has any; it knew no length that is none."""
    document = _dump(settings)
    for name, mark in _NONE.items():
        if document[name] is None:
            del document[name]
            document[mark] = True
    if settings.ticket is not Requirement.OPTIONAL:
        document[_TICKET_ONCE] = document.pop("ticket") == Requirement.REQUIRED
    return document


def _dump(part: Settings | EligibilityPolicy | ApprovalPolicy) -> Document:
    values = ((field, getattr(part, field.name)) for field in fields(part))
    return {
        field.name: _dump_value(value) for field, value in values if field.name not in _YOUNG or value != field.default
    }


def _dump_value(value: Any) -> Any:
    match value:
        case timedelta():
            return value.total_seconds()
        case frozenset():
            return sorted(value)
        case tuple():
            return [_dump_value(each) for each in value]
        case _:
            return value


def _some_of(values: type[StrEnum], stored: Iterable[str]) -> frozenset[StrEnum]:
    return frozenset(map(values, stored))


def _as_it_was(value: Any) -> Any:
    return value


def _reader(kind: SettingKind) -> Callable[[Any], Any]:
    match kind:
        case OneOf(values):
            return values
        case SomeOf(values):
            return partial(_some_of, values)
        case Length():
            return _length
        case Lengths():
            return _lengths
        case AccountIds() | PermissionSetArns():
            return frozenset
        case OnOff() | Number() | Pattern() | OneGroup():
            return _as_it_was
        case _:
            assert_never(kind)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("users", "groups", "accounts", "ous", "direct_ous", "permission_sets"), frozenset),
    **dict.fromkeys(("target_groups", "approver_groups", "approver_users"), frozenset),
    "channels": tuple,
    "notify": Notify,
    **{name: _reader(setting.kind) for name, setting in SETTINGS.items()},
}
"""The reader of each field from JSON. A policy has a longest access, too."""


def _load(part: type[P], document: Document) -> P:
    if unknown := document.keys() - {field.name for field in fields(part)}:
        raise _newer("policies", unknown)
    try:
        return part(**{name: _load_value(name, value) for name, value in document.items()})
    except ValueError as error:  # a choice that there was not
        raise _newer("policies", [str(error)]) from error


def _load_value(name: str, value: Any) -> Any:
    return None if value is None else _READERS.get(name, _as_it_was)(value)
