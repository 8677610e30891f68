"""Draws what standard input asks for, as JSON, to standard output: a PNG of all charts, or an SVG of each.

Colours are those of Okabe and Ito, which people tell apart whatever colours they see (jfly.uni-koeln.de/color).
"""

import io
import json
import sys
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

COLOURS = ("#0072B2", "#56B4E9", "#D55E00", "#999999", "#F0E442")
INK, QUIET, LINES = "#1f2933", "#52606d", "#e4e7eb"
COLUMNS = 2
WIDTH, ROW, TOP = 15.0, 3.9, 2.5
"""Inches: of a picture, of a row of charts, and of what stands above them."""
ALONE = (8.6, 3.6)
DOTS = 110
MOST_MARKS = 9
STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans", "Noto Sans Arabic"],
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": LINES,
    "axes.labelcolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "text.parse_math": False,  # a name with dollar signs is a name
    "svg.fonttype": "path",
    "svg.hashsalt": "teambot",
}


def main() -> None:
    """Read, draw, write."""
    asked: dict[str, Any] = json.load(sys.stdin)
    with mpl.rc_context(STYLE):
        if "title" in asked:
            sys.stdout.buffer.write(picture(asked))
        else:
            json.dump([alone(chart) for chart in asked["charts"]], sys.stdout)


def picture(asked: dict[str, Any]) -> bytes:
    """All charts on one page, below the title and the facts."""
    charts = asked["charts"]
    rows = max(1, -(-len(charts) // COLUMNS))
    height = TOP + rows * ROW
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    figure.text(0.03, 1 - 0.5 / height, asked["title"], fontsize=20, weight="bold", va="center")
    _facts(figure, asked["facts"], height)
    for place, chart in enumerate(charts):
        row, column = divmod(place, COLUMNS)
        left = 0.135 if column == 0 else 0.635
        bottom = height - TOP - (row + 1) * ROW + 0.75
        axes = figure.add_axes((left, bottom / height, 0.345, (ROW - 1.35) / height))
        draw(axes, chart)
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=DOTS, metadata={"Title": asked["title"]})
    return written.getvalue()


def _facts(figure: Figure, facts: list[list[str]], height: float) -> None:
    """In rows of five: the value large, the label small below it."""
    for place, (label, value) in enumerate(facts):
        row, column = divmod(place, 5)
        x, y = 0.03 + column * 0.195, 1 - (1.05 + row * 0.72) / height
        figure.text(x, y, "\n".join(wrap(value, 30)[:2]), fontsize=11.5, weight="bold", va="center")
        figure.text(x, y - 0.32 / height, label, fontsize=9.5, color=QUIET, va="center")


def alone(chart: dict[str, Any]) -> str:
    """One chart as an SVG of its own."""
    ranked = not chart["over_time"]
    figure = Figure(
        figsize=(ALONE[0], max(2.2, 0.9 + 0.32 * len(chart["labels"])) if ranked else ALONE[1]), layout="tight"
    )
    draw(figure.add_subplot(), chart)
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Title": chart["title"]})
    return written.getvalue()


def draw(axes: Axes, chart: dict[str, Any]) -> None:
    """Stacked bars: upright over time, lying in a ranking, where names need room."""
    axes.set_title(chart["title"], loc="left", fontsize=12.5, weight="bold", color=INK, pad=10)
    if not chart["labels"]:
        axes.text(0.5, 0.5, "Nothing in this period", ha="center", va="center", color=QUIET)
        axes.set_axis_off()
        return
    (_upright if chart["over_time"] else _lying)(axes, chart)
    shown = [series for series in chart["series"] if any(series["values"])]
    if len(shown) > 1:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=min(len(shown), 5), frameon=False, fontsize=9.5
        )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)


def _stacked(chart: dict[str, Any]) -> Iterator[tuple[str, str, list[float], list[float]]]:
    """Each series that has something: its name, its colour, where its bars begin, and how long they are."""
    begins = [0.0] * len(chart["labels"])
    for colour, series in zip(COLOURS, chart["series"], strict=False):
        if any(series["values"]):
            yield series["name"], colour, begins, series["values"]
        begins = [begin + value for begin, value in zip(begins, series["values"], strict=True)]


def _upright(axes: Axes, chart: dict[str, Any]) -> None:
    places = range(len(chart["labels"]))
    for name, colour, begins, values in _stacked(chart):
        axes.bar(places, values, bottom=begins, label=name, color=colour, width=0.82, edgecolor="white", linewidth=0.4)
    every = max(1, -(-len(chart["labels"]) // MOST_MARKS))
    axes.set_xticks(list(places)[::every], chart["labels"][::every], fontsize=9)
    axes.set_ylabel(chart["unit"])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.grid(axis="y", color=LINES, linewidth=0.8)
    axes.margins(x=0.01)


def _lying(axes: Axes, chart: dict[str, Any]) -> None:
    places = range(len(chart["labels"]))
    totals = [sum(series["values"][place] for series in chart["series"]) for place in places]
    for name, colour, begins, values in _stacked(chart):
        axes.barh(places, values, left=begins, label=name, color=colour, height=0.68, edgecolor="white", linewidth=0.4)
    for place, total in zip(places, totals, strict=True):
        axes.annotate(f"{total:g}", (total, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(list(places), chart["labels"], fontsize=9.5)
    axes.invert_yaxis()
    axes.set_xlabel(chart["unit"], fontsize=9.5) if len(chart["series"]) < 2 else None
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.grid(axis="x", color=LINES, linewidth=0.8)
    axes.margins(x=0.1)
    axes.set_ylim(max(len(chart["labels"]) - 0.5, 3.5), -0.5)


if __name__ == "__main__":
    main()
