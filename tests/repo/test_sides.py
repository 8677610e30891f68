"""Every error about AWS, Slack or the database names its side where it is made: a person reads which one is away."""

import ast
from collections.abc import Iterator

from tests.repo.tree import ROOT

NAMES = frozenset({"Upstream", "UpstreamBusy", "UpstreamRefused", "AnswerLost", "OtherInstance"})
BOTH_ASKED = frozenset({"handlers/flows/policy_change.py"})
"""Files where two sides are asked at once, and either may be the slow one."""


def made(source: str) -> Iterator[tuple[int, str]]:
    """The lines where such an error is made, and the side that each names; empty when it names none."""
    if not any(name in source for name in NAMES):
        return
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    later = {
        id(node.func.value): node.args
        for node in calls
        if isinstance(node.func, ast.Attribute) and node.func.attr == "at"
    }
    for node in calls:
        if isinstance(node.func, ast.Name) and node.func.id in NAMES:
            given = [keyword.value for keyword in node.keywords if keyword.arg == "side"] or later.get(id(node), [])
            yield node.lineno, ast.unparse(given[0]) if given else ""


def test_no_error_of_another_side_is_made_without_it() -> None:
    nameless = []
    for folder in ("core", "handlers", "bot"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            where = path.relative_to(ROOT).as_posix()
            unknown = {"Side.UNKNOWN"} if where not in BOTH_ASKED else set()
            nameless += [f"{where}:{line}" for line, side in made(path.read_text()) if side in {"", *unknown}]
    assert nameless == []


def test_the_search_finds_one_that_is_nameless() -> None:
    lines = ["raise UpstreamBusy('a')", "raise UpstreamBusy('b').at(Side.AWS)", "raise AnswerLost('c', side=Side.CHAT)"]
    assert sorted(made("\n".join(lines))) == [(1, ""), (2, "Side.AWS"), (3, "Side.CHAT")]
