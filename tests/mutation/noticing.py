"""Tests that could notice a mutant: those that reach its line, the quickest first, as ``make coverage`` measured."""

import ast
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from coverage import CoverageData

from tests.mutation.mutants import Mutant

MEASURED = Path("out/coverage/measured")
PATIENCE = 60.0
"""Seconds of tests, as they took when measured, that are spent on one mutant. What lives that long counts as alive."""


class Noticing:
    """``of(mutant)``: the names of tests in the order to run them, and the seconds that they took when measured."""

    def __init__(self, modules: Iterable[Path]) -> None:
        data = CoverageData(str(MEASURED))
        data.read()
        measured = {Path(name).resolve(): name for name in data.measured_files()}
        self._tests = {
            module: data.contexts_by_lineno(measured[module.resolve()])
            for module in modules
            if module.resolve() in measured
        }
        self._took: dict[str, float] = {}
        for part in MEASURED.parent.glob("took.*.json"):
            self._took |= json.loads(part.read_text(encoding="utf-8"))
        self._uses = _uses(self._tests)

    def of(self, mutant: Mutant) -> tuple[list[str], float]:
        reached = {(mutant.module, line) for line in mutant.lines}
        if mutant.function is None:
            reached |= self._uses.get(mutant.defines, set())
        names = {name for module, line in reached for name in self._tests.get(module, {}).get(line, ()) if name}
        chosen: list[str] = []
        spent = 0.0
        for name in sorted(names, key=lambda name: (self._took.get(name, 0.0), name)):
            spent += self._took.get(name, 0.0)
            if chosen and spent > PATIENCE:
                break
            chosen.append(name)
        return chosen, min(spent, PATIENCE)


def _uses(modules: Iterable[Path]) -> dict[str, set[tuple[Path, int]]]:
    """The places where each name is used, so that tests which rest on a constant or a table are known by it.

    A name that is used only to define another one is used where that one is.
    """
    uses: dict[str, set[tuple[Path, int]]] = defaultdict(set)
    makes: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for statement in ast.parse(module.read_bytes()).body:
            for name, line in _names(statement):
                uses[name].add((module, line))
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                defined = {name for name, _ in _names(statement, ast.Store)}
                for name, _ in _names(statement, ast.Load):
                    makes[name] |= defined
    return {name: set().union(*(uses[made] for made in _reached(name, makes))) for name in [*uses]}


def _reached(name: str, makes: Mapping[str, set[str]]) -> set[str]:
    reached, ahead = {name}, [name]
    while ahead:
        new = makes.get(ahead.pop(), set()) - reached
        reached |= new
        ahead += new
    return reached


def _names(tree: ast.AST, context: type[ast.expr_context] = ast.expr_context) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, context):
            yield node.attr, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from ((node.name, line) for line in range(node.lineno, (node.end_lineno or node.lineno) + 1))
