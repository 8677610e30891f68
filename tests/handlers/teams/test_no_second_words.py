"""Teams has no sentence of its own that Slack has too: what is said is said in words and screens."""

import ast
from collections.abc import Iterator
from pathlib import Path

import handlers

ROOT = Path(handlers.__file__).parent


def sentences(*packages: str) -> Iterator[str]:
    """Every text of several words in the code of these packages, but for docstrings."""
    for path in (path for package in packages for path in (ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                words = " ".join(node.value.split())
                if words.count(" ") >= 2 and words[0].isupper() and " | " not in words:  # else a type
                    yield words


def test_no_sentence_is_said_twice() -> None:
    """Neither beside the one of Slack's side, nor beside the one that both have."""
    shared = set(sentences("teams")) & set(sentences("slack", "words", "screens", "flows"))
    assert shared == set()


def test_drawing_has_no_sentences_at_all() -> None:
    assert set(sentences("teams/drawing")) == set()
