"""The repository as its own tests see it: which files are ours to judge."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SANDBOX = ROOT / "infra/sandbox"
PACKAGES = ("bot", "handlers", "core", "infra", "manifests")
MIGRATIONS = ROOT / "core/adapters/storage/migrations/versions"
TESTS = (ROOT / "tests", SANDBOX / "tests")


def modules() -> Iterator[Path]:
    """Python files of the product and its sandbox, without tests; migrations are dated scripts, not modules."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if MIGRATIONS not in path.parents and not is_test(path):
                yield path


def python_files() -> Iterator[Path]:
    """Every Python file that a person reads: the modules and the tests."""
    yield from modules()
    for folder in TESTS:
        yield from sorted(folder.rglob("*.py"))


def is_test(path: Path) -> bool:
    """True if it lies in a folder of tests."""
    return any(folder in path.parents for folder in TESTS)


def documents() -> Iterator[Path]:
    """Every Markdown file."""
    yield from sorted(ROOT.glob("*.md"))
    for folder in ("docs", "tests", *PACKAGES):
        yield from sorted((ROOT / folder).rglob("*.md"))


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """The tree, and every statement in it: most of what ``ast.walk`` goes through is expressions."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            found = getattr(node, name, None)
            left += reversed(found) if isinstance(found, list) else ()


def show(path: Path) -> str:
    """Name a file the way a person would."""
    return path.relative_to(ROOT).as_posix()
