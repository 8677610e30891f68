"""Tests that run at the same time share a PostgreSQL server: each asks of its own database, and ends nobody else."""

import ast

from tests.repo.tree import python_files, show

VIEW = "pg_stat" + "_activity"
SESSIONS = f"FROM {VIEW}"


def test_nobody_asks_for_sessions_of_other_databases() -> None:
    others = [
        f"{show(path)}:{node.lineno}"
        for path in python_files()
        if VIEW in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SESSIONS in node.value
        if "current_database()" not in node.value
    ]
    assert others == []
