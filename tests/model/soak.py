"""Plays histories by the thousand on every core: ``make soak``, or ``python -m tests.model.soak [N] [SEED]``.

Prints the seed of each history that goes wrong at once; in the end the history, shrunk, and how often everything was
reached; and as the last line how many histories were played and how many went wrong. Exit code 1 when any did.
"""

import argparse
import gc
import logging
import multiprocessing
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import structlog

from tests.model.history import History, Played, drawn, play
from tests.model.memory import MemorySqlite
from tests.model.prepared import prepared
from tests.model.shrinking import shrunk

AT_ONCE = 20
"""Histories that a worker plays before it tells of them."""
RELAXED = (100_000, 20, 20)
"""A collection of garbage in each history costs as much as the history."""
MOST_SHRUNK = 10
"""Histories that are shrunk and printed; of the others the seed is."""
ANYWHERE = 1_000_000_000
KINDS = ("rule", "status", "step", "trouble", "pair", "meeting")
_storage: MemorySqlite | None = None


@dataclass(frozen=True)
class Batch:
    seeds: tuple[int, ...]
    reached: Counter[tuple[str, str]]
    wrong: tuple[int, ...]


def quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def storage() -> MemorySqlite:
    global _storage  # noqa: PLW0603 - one for each worker
    if _storage is None:
        quiet()
        _storage = prepared()
        relax()
    return _storage


def relax() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RELAXED)


def batch(seeds: tuple[int, ...]) -> Batch:
    reached, wrong = Counter[tuple[str, str]](), []
    for seed in seeds:
        played = play(drawn(seed), storage())
        reached.update(played.reached)
        if played.violations:
            wrong.append(seed)
    return Batch(seeds, reached, tuple(wrong))


def told(seed: int, memory: MemorySqlite | None = None) -> str:
    """A history that goes wrong, as short as it can be made: what happened, what did not hold, how to play it again."""
    history, there = drawn(seed), memory or storage()
    rules = {violation.rule for violation in play(history, there).violations}
    if not rules:
        return f"seed {seed}: went wrong once, and does not again"

    def fails(candidate: History) -> bool:
        return bool(rules & {violation.rule for violation in play(candidate, there).violations})

    short = shrunk(history, fails)
    return words(short, play(short, there), len(history.steps))


def words(history: History, played: Played, were: int) -> str:
    lines = [f"seed {history.seed}, {len(history.steps)} of {were} steps: {history.setting}"]
    lines += [f"  {line}" for line in played.story]
    lines += [f"  WRONG: {violation} (at {violation.at:.0f} s)" for violation in played.violations]
    lines += [f"  {step}" for step in history.steps]
    return "\n".join(lines)


def table(reached: Counter[tuple[str, str]]) -> str:
    lines = []
    for kind in KINDS:
        found = {name: count for (of, name), count in reached.items() if of == kind}
        lines.append(f"{kind}: {len(found)} reached")
        lines += [
            f"  {count:>9}  {name}" for name, count in sorted(found.items(), key=lambda each: (-each[1], each[0]))
        ]
    return "\n".join(lines)


def seeds_of(first: int, count: int) -> Iterator[tuple[int, ...]]:
    for begin in range(first, first + count, AT_ONCE):
        yield tuple(range(begin, min(begin + AT_ONCE, first + count)))


def soak(count: int, first: int, workers: int) -> int:
    """Play them all, and print what came of it; 1 when any went wrong."""
    reached, wrong, done, begun = Counter[tuple[str, str]](), list[int](), 0, time.monotonic()
    with pool_of(workers) as pool:
        for found in pool.imap_unordered(batch, seeds_of(first, count)):
            reached.update(found.reached)
            wrong += found.wrong
            done += len(found.seeds)
            for seed in found.wrong:  # at once: whoever ends a long run has them
                sys.stdout.write(f"seed {seed} goes wrong\n")
                sys.stdout.flush()
            if sys.stderr.isatty():
                rate = done / (time.monotonic() - begun)
                sys.stderr.write(f"\r{done} of {count}, {len(wrong)} wrong, {rate:.0f} a second ")
        for story in pool.imap(told, sorted(wrong)[:MOST_SHRUNK]):
            sys.stdout.write(f"{story}\n\n")
    if len(wrong) > MOST_SHRUNK:
        sys.stdout.write(f"went wrong as well: seeds {', '.join(map(str, sorted(wrong)[MOST_SHRUNK:]))}\n\n")
    sys.stdout.write(f"{table(reached)}\nseeds {first} to {first + count - 1}\n")
    sys.stdout.write(f"{count} histories, {len(wrong)} violations\n")
    return 1 if wrong else 0


def pool_of(workers: int, *, each_alone: bool = False) -> Any:
    """Threads would share one clock, so one worker alone is this very process.

    ``each_alone``: each task has a process to itself.
    """
    if workers == 1:
        return _Alone()
    return multiprocessing.get_context("spawn").Pool(workers, maxtasksperchild=1 if each_alone else None)


class _Alone:
    """A pool of this very process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    imap = imap_unordered = staticmethod(map)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("histories", type=int, nargs="?", default=100_000)
    parser.add_argument("seed", type=int, nargs="?", default=None)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    first = secrets.randbelow(ANYWHERE) if given.seed is None else given.seed
    return soak(given.histories, first, min(given.workers, given.histories))


if __name__ == "__main__":
    sys.exit(main())
