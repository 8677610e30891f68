"""Every mutant of a module: one small fault each, where it stands, and what must be run to notice it.

What is not behaviour has none, by rule: docstrings and the words of sentences, annotations, decorators, imports,
``__slots__``, what is logged, the value of an enum's member (inside, only which member it is counts), the names of
new types, what only a type checker reads, and lines that say that they cannot be reached.
"""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from tests.mutation.operators import Change, changes

UNTOUCHED_NAMES = frozenset({"__slots__", "__all__"})
TYPE_MAKERS = frozenset({"NewType", "TypeVar", "cast", "assert_never", "get_logger"})
LOGGERS = frozenset({"log", "_log", "logger"})
UNREACHABLE = frozenset({"NotImplementedError", "AssertionError"})
ENUMS = frozenset({"Enum", "StrEnum", "IntEnum", "Flag"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Function:
    """The outermost function around a place, as its code object names itself."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Mutant:
    module: Path
    place: tuple[int, int, int, int]
    text: str
    function: Function | None
    """None: evaluated when the module is imported."""
    defines: str
    """Without a function: the name that the statement defines."""
    lines: frozenset[int]
    """The lines of which one was reached by whoever could notice it."""

    def harmless(self) -> Self:
        """The original in the guise of a mutant: nothing is put anywhere."""
        return replace(self, place=(1, 0, 1, 0), text="")

    def source(self, original: bytes) -> str:
        lines = original.splitlines(keepends=True)
        first, start, last, end = self.place
        changed = lines[first - 1][:start] + self.text.encode() + lines[last - 1][end:]
        return b"".join([*lines[: first - 1], changed, *lines[last:]]).decode()

    def diff(self, original: bytes) -> list[str]:
        """The lines taken out and put in, with ``-`` and ``+`` before them."""
        compared = difflib.ndiff(original.decode().splitlines(), self.source(original).splitlines())
        return [line[0] + line[2:] for line in compared if line.startswith(("- ", "+ "))]


@dataclass(frozen=True, slots=True)
class _Around:
    """The surroundings of a node."""

    names: tuple[str, ...] = ()
    function: Function | None = None
    defines: str = ""
    statement: int = 0
    enum: bool = False


def mutants(module: Path) -> Iterator[Mutant]:
    source = module.read_bytes()
    seen: set[tuple[tuple[int, int, int, int], str]] = set()
    for around, (place, text) in _of_all(ast.parse(source).body, _Around()):
        if (place, text) in seen:
            continue
        seen.add((place, text))
        lines = frozenset(range(place[0], place[2] + 1)) | {around.statement}
        yield Mutant(module, place, text, around.function, around.defines, lines)


def _of_all(nodes: list[ast.stmt], around: _Around) -> Iterator[tuple[_Around, Change]]:
    for node in nodes:
        yield from _of(node, around)


def _of(node: ast.AST, around: _Around) -> Iterator[tuple[_Around, Change]]:
    if _is_exempt(node, around):
        return
    if isinstance(node, ast.stmt):
        around = replace(around, statement=node.lineno)
    if isinstance(node, FUNCTIONS):
        yield from _of_function(node, around)
        return
    if isinstance(node, ast.ClassDef):
        enum = any(isinstance(base, ast.Name) and base.id in ENUMS for base in node.bases)
        inside = replace(around, names=(*around.names, node.name), defines=node.name, enum=enum)
        yield from _of_all(node.body, inside)
        return
    if around.function is None and isinstance(node, ast.Assign | ast.AnnAssign):
        around = replace(around, defines=_name_of(node))
    for change in changes(node):
        yield around, change
    for child in _behaving(node):
        yield from _of(child, around)


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, around: _Around) -> Iterator[tuple[_Around, Change]]:
    for default in (*node.args.defaults, *(default for default in node.args.kw_defaults if default)):
        yield from _of(default, replace(around, defines=around.defines or node.name))
    if around.function is None:
        first = min(node.lineno, *(decorator.lineno for decorator in node.decorator_list), node.lineno)
        around = replace(around, function=Function(".".join((*around.names, node.name)), first))
    yield from _of_all(node.body, around)


def _behaving(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that are run; of f-strings none, since Python does not say where their parts stand."""
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list", "type_params"):
            yield from (part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST))


def _is_exempt(node: ast.AST, around: _Around) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Expr(value=ast.Constant()):
            exempt = True
        case ast.Assign() | ast.AnnAssign():
            exempt = around.function is None and (around.enum or _name_of(node) in UNTOUCHED_NAMES)
        case ast.If(test=ast.Name(id=name)):
            exempt = name == "TYPE_CHECKING"
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            exempt = name in UNREACHABLE
        case ast.Expr(value=ast.Call() as call) | (ast.Call() as call):
            exempt = _says_only(call.func)
        case _:
            exempt = False
    return exempt


def _says_only(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return name in LOGGERS or attribute in TYPE_MAKERS
        case ast.Name(id=name):
            return name in TYPE_MAKERS
        case _:
            return False


def _name_of(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return target.id if isinstance(target, ast.Name) else ""
