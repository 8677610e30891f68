"""Names and sizes: what grows past them usually hides a second idea."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.repo.tree import ROOT, modules, python_files, show

LONGEST_FILE, LONGEST_TEST_FILE = 400, 600
LONGEST_FUNCTION = 50
SHORTEST_DOCSTRING = 20
JUNK_DRAWERS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base"})


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function, decorators left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_module_says_what_it_answers_for() -> None:
    silent = [
        show(path)
        for path in modules()
        if len(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "") < SHORTEST_DOCSTRING
    ]

    assert silent == []


def test_no_module_or_package_is_a_junk_drawer() -> None:
    drawers = {
        show(path)
        for path in python_files()
        if not JUNK_DRAWERS.isdisjoint(path.relative_to(ROOT).with_suffix("").parts)
    }

    assert drawers == set()


def test_no_file_is_over_400_lines() -> None:
    lengths = {show(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}

    assert {name: length for name, length in lengths.items() if length > _most(name)} == {}


def _most(name: str) -> int:
    return LONGEST_TEST_FILE if name.startswith("tests/") else LONGEST_FILE


def test_no_function_is_over_50_lines() -> None:
    lengths = {f"{show(path)}:{name}": length for path in python_files() for name, length in functions(path)}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
