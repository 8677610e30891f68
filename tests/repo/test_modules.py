"""Names and sizes: what grows past them usually hides a second idea."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.tree import PACKAGES, ROOT, SANDBOX, is_test, modules, python_files, show, statements

LONGEST_FILE, LONGEST_TEST_FILE = 400, 600
LONGEST_FUNCTION = 50
FEWER_LINES = {"handlers/slack": 1700, "handlers/teams": 2400}
"""Limits of the folders of the platforms, which listen, draw and send, and no more."""
SHORTEST_DOCSTRING = 20
JUNK_DRAWERS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base"})


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function, decorators left out."""
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
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
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}

    assert {show(path): length for path, length in lengths.items() if length > _most(path)} == {}


@pytest.mark.parametrize("folder", FEWER_LINES)
def test_a_platform_is_a_translation(folder: str) -> None:
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")]

    assert 1000 < sum(lengths) < FEWER_LINES[folder]


def _most(path: Path) -> int:
    return LONGEST_TEST_FILE if is_test(path) else LONGEST_FILE


def test_no_function_is_over_50_lines() -> None:
    lengths = {f"{show(path)}:{name}": length for path in python_files() for name, length in functions(path)}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def imports(path: Path) -> set[str]:
    """The top-level packages that a file imports anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    of = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in plain | of}


def test_the_tests_of_the_sandbox_do_without_the_product_too() -> None:
    product = {*PACKAGES, "tests"} - {"infra"}
    files = sorted((SANDBOX / "tests").rglob("*.py"))

    assert len(files) > 25
    assert {show(path): known for path in files if (known := imports(path) & product)} == {}
