"""SSO Elevator's statements: its ``approval-config.json``, or the variables that older versions have them in."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.adapters.peer_files.dynamodb import rows
from core.adapters.peer_files.json_file import read_json, unusable
from core.adapters.peer_files.row import ExportedRow
from core.domain.errors import InvalidPolicies
from core.domain.ids import AccountId
from core.domain.imports.statements import Statement, Statements

WANTED = "SSO Elevator's config/approval-config.json, or the JSON of its variable STATEMENTS"
_ACCOUNT = "Account"
_EVERY = "*"
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_TEAM_KEYS = ("permissions", "groupIds", "teamAdminGroup")


def read_statements(file: Path) -> Statements:
    """Everything that the file holds. Raises InvalidPolicies with one problem."""
    documents = read_json(file, WANTED)
    if len(documents) > 1:
        raise _foreign(file, documents)
    statements, group_statements = _lists(file, documents[0])
    numbered = [ExportedRow(file.name, number, _mapping(file, number, item), "statement")
                for number, item in enumerate(statements, 1)]  # fmt: skip
    others = [(row.number, kind) for row in numbered if (kind := row.text("ResourceType")) != _ACCOUNT]
    skipped = {number for number, _ in others}
    return Statements(
        tuple(_statement(row) for row in numbered if row.number not in skipped),
        len(group_statements),
        tuple(others),
    )


def _lists(file: Path, document: Any) -> tuple[list[Any], list[Any]]:
    """Statements, and those about groups; each may be missing, not both."""
    if isinstance(document, list):
        groups = [item for item in document if isinstance(item, Mapping) and _is_about_groups(item)]
        return [item for item in document if item not in groups], groups
    found = document if isinstance(document, Mapping) else {}
    if isinstance(found.get("Environment"), Mapping):  # of `aws lambda get-function-configuration`
        found = found["Environment"]
    if isinstance(found.get("Variables"), Mapping):
        found = found["Variables"]
    given = {key.lower(): found[key] for key in ("statements", "STATEMENTS", "group_statements", "GROUP_STATEMENTS")
             if found.get(key) is not None}  # fmt: skip
    if not given:
        raise _foreign(file, [document])
    lists = {key: _decoded(file, key, value) for key, value in given.items()}
    return lists.get("statements", []), lists.get("group_statements", [])


def _is_about_groups(item: Mapping[str, Any]) -> bool:
    return "ResourceType" not in item and "PermissionSet" not in item and "Resource" in item


def _decoded(file: Path, key: str, value: Any) -> list[Any]:
    """A list; in an environment variable it is JSON in a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise unusable(f"{file.name}: `{key}` is not JSON: give {WANTED}.") from None
    if not isinstance(value, list):
        raise unusable(f"{file.name}: `{key}` is no list: give {WANTED}.")
    return value


def _foreign(file: Path, documents: list[Any]) -> InvalidPolicies:
    found = [row for document in documents for row in rows(document)]
    if any(key in row for row in found for key in _TEAM_KEYS):
        return unusable(f"{file.name} holds a table of AWS TEAM: use `teambot import team`.")
    return unusable(f"{file.name} has no statements: give {WANTED}.")


def _mapping(file: Path, number: int, item: Any) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise unusable(f"{file.name}: statement {number} is no object with keys: give {WANTED}.")
    if any(key in item for key in _TEAM_KEYS):
        raise unusable(f"{file.name} holds a table of AWS TEAM: use `teambot import team`.")
    return item


def _statement(row: ExportedRow) -> Statement:
    return Statement(
        number=row.number,
        accounts=_accounts(row),
        permission_sets=_some(row, "PermissionSet"),
        approvers=tuple(dict.fromkeys(row.texts("Approvers"))),
        approval_not_required=row.perhaps("ApprovalIsNotRequired"),
        allow_self_approval=row.perhaps("AllowSelfApproval"),
    )


def _some(row: ExportedRow, key: str) -> frozenset[str] | None:
    """The entries of a list; None for ``*``, also among others."""
    found = row.texts(key)
    if not found:
        raise row.problem(f"has no `{key}`: add it, or take the statement out")
    return None if _EVERY in found else frozenset(found)


def _accounts(row: ExportedRow) -> frozenset[AccountId] | None:
    found = _some(row, "Resource")
    if found is not None and not all(_ACCOUNT_ID.fullmatch(account) for account in found):
        raise row.problem("has something else than account ids of 12 digits in `Resource`: mend it")
    return None if found is None else frozenset(map(AccountId, found))
