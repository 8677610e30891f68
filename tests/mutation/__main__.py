"""Mutation testing: ``make mutants``, or ``python -m tests.mutation [MODULE…] [--sample N --seed S] [--again]``.

Prints every mutant that no test notices, as a diff, and how many there were of each kind in each module. Those that
do what the original does are named in ``equivalent.toml``, each with the reason; they are not run and do not count.
"""

import argparse
import json
import math
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.noticing import Noticing
from tests.mutation.running import Fate, Trial, run_all

WHOLE = (Path("core/domain"), Path("core/services"))
LAST = Path("out/mutants.json")
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
ENOUGH = 0.9
Key = tuple[str, str, str]
"""Module, what was there, what is there instead: without line numbers, which move."""


def key_of(mutant: Mutant) -> Key:
    diff = mutant.diff(mutant.module.read_bytes())
    before, after = (" ".join(line[1:].strip() for line in diff if line[0] == sign) for sign in "-+")
    return str(mutant.module), before, after


def known_equivalents() -> dict[Key, str]:
    rows = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    return {(row["module"], row["before"], row["after"]): row["because"] for row in rows}


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Wilson's interval at 95 %."""
    z, share = 1.96, killed / tried
    middle, spread = share + z * z / (2 * tried), z * math.sqrt((share * (1 - share) + z * z / (4 * tried)) / tried)
    return (middle - spread) / (1 + z * z / tried), (middle + spread) / (1 + z * z / tried)


def _say(line: str) -> None:
    """Past pytest, which has the standard output in hand."""
    assert sys.__stdout__ is not None
    sys.__stdout__.write(f"{line}\n")
    sys.__stdout__.flush()


class Report:
    """Counts what became of each mutant, and shows the survivors as they are found."""

    def __init__(self, of: int) -> None:
        self._of, self._done, self._began = of, 0, time.monotonic()
        self._counts: dict[str, Counter[str]] = {}
        self.survivors: list[Key] = []

    def count(self, mutant: Mutant, kind: str) -> None:
        self._counts.setdefault(str(mutant.module), Counter())[kind] += 1

    def tell(self, trial: Trial, fate: Fate) -> None:
        mutant = trial.mutant
        self._done += 1
        self.count(mutant, fate.value)
        if fate is Fate.SURVIVED:
            self.survivors.append(key_of(mutant))
            tested = f"{len(trial.tests)} tests" if trial.tests else "no test reaches it"
            diff = "\n".join(mutant.diff(mutant.module.read_bytes()))
            _say(f"\n{mutant.module}:{mutant.place[0]} survived ({tested})\n{diff}")
        if self._done % 50 == 0:
            _say(f"… {self._done} of {self._of}, {time.monotonic() - self._began:.0f} s")

    def table(self, *, sampled: bool) -> float:
        """Print the numbers, and give the share of those killed."""
        kinds = [fate.value for fate in Fate] + ["equivalent"]
        _say(f"{'module':40}{'mutants':>9}" + "".join(f"{kind:>12}" for kind in kinds) + f"{'score':>9}")
        total: Counter[str] = Counter()
        for module, counts in sorted(self._counts.items()):
            total += counts
            self._row(module, counts, kinds)
        self._row("all", total, kinds)
        killed, tried = self._score(total)
        if sampled and tried:
            low, high = interval(killed, tried)
            _say(f"a sample: with 95 % certainty between {low:.1%} and {high:.1%} of all")
        return killed / tried if tried else 1.0

    def _row(self, name: str, counts: Counter[str], kinds: Sequence[str]) -> None:
        killed, tried = self._score(counts)
        score = f"{killed / tried:.1%}" if tried else "-"
        _say(f"{name:40}{counts.total():9}" + "".join(f"{counts[kind]:12}" for kind in kinds) + f"{score:>9}")

    @staticmethod
    def _score(counts: Counter[str]) -> tuple[int, int]:
        killed = counts[Fate.KILLED.value] + counts[Fate.HUNG.value]
        return killed, killed + counts[Fate.SURVIVED.value]


def _modules(paths: Iterable[Path]) -> list[Path]:
    return sorted(module for path in paths for module in (path.glob("**/*.py") if path.is_dir() else [path]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", nargs="*", type=Path, default=WHOLE)
    parser.add_argument("--sample", type=int, help="so many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="only those that survived the last time")
    chosen = parser.parse_args()
    pool = [mutant for module in _modules(chosen.paths) for mutant in mutants(module)]
    if chosen.again:
        survivors = {tuple(key) for key in json.loads(LAST.read_text(encoding="utf-8"))}
        pool = [mutant for mutant in pool if key_of(mutant) in survivors]
    if chosen.sample:
        pool = random.Random(chosen.seed).sample(pool, min(chosen.sample, len(pool)))  # noqa: S311
    report, equivalent = Report(len(pool)), known_equivalents()
    noticing, trials = Noticing(_modules(WHOLE)), []
    for mutant in pool:
        if key_of(mutant) in equivalent:
            report.count(mutant, "equivalent")
        else:
            trials.append(Trial(mutant, *noticing.of(mutant)))
    run_all(trials, report.tell)
    LAST.parent.mkdir(exist_ok=True)
    LAST.write_text(json.dumps(report.survivors, indent=1), encoding="utf-8")
    score = report.table(sampled=bool(chosen.sample))
    sys.exit(0 if score >= ENOUGH else 1)


if __name__ == "__main__":
    main()
