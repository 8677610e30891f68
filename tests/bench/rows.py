"""Rows of the benchmark: what was measured, its floor in the same run, and what it must not be over.

A number of milliseconds says more of the machine than of the program. What counts is how far something is from a
floor: what a bare Bolt app takes for the same call in the same minute, or what AWS itself needs. Rows without a floor
are counts, and sizes.
"""

import json
import math
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

OUT = Path(__file__).parents[2] / "out"
PASS, SHORT = "pass", "short"


class Kind(StrEnum):
    """The ways in which a bound is set."""

    TIMES = "times the floor"
    OVER = "over the floor"
    MOST = "at most"


@dataclass(frozen=True, slots=True)
class Bound:
    kind: Kind
    limit: float

    def allows(self, value: float, floor: float | None) -> bool:
        """Raises ValueError where a floor is needed and there is none."""
        if self.kind is Kind.MOST:
            return value <= self.limit
        if floor is None:
            raise ValueError("a bound over the floor, and no floor")
        return value <= (floor * self.limit if self.kind is Kind.TIMES else floor + self.limit)

    def __str__(self) -> str:
        return {Kind.TIMES: "{:g}x", Kind.OVER: "floor+{:g}", Kind.MOST: "{:g}"}[self.kind].format(self.limit)


def times(limit: float) -> Bound:
    return Bound(Kind.TIMES, limit)


def over(limit: float) -> Bound:
    return Bound(Kind.OVER, limit)


def most(limit: float) -> Bound:
    return Bound(Kind.MOST, limit)


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    unit: str
    count: int
    """The number of values it was made of."""
    median: float
    p95: float
    p99: float
    longest: float
    judged: str = "median"
    """The name of the number that the bound is for."""
    floor: float | None = None
    """The same number of the floor."""
    bound: Bound | None = None

    @property
    def value(self) -> float:
        return float(getattr(self, self.judged))

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def verdict(self) -> str:
        if self.bound is None:
            return ""
        return PASS if self.bound.allows(self.value, self.floor) else SHORT

    def as_json(self) -> dict[str, Any]:
        names = ("name", "unit", "count", "median", "p95", "p99", "longest", "judged", "floor", "ratio")
        said = {name: _rounded(getattr(self, name)) for name in names}
        return {**said, "bound": str(self.bound) if self.bound else None, "verdict": self.verdict}


@dataclass(slots=True)
class Results:
    rows: list[Row] = field(default_factory=list)
    calls: dict[str, float] = field(default_factory=dict)
    """Calls to AWS that one life of a request takes, by AWS's name of the operation."""
    growth: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Costs in milliseconds, by size."""
    failed: list[str] = field(default_factory=list)
    """Measurements that came to nothing, and why."""

    def add(
        self,
        name: str,
        values: Sequence[float],
        *,
        unit: str = "ms",
        floor: Sequence[float] = (),
        bound: Bound | None = None,
        judged: str = "median",
    ) -> Row:
        """Of values and floor the same number is compared: both medians, or both 99th percentiles."""
        numbers = _numbers(values)
        below = _numbers(floor)[judged] if floor else None
        self.rows.append(Row(name, unit, len(values), **numbers, judged=judged, floor=below, bound=bound))
        return self.rows[-1]

    @property
    def short(self) -> list[Row]:
        return [row for row in self.rows if row.verdict == SHORT]

    def table(self, earlier: "Earlier | None" = None) -> str:
        lines = self.cells(earlier)
        widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
        return "\n".join(
            "  ".join(
                (line[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True)))
            )
            for line in lines
        )

    def cells(self, earlier: "Earlier | None" = None) -> list[tuple[str, ...]]:
        """The table, its head first."""
        head = ("what", "median", "p95", "p99", "floor", "ratio", "bound", "verdict", *(("before",) if earlier else ()))
        return [head, *(_cells(row, earlier) for row in self.rows)]

    def as_json(self) -> dict[str, Any]:
        return {
            "machine": machine(),
            "rows": [row.as_json() for row in self.rows],
            "calls": {name: round(number, 2) for name, number in sorted(self.calls.items())},
            "growth": self.growth,
            "failed": self.failed,
        }

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Earlier:
    """The rows of an earlier run, by name."""

    rows: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls({row["name"]: row for row in json.loads(path.read_text(encoding="utf-8"))["rows"]})

    def said(self, row: Row) -> str:
        """The earlier ratio; where there is no floor, the earlier number."""
        before = self.rows.get(row.name)
        if before is None:
            return "-"
        return _times(before["ratio"]) if before["ratio"] else _show(float(before[row.judged]), row.unit)


def machine() -> dict[str, Any]:
    """The machine that the numbers were measured on."""
    return {"cpu": _cpu(), "python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def _numbers(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)

    def percentile(share: float) -> float:
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]

    return {
        "median": statistics.median(ordered),
        "p95": percentile(0.95),
        "p99": percentile(0.99),
        "longest": ordered[-1],
    }


def _cells(row: Row, earlier: "Earlier | None") -> tuple[str, ...]:
    numbers: Iterable[float] = (row.median, row.p95, row.p99)
    return (
        f"{row.name}" + ("" if row.judged == "median" else f" ({row.judged})"),
        *(_show(number, row.unit) for number in numbers),
        "" if row.floor is None else _show(row.floor, row.unit),
        _times(row.ratio),
        str(row.bound) if row.bound else "",
        row.verdict,
        *((earlier.said(row),) if earlier else ()),
    )


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}x"


def _show(number: float, unit: str) -> str:
    return f"{number:.3g} {unit}".rstrip() if number < 1000 else f"{number:.0f} {unit}".rstrip()


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value
