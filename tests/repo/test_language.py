"""Language: a docstring begins with the thing that it is about, not with a clause about it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, modules, python_files, show, statements

CLAUSE = re.compile(r"(?:How|What|When|Where|Whether|Which|Who|Whoever|Whom|Whose|Why)\b")


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of each: of a module, class or function, and of the name above it."""
    for node in statements(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                text = statement.value.value
                if isinstance(text, str):
                    yield statement.lineno, text.strip()


def clauses(path: Path) -> list[str]:
    """The docstrings of a file that begin with a clause."""
    found = docstrings(ast.parse(path.read_text(encoding="utf-8")))
    return [f"{show(path)}:{line}: {text.partition('.')[0]}" for line, text in found if CLAUSE.match(text)]


def test_docstrings_begin_with_the_thing_and_not_with_a_clause_about_it() -> None:
    judged = list(python_files())

    assert len(judged) > 1200
    assert [found for path in judged for found in clauses(path)] == []


@pytest.mark.parametrize("text", ["What is shown.", "Whether it may.", "Where the card stands: in a channel."])
def test_a_clause_is_found_wherever_it_is_the_docstring(text: str) -> None:
    source = (
        f'"""{text}"""\nLIMIT = 1\n"""{text}"""\nclass A:\n    """{text}"""\n    def b(self):\n        """{text}"""\n'
    )

    assert [line for line, found in docstrings(ast.parse(source)) if CLAUSE.match(found)] == [1, 3, 5, 7]


def test_each_class_of_the_product_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for path in modules():
        if not path.is_relative_to(ROOT / "infra"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes.setdefault(node.name, []).append(show(path))

    assert len(homes) > 700
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}
