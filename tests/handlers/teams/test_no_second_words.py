"""Teams has no sentence of its own that Slack has too: what both say is said in words and screens."""

import ast
from collections.abc import Iterator
from pathlib import Path

import handlers

ROOT = Path(handlers.__file__).parent
OF_TEAMS = ("teams", "bot_connector")
OF_SLACK = ("slack", "slack_api")
OF_BOTH = ("words", "screens", "flows", "chat", "web_api")


def sentences(*packages: str, root: Path = ROOT) -> Iterator[str]:
    """Every text of several words in the code of these packages, but for docstrings."""
    for path in (path for package in packages for path in (root / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                words = " ".join(node.value.split())
                if words.count(" ") >= 2 and words[0].isupper() and " | " not in words:  # else a type
                    yield words


def said_twice(root: Path = ROOT) -> set[str]:
    """Neither beside the one of Slack's side, nor beside the one that both have."""
    return set(sentences(*OF_TEAMS, root=root)) & set(sentences(*OF_SLACK, *OF_BOTH, root=root))


def test_no_sentence_is_said_twice() -> None:
    assert len(set(sentences(*OF_TEAMS))) > 10
    assert said_twice() == set()


def test_drawing_has_no_sentences_at_all() -> None:
    assert set(sentences("teams/drawing")) == set()


def test_a_sentence_that_both_have_is_found(tmp_path: Path) -> None:
    for folder, module in (
        ("teams", 'A = "Nobody can approve it."'),
        ("slack", 'def b(): return f"Nobody can approve it."'),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "said.py").write_text(f'"""Words of one platform."""\n{module}\n')

    assert said_twice(tmp_path) == {"Nobody can approve it."}
