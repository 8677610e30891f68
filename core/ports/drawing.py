"""Charts, as what is to be drawn and not how: whoever draws chooses shapes and sizes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of what is shown; ``values`` has one for each label of its chart."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars. ``labels`` name the bars, ``unit`` what is counted, ``alt`` says in words what is to be seen."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    alt: str
    over_time: bool = False
    """The bars follow each other in time, instead of being a ranking."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, and the same in words."""

    title: str
    facts: Sequence[tuple[str, str]]
    charts: Sequence[Chart]
    alt: str


class ChartPainter(Protocol):
    """Draws in a place of its own: nothing else waits for it.

    UpstreamRefused, of the bot's own side, where what draws is not installed; UpstreamBusy when it did not get done.
    """

    async def picture(self, title: str, facts: Sequence[tuple[str, str]], charts: Sequence[Chart]) -> bytes:
        """One PNG with the title, the facts and all the charts."""
        ...

    async def drawings(self, charts: Sequence[Chart]) -> Sequence[str]:
        """An SVG document for each chart."""
        ...
