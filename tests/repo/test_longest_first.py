"""The order of a whole run."""

from hypothesis import given
from hypothesis import strategies as st

from tests.longest_first import spread


@given(st.integers(0, 40), st.integers(40, 90), st.integers(1, 8))
def test_no_test_is_lost_and_each_worker_begins_with_its_long_ones(long: int, short: int, workers: int) -> None:
    order = list(spread([f"long {n}" for n in range(long)], [f"short {n}" for n in range(short)], workers))

    assert len(order) == len(set(order)) == long + short
    for worker in range(workers):
        size = len(order) // (workers - worker)  # as xdist deals them out
        part, order = order[:size], order[size:]
        kinds = [test.partition(" ")[0] for test in part]
        assert kinds == sorted(kinds)
        assert abs(kinds.count("long") - long / workers) < 1
