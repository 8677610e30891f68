"""The benchmark's own arithmetic: what passes, what falls short, what is compared with what."""

import json
from pathlib import Path

import pytest

from tests.bench.rows import PASS, SHORT, Bound, Earlier, Results, most, over, times


@pytest.mark.parametrize(
    ("bound", "value", "verdict"),
    [
        (times(2), 20.0, PASS),
        (times(2), 20.1, SHORT),
        (over(60), 70.0, PASS),
        (over(60), 70.1, SHORT),
        (most(12), 12.0, PASS),
        (most(12), 12.1, SHORT),
        (None, 99.0, ""),
    ],
)
def test_a_row_passes_up_to_its_bound(bound: Bound | None, value: float, verdict: str) -> None:
    row = Results().add("a click", [value], floor=[10.0], bound=bound)

    assert row.verdict == verdict


def test_the_same_number_of_floor_and_values_is_compared() -> None:
    values, floor = [1.0] * 98 + [50.0, 60.0], [1.0] * 98 + [10.0, 20.0]

    assert Results().add("a click", values, floor=floor, bound=times(2)).ratio == 1
    assert Results().add("a click", values, floor=floor, bound=times(2), judged="p99").ratio == 5
    assert Results().add("a click", values, floor=floor, bound=times(2), judged="longest").ratio == 3


def test_a_bound_over_a_floor_needs_one() -> None:
    row = Results().add("a click", [1.0], bound=times(2))

    with pytest.raises(ValueError, match="no floor"):
        _ = row.verdict


def test_an_earlier_run_stands_beside_this_one(tmp_path: Path) -> None:
    before, now = Results(), Results()
    before.add("a click", [40.0], floor=[10.0])
    before.add("calls", [22.0], unit="")
    before.write(tmp_path / "before.json")
    for name, values, floor in (("a click", [60.0], [30.0]), ("calls", [12.0], []), ("new", [1.0], [])):
        now.add(name, values, floor=floor, unit="")

    said = [line.split()[-1] for line in now.table(Earlier.read(tmp_path / "before.json")).splitlines()]

    assert said == ["before", "4.00x", "22", "-"]
    assert [row["name"] for row in json.loads((tmp_path / "before.json").read_text())["rows"]] == ["a click", "calls"]
