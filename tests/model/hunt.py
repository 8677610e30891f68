"""Plants a fault, and plays random histories until one shows it: ``make hunt``.

Prints for each fault the seed that found it, how many histories that took, and the history as short as it can be made.
Exit code 1 when a fault was not found.
"""

import argparse
import sys
from dataclasses import dataclass

from tests.model.history import History, Played, drawn, play
from tests.model.memory import MemorySqlite
from tests.model.planted import FAULTS, Fault, Ground
from tests.model.shrinking import shrunk
from tests.model.soak import pool_of, storage, words

HISTORIES = 10_000


@dataclass
class Planted:
    """The running program with a fault, and without."""

    fault: Fault
    memory: MemorySqlite

    def play(self, history: History) -> Played:
        ground = Ground()
        self.fault.plant(ground)
        try:
            return play(history, self.memory)
        finally:
            ground.restore()

    def is_right_without(self, history: History) -> bool:
        return not play(history, self.memory).violations

    def found(self, seeds: range) -> int | None:
        """The first of these seeds whose history makes somebody suffer from the fault, and from nothing else."""
        for seed in seeds:
            if self.play(drawn(seed)).suffered:
                if self.is_right_without(drawn(seed)):
                    return seed
                sys.stderr.write(f"seed {seed} goes wrong without a fault: make soak N=1 SEED={seed}\n")
        return None

    def shortened(self, seed: int) -> tuple[History, Played]:
        history = drawn(seed)
        broken = self.play(history).suffered

        def fails(candidate: History) -> bool:
            return bool(broken & self.play(candidate).suffered) and self.is_right_without(candidate)

        short = shrunk(history, fails)
        return short, self.play(short)


def hunt(asked: tuple[str, int, int]) -> tuple[str, bool]:
    """Hunt for one fault, and tell of the history that found it."""
    name, first, count = asked
    planted = Planted(FAULTS[name], storage())
    seed = planted.found(range(first, first + count))
    if seed is None:
        return f"{name}: NOT FOUND within {count} histories, from {first} on", False
    short, played = planted.shortened(seed)
    told = words(short, played, len(drawn(seed).steps))
    return f"{name}: {FAULTS[name].words}\nfound by history {seed - first + 1}: {told}", True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fault", nargs="*", metavar="NAME", help=f"all, or: {', '.join(FAULTS)}")
    parser.add_argument("--histories", type=int, default=HISTORIES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if unknown := [name for name in given.fault if name not in FAULTS]:
        parser.error(f"no such fault: {', '.join(unknown)}")
    asked = [(name, given.seed, given.histories) for name in given.fault or FAULTS]
    all_found = True
    with pool_of(max(given.workers, 2), each_alone=True) as pool:
        for told, is_found in pool.imap(hunt, asked):
            sys.stdout.write(f"{told}\n\n")
            sys.stdout.flush()
            all_found &= is_found
    return 0 if all_found else 1


if __name__ == "__main__":
    sys.exit(main())
