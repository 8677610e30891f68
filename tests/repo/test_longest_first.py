"""The order of a whole run."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.longest_first import spread


@given(st.integers(0, 40), st.integers(80, 200), st.integers(1, 8))
def test_no_test_is_lost_and_two_thirds_of_workers_begin_with_long_ones(long: int, short: int, workers: int) -> None:
    order = list(spread([f"long {n}" for n in range(long)], [f"short {n}" for n in range(short)], workers))

    assert len(order) == len(set(order)) == long + short
    bearers = math.ceil(workers * 2 / 3)
    for worker in range(workers):
        size = len(order) // (workers - worker)  # as xdist deals them out
        part, order = order[:size], order[size:]
        kinds = [test.partition(" ")[0] for test in part]
        assert kinds == sorted(kinds)
        assert abs(kinds.count("long") - (long / bearers if worker < bearers else 0)) < 1
