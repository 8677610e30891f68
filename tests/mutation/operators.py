"""The small faults that are planted, one at a time: what is changed of a syntax tree's node, and into what.

Each operator yields pairs of a span of the source and the text that stands there instead.
"""

import ast
from collections.abc import Callable, Iterator, Sequence

Change = tuple[tuple[int, int, int, int], str]
"""Line, column, last line, last column (columns in bytes, as ``ast`` counts), and the text put there."""

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}


def span(node: ast.expr | ast.stmt | ast.pattern) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _instead(node: ast.expr, new: ast.expr) -> Change:
    return span(node), f"({ast.unparse(new)})"


def _comparison(node: ast.Compare) -> Iterator[Change]:
    for at, operator in enumerate(node.ops):
        operators = [*node.ops[:at], COMPARISONS[type(operator)](), *node.ops[at + 1 :]]
        yield _instead(node, ast.Compare(node.left, operators, node.comparators))


def _junction(node: ast.BoolOp) -> Iterator[Change]:
    yield _instead(node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))


def _sign(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield _instead(node, node.operand)


def _sum(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in ARITHMETIC:
        yield _instead(node, ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right))


def _constant(node: ast.Constant) -> Iterator[Change]:
    """Another number, the other truth, another name. A sentence is for readers to judge: its words are left alone."""
    if isinstance(node.value, bool):
        yield _instead(node, ast.Constant(not node.value))
    elif isinstance(node.value, int | float):
        yield _instead(node, ast.Constant(node.value + 1))
    elif isinstance(node.value, str) and not any(character.isspace() for character in node.value.strip()):
        yield _instead(node, ast.Constant(f"XX{node.value}"))


def _call(node: ast.Call) -> Iterator[Change]:
    if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        yield span(node.func), FUNCTIONS[node.func.id]


def _one_fewer(node: ast.Set | ast.List) -> Iterator[Change]:
    if len(node.elts) > 1 and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        for at in range(len(node.elts)):
            yield _instead(node, type(node)(elts=[*node.elts[:at], *node.elts[at + 1 :]]))


def _one_row_fewer(node: ast.Dict) -> Iterator[Change]:
    for at in range(len(node.keys)):
        kept = [*node.keys[:at], *node.keys[at + 1 :]], [*node.values[:at], *node.values[at + 1 :]]
        yield _instead(node, ast.Dict(*kept))


def _branch(node: ast.If | ast.While | ast.IfExp) -> Iterator[Change]:
    yield from _turned(node.test)


def _filter(node: ast.comprehension) -> Iterator[Change]:
    for test in node.ifs:
        yield from _turned(test)


def _turned(test: ast.expr) -> Iterator[Change]:
    """The opposite of a condition that no other operator turns."""
    if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
        yield span(test), f"(not ({ast.unparse(test)}))"


def _case(node: ast.match_case) -> Iterator[Change]:
    if node.guard is not None:
        yield from _turned(node.guard)
    elif not (isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None):
        _, _, line, column = span(node.pattern)
        yield (line, column, line, column), " if False"


def _answer(node: ast.Return) -> Iterator[Change]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield span(node), "return None"


def _left_out(node: ast.Expr) -> Iterator[Change]:
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    if isinstance(value, ast.Call):
        yield span(node), "pass"


def _raised(node: ast.Raise) -> Iterator[Change]:
    yield span(node), "pass"


def _added(node: ast.AugAssign) -> Iterator[Change]:
    if type(node.op) in ARITHMETIC:
        yield span(node), ast.unparse(ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value))


def _break(node: ast.Break) -> Iterator[Change]:
    yield span(node), "continue"


def _continue(node: ast.Continue) -> Iterator[Change]:
    yield span(node), "break"


OPERATORS: Sequence[tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[Change]]]] = (
    (ast.Compare, _comparison),
    (ast.BoolOp, _junction),
    (ast.UnaryOp, _sign),
    (ast.BinOp, _sum),
    (ast.Constant, _constant),
    (ast.Call, _call),
    ((ast.Set, ast.List), _one_fewer),
    (ast.Dict, _one_row_fewer),
    ((ast.If, ast.While, ast.IfExp), _branch),
    (ast.comprehension, _filter),
    (ast.match_case, _case),
    (ast.Return, _answer),
    (ast.Expr, _left_out),
    (ast.Raise, _raised),
    (ast.AugAssign, _added),
    (ast.Break, _break),
    (ast.Continue, _continue),
)


def changes(node: ast.AST) -> Iterator[Change]:
    for kinds, operator in OPERATORS:
        if isinstance(node, kinds):
            yield from operator(node)
