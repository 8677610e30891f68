"""Strings that are stored, or that a message sent long ago brings back, stay as they are when names in the code change.

``persisted.toml`` has each of them as a literal. One that is new is added there; one that is there never changes, and
goes only with a migration of the rows that bear it.
"""

import ast
import enum
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from core.adapters.storage import tables
from core.domain import commands, errors, notices, people, policy, request, settings
from core.ports import teams
from handlers.screens import ids
from handlers.words import shortcuts

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LITERALS = tomllib.loads((HERE / "persisted.toml").read_text(encoding="utf-8"))
CHOICES: tuple[type[enum.StrEnum], ...] = (
    commands.CommandKind,
    commands.ExportKind,
    teams.ConversationKind,
    notices.Topic,
    notices.Form,
    notices.Audience,
    request.Status,
    request.Event,
    request.LeftBehind,
    people.PinState,
    errors.Reason,
    settings.Requirement,
    settings.UnknownAssignments,
    settings.PolicyChanges,
    settings.MentionApprovers,
    policy.Notify,
    shortcuts.ShortcutId,
    ids.ActionId,
    ids.FormId,
    ids.InputId,
)


def audit_actions() -> Iterable[str]:
    """The first argument of every ``AuditEvent(…)`` in the code, where it is a literal."""
    for folder in ("core", "bot"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)) if "AuditEvent(" in text else ():
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AuditEvent" and node.args:
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value


@pytest.mark.parametrize("choices", CHOICES, ids=lambda choices: choices.__name__)
def test_a_choice_that_is_stored_keeps_its_string(choices: type[enum.StrEnum]) -> None:
    assert sorted(choice.value for choice in choices) == sorted(LITERALS["choices"][choices.__name__])


def test_tables_and_columns_keep_their_names() -> None:
    found = {
        name: sorted(column.name for column in table.columns)
        for name, table in tables.RequestRow.metadata.tables.items()
    }
    assert found == {name: sorted(columns) for name, columns in LITERALS["tables"].items()}


def test_actions_of_the_audit_trail_keep_their_names() -> None:
    assert sorted(set(audit_actions())) == sorted(LITERALS["audit"]["actions"])
