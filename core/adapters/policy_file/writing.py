"""Writes a book as a policy file that reads back as the same book. Says in comments what ids stand for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, assert_never

import yaml

from core.adapters.policy_file.schema import VERSION
from core.domain.durations import write_duration
from core.domain.ids import AccountId, OuId, PermissionSetArn
from core.domain.organization import Organization, Target
from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
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
from core.domain.settings import SETTINGS, Settings

Entry = tuple[str, str | list[str]]
"""A key with its value in YAML: a word beside it, or a list whose items stand below it."""


def write(book: PolicyBook, organization: Organization, current_names: Mapping[str, str] | None = None) -> str:
    """Write settings and policies by name; a thing that no longer exists keeps the name of its label.

    ``current_names`` are user names of users and display names of groups by id, as they are now; without them
    the labels of the book are used.
    """
    writer = _Writer(book, organization, current_names or {})
    lines = [f"version: {VERSION}", "settings:", *_lines(writer.settings(book.settings), "  ")]
    lines += _section("eligibility", (writer.eligibility(policy) for policy in book.eligibility))
    lines += _section("approval", (writer.approval(policy) for policy in book.approval))
    lines += _bundles(writer, book.bundles)
    return "\n".join(lines) + "\n"


class _Writer:
    """Knows what each id is called."""

    def __init__(self, book: PolicyBook, organization: Organization, current_names: Mapping[str, str]) -> None:
        self._book = book
        self._organization = organization
        self._current_names = current_names

    def settings(self, settings: Settings) -> Iterator[Entry]:
        for name, setting in SETTINGS.items():
            entry = self._setting(setting.kind, getattr(settings, name))
            if entry is not None:
                yield name, entry

    def _setting(self, kind: SettingKind, value: Any) -> str | list[str] | None:  # noqa: C901, PLR0911 - one row a kind
        """The value as the file has it; None for a group that nobody has chosen."""
        match kind:
            case OnOff():
                return _flag(value)
            case OneOf():
                return _word(value.value)
            case SomeOf(values):
                return [_word(each.value) for each in values if each in value]
            case Length(without=without):
                return _word(without) if value is None else write_duration(value)
            case Lengths():
                return [write_duration(each) for each in value]
            case Number():
                return str(value)
            case Pattern():
                return _word(value)
            case AccountIds():
                return self._accounts(value)
            case PermissionSetArns():
                return self._permission_sets(value)
            case OneGroup():
                return None if value is None else _word(self._name(value))
            case _:
                assert_never(kind)

    def eligibility(self, policy: EligibilityPolicy) -> Iterator[Entry]:
        yield "name", _word(policy.name)
        yield "users", self._named(policy.users)
        yield "groups", self._named(policy.groups)
        yield "accounts", self._accounts(policy.accounts)
        yield "ous", self._ous(policy.ous)
        yield "direct_ous", self._ous(policy.direct_ous)
        yield "permission_sets", self._permission_sets(policy.permission_sets)
        if policy.target_groups:
            yield "target_groups", self._named(policy.target_groups)
        if policy.max_duration is not None:
            yield "max_duration", write_duration(policy.max_duration)
        yield "approval_required", _flag(policy.approval_required)

    def approval(self, policy: ApprovalPolicy) -> Iterator[Entry]:
        yield "name", _word(policy.name)
        yield "accounts", self._accounts(policy.accounts)
        yield "ous", self._ous(policy.ous)
        yield "direct_ous", self._ous(policy.direct_ous)
        yield "permission_sets", self._permission_sets(policy.permission_sets)
        if policy.target_groups:
            yield "target_groups", self._named(policy.target_groups)
        yield "approver_groups", self._named(policy.approver_groups)
        yield "approver_users", self._named(policy.approver_users)
        yield "channels", [_word(channel) for channel in policy.channels]
        yield "notify", _word(policy.notify.value)
        yield "approvals_required", str(policy.approvals_required)

    def target(self, target: Target) -> tuple[str, str]:
        (account,), (permission_set,) = self._accounts([target.account]), self._permission_sets([target.permission_set])
        return account, permission_set

    def _name(self, identifier: str) -> str:
        return self._current_names.get(identifier) or self._book.label(identifier)

    def _named(self, ids: Iterable[str]) -> list[str]:
        return [_word(name) for name in sorted(map(self._name, ids))]

    def _permission_sets(self, arns: Iterable[PermissionSetArn]) -> list[str]:
        known = self._organization.permission_sets
        return [_word(n) for n in sorted(known[arn].name if arn in known else self._name(arn) for arn in arns)]

    def _accounts(self, ids: Iterable[AccountId]) -> list[str]:
        known = self._organization.accounts
        return [_word(id_) + _comment(known[id_].name if id_ in known else "") for id_ in sorted(ids)]

    def _ous(self, ids: Iterable[OuId]) -> list[str]:
        known = self._organization.ous
        return [_word(id_) + _comment(known[id_].name if id_ in known else "") for id_ in sorted(ids)]


def _bundles(writer: _Writer, bundles: Iterable[Bundle]) -> Iterator[str]:
    """Left out where there are none, which a release that knows no bundles can read."""
    written = [(bundle.name, [writer.target(target) for target in bundle.targets]) for bundle in bundles]
    if written:
        yield "bundles:"
    for name, targets in written:
        yield f"  - name: {_word(name)}"
        yield "    targets:"
        for account, permission_set in targets:
            yield f"      - account: {account}"
            yield f"        permission_set: {permission_set}"


def _section(name: str, policies: Iterable[Iterable[Entry]]) -> Iterator[str]:
    written = [list(_lines(policy, "    ")) for policy in policies]
    yield f"{name}:" if written else f"{name}: []"
    for first, *others in written:
        yield f"  - {first.lstrip()}"
        yield from others


def _lines(entries: Iterable[Entry], indent: str) -> Iterator[str]:
    for key, value in entries:
        if isinstance(value, str):
            yield f"{indent}{key}: {value}"
        else:
            yield f"{indent}{key}:" if value else f"{indent}{key}: []"
            yield from (f"{indent}  - {item}" for item in value)


def _word(text: str) -> str:
    """One YAML word, in quotes where it needs them; what cannot be printed is escaped."""
    plain = text.isprintable()
    style = None if plain else '"'
    listed = yaml.safe_dump([text], default_flow_style=True, default_style=style, width=10**9, allow_unicode=plain)
    return listed.strip().removeprefix("[").removesuffix("]")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _comment(name: str) -> str:
    """A comment with the name of an id. Names are free text: nothing in them may end the line."""
    shown = "".join(character if character.isprintable() else " " for character in name).strip()
    return f"  # {shown}" if shown else ""
