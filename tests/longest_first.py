"""Two thirds of the workers begin with the tests that take seconds; the others compute meanwhile.

The long ones start processes and wait for them, so the processor would have nothing to do while all workers ran them.
They come first, so that no worker waits alone for the last. Those that share one process with tests of other files come
before the others: it ends after the last of them, and few workers have one. In their groups the tests stay as they were
shuffled, and those of one file with one worker, or with two, so that what they share is set up once or twice.
What a worker is given is a part of the list without gaps (``--dist worksteal``), and what others take from it later
they take from its end: the short ones.
"""

import math
import os
from collections.abc import Iterator, Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")

LONG = ("tests/e2e/", "tests/faults/", "infra/sandbox/tests/run/")
"""Folders whose tests start processes and wait for them."""
SHARED_PROCESS = "shared_play"
"""The fixture with a process that lives from one test to the next."""


def spread(long: Sequence[T], short: Sequence[T], workers: int) -> Iterator[T]:
    """The parts of all workers one after the other, of equal sizes, the long ones first in those that have any."""
    left, taken, bearers = len(long) + len(short), 0, math.ceil(workers * 2 / 3)
    for worker in range(workers):
        size = left // (workers - worker)
        mine = long[len(long) * worker // bearers : len(long) * (worker + 1) // bearers]
        rest = short[taken : taken + max(0, size - len(mine))]
        yield from mine
        yield from rest
        left -= len(mine) + len(rest)
        taken += len(rest)


def shares_a_process(item: pytest.Item) -> bool:
    """True if the test uses the process that tests of several files have in common."""
    return SHARED_PROCESS in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long = [item for item in items if item.nodeid.startswith(LONG)]
    long.sort(key=lambda item: not shares_a_process(item))
    short = [item for item in items if not item.nodeid.startswith(LONG)]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = spread(long, short, workers)
