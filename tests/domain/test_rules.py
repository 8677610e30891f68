"""Every rule of access that core.domain answers for is held by a test that cites it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ANSWERED_FOR = range(1, 25)
_CITED = re.compile(r"[Rr]ules? (\d+(?:(?:, | and |, and )\d+)*)")


@cache
def cited_rules() -> frozenset[int]:
    """Read when a test asks, and not by every worker that collects this file."""
    return frozenset(_cited_rules())


def _cited_rules() -> Iterator[int]:
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for numbers in _CITED.findall(ast.get_docstring(node) or ""):
                    yield from map(int, re.findall(r"\d+", numbers))


@pytest.mark.parametrize("number", ANSWERED_FOR)
def test_every_rule_has_a_test_that_cites_it(number: int) -> None:
    assert number in cited_rules()
