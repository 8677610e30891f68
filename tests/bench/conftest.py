"""Results of the benchmarks: one table at the end, and the same as JSON in `out/bench.json`.

A number of seconds says more of the machine than of the program. What counts is how many times a floor something
takes: the least it could have taken, measured beside it.
"""

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

OUT = Path(__file__).parents[2] / "out"


@dataclass(frozen=True)
class Result:
    name: str
    #: Seconds, as the floor.
    took: float
    floor_is: str
    floor: float
    #: How many times the floor.
    ratio: float
    #: The most that the ratio may be; None: it is only measured.
    bound: float | None = None

    @property
    def verdict(self) -> str:
        if self.bound is None:
            return ""
        return "pass" if self.ratio <= self.bound else "short"


class Results(list[Result]):
    def add(
        self, name: str, took: Sequence[float], *, floor_is: str, floor: Sequence[float], bound: float | None = None
    ) -> Result:
        """Medians of both."""
        above, below = statistics.median(took), statistics.median(floor)
        self.append(Result(name, above, floor_is, below, above / below, bound))
        return self[-1]

    def table(self) -> str:
        lines = [f"{'what':<46} {'took':>10} {'floor':>10} {'ratio':>7} {'bound':>7} {'':<5}  floor is"]
        lines += [_line(each) for each in sorted(self, key=lambda each: each.name)]
        return "\n".join(lines)


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Iterator[Results]:
    found = Results()
    yield found
    OUT.mkdir(exist_ok=True)
    (OUT / "bench.json").write_text(json.dumps([asdict(each) for each in found], indent=2) + "\n")
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.write(f"\n\n{found.table()}\n\n")


def _line(each: Result) -> str:
    bound = "" if each.bound is None else f"{each.bound:.2f}x"
    measured = f"{_show(each.took):>10} {_show(each.floor):>10} {each.ratio:>6.2f}x {bound:>7} {each.verdict:<5}"
    return f"{each.name:<46} {measured}  {each.floor_is}"


def _show(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"
