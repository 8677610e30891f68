"""The picture of how costs grow with their sizes, drawn from the results of a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

WIDTH, HEIGHT = 8.0, 4.5
"""Inches."""


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
