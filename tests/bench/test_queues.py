"""The arithmetic of the simulation: one line, and how long everybody in it waits."""

import random
from statistics import mean

import pytest

from tests.bench.queues import Station, percentile, run
from tests.bench.scale import COSTS, INCIDENT, MORNING, Company, Costs, simulated, utilisation


@pytest.mark.parametrize(
    ("servers", "waits", "line"),
    [(1, [0.0, 1.0, 2.0, 3.0], 2), (2, [0.0, 0.0, 0.0, 0.0], 0), (3, [0.0, 0.0, 0.0, 0.0], 0)],
)
def test_who_comes_faster_than_they_are_served_waits_longer_each(servers: int, waits: list[float], line: int) -> None:
    station = Station("one", servers, 2.0)

    ends = [station.serve(float(at)) for at in range(4)]

    assert station.waits == waits
    assert ends == [at + wait + 2.0 for at, wait in enumerate(waits)]
    assert station.longest_line == line
    assert station.used(8.0) == 1.0 / servers


def test_work_of_no_pieces_passes_the_line() -> None:
    station = Station("one", 1, 10.0)
    station.serve(0.0)

    assert station.serve(1.0, 0) == 1.0
    assert station.waits == [0.0]


def test_the_wait_is_that_of_the_formula_of_pollaczek_and_khinchine() -> None:
    """For arrivals at random and equal work: use * seconds / (2 * (1 - use))."""
    chance, at = random.Random(7), 0.0  # noqa: S311 - the same each time
    station = Station("one", 1, 1.0)
    for _ in range(60_000):
        at += chance.expovariate(0.8)
        station.serve(at)

    assert mean(station.waits) == pytest.approx(0.8 / (2 * (1 - 0.8)), rel=0.1)
    assert station.used(at) == pytest.approx(0.8, rel=0.02)


def test_steps_of_many_go_through_one_line_in_the_order_of_time() -> None:
    station = Station("one", 1, 3.0)
    works = [(0.0, (station.serve, station.serve)), (1.0, (station.serve,)), (20.0, ())]

    assert run(works) == [9.0, 6.0, 20.0]


def test_a_percentile_of_nothing_is_no_time() -> None:
    assert percentile([], 0.95) == 0
    assert percentile([3, 1, 2, 4], 0.5) == 3


def test_ten_times_the_people_use_ten_times_as_much_of_everything() -> None:
    costs = Costs.read(COSTS)
    small, large = (utilisation(Company(people), costs) for people in (1_000, 10_000))

    assert {name: pytest.approx(10 * share) for name, share in small.items()} == large


def test_a_burst_waits_where_an_even_hour_does_not() -> None:
    costs, company = Costs.read(COSTS), Company(20_000)
    morning, incident = (simulated(company, costs, scenario, replicas=2) for scenario in (MORNING, INCIDENT))

    assert incident.stations["AWS operations"].longest_line >= morning.stations["AWS operations"].longest_line
    assert all(took >= 0 for took in (*morning.granted, *incident.granted))
    assert len(incident.granted) > 0
