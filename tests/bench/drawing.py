"""A run in docs/performance.md: its table, the machine, and a picture of how costs grow with their sizes."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench.rows import Results, machine

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PICTURE = DOCS / "performance.md", DOCS / "images" / "growth.svg"
BEGIN, END = "<!-- measured: written by make bench ARGS=--document -->", "<!-- /measured -->"
WIDTH, HEIGHT = 8.0, 4.5
"""Inches."""


def document(results: Results) -> None:
    """Put a run into the page, in the place of the one before."""
    page = PAGE.read_text(encoding="utf-8")
    block = f"{BEGIN}\n\n{_said(results)}\n\n{END}"
    PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: block, page, flags=re.DOTALL), encoding="utf-8")
    if results.growth:
        draw(results.growth, PICTURE)


def draw(growth: Mapping[str, Sequence[tuple[float, float]]], path: Path) -> None:
    """One line each, on logarithmic axes: what costs ten times as much at ten times the size has a slope of one."""
    mpl.rcParams["svg.hashsalt"] = "teambot"  # the same numbers make the same file
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    for name, points in growth.items():
        axes.plot([size for size, _ in points], [cost for _, cost in points], marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="size", ylabel="milliseconds")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def _said(results: Results) -> str:
    where = machine()
    day = datetime.now(UTC).date()
    lines = [f"Measured on {day}, on {where['cpu']}, {where['system']}, Python {where['python']}.", ""]
    head, *rows = results.cells()
    lines += [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    short = len(results.short)
    lines += ["", f"{short} of {len(rows)} rows fall short." if short else "No row falls short."]
    return "\n".join(lines)
