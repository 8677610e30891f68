"""The costs that the documentation tells: each is what its formula gives, and sums are sums."""

import ast
import re

import pytest

from tests.infra.stacks import read
from tests.repo.tree import ROOT

DOCUMENT = (ROOT / "docs/install-aws.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (.+?) \| `([0-9 .+*()]+)` \| ([0-9.]+) \|$", re.MULTILINE)
SUM = re.compile(r"^\| \*\*Sum\*\* \| \| \*\*([0-9.]+)\*\* \|$", re.MULTILINE)
TABLES = {
    name: DOCUMENT.partition(f"\n| {name} | Formula |")[2].partition("\n\n")[0]
    for name in ("Usual", "Small", "In addition")
}


def value(formula: str) -> float:
    """A formula of numbers, plus and times."""

    def of(node: ast.expr) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return node.value
        assert isinstance(node, ast.BinOp)
        assert isinstance(node.op, ast.Add | ast.Mult)
        left, right = of(node.left), of(node.right)
        return left + right if isinstance(node.op, ast.Add) else left * right

    return of(ast.parse(formula, mode="eval").body)


@pytest.mark.parametrize("table", TABLES)
def test_every_cost_is_what_its_formula_gives(table: str) -> None:
    rows = ROW.findall(TABLES[table])

    assert len(rows) > 2
    assert [what for what, formula, told in rows if abs(value(formula) - float(told)) > 0.005001] == []
    for total in SUM.findall(TABLES[table]):
        assert float(total) == pytest.approx(sum(float(told) for _, _, told in rows))


@pytest.mark.parametrize(("table", "template"), [("Usual", "teambot.yaml"), ("Small", "small.yaml")])
def test_a_template_and_the_choice_of_paths_tell_the_same_sum(table: str, template: str) -> None:
    (total,) = SUM.findall(TABLES[table])

    assert f"About ${float(total):.0f} a month" in read(template)["Description"]
    assert re.search(rf"`infra/aws/{template}` \| \${float(total):.0f} \|", DOCUMENT)
