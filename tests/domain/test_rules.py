"""Every rule of access that core.domain answers for is held by a test that cites it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ANSWERED_FOR = range(1, 25)
_CITED = re.compile(r"[Rr]ules? (\d+(?:(?:, | and |, and )\d+)*)")


def cited_rules() -> Iterator[int]:
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for numbers in _CITED.findall(ast.get_docstring(node) or ""):
                    yield from map(int, re.findall(r"\d+", numbers))


CITED = frozenset(cited_rules())


@pytest.mark.parametrize("number", ANSWERED_FOR)
def test_every_rule_has_a_test_that_cites_it(number: int) -> None:
    assert number in CITED
