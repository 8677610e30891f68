"""A replica compares its clock with the database's, stops while it is wrong, and takes its share of the calls."""

from datetime import datetime, timedelta
from typing import Any, Self

import pytest
from structlog.testing import capture_logs

from core.adapters.storage.engine import Database
from core.domain.errors import WrongClock
from core.domain.replicas import Replica
from core.services.runtime.heartbeat import Heartbeat
from tests.fakes.clock import FakeClock, FakeMachineClock

SECOND = timedelta(seconds=1)


class FakeReplicas:
    """The table, and a database whose clock is right and whose answers may take a while."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.rows: dict[str, tuple[Replica, datetime]] = {}
        self.slow = timedelta()

    async def time(self) -> datetime:
        self._clock.move(self.slow / 2)
        now = self._clock.now()
        self._clock.move(self.slow / 2)
        return now

    async def alive(self, since: datetime) -> list[Replica]:
        self.rows = {name: row for name, row in self.rows.items() if row[1] > since}
        return [replica for replica, _ in self.rows.values()]

    async def remove(self, name: str) -> None:
        del self.rows[name]

    async def put(self, replica: Replica, at: datetime, *, is_news: bool) -> None:
        self.rows[replica.name] = (replica, at)
        self.last_was_news = is_news


class Unit:
    def __init__(self, replicas: FakeReplicas) -> None:
        self.replicas = replicas

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def commit(self) -> None: ...


class FakeBudget:
    def __init__(self) -> None:
        self.taken: list[tuple[int, timedelta | None]] = []

    def divide(self, replicas: int, holds: timedelta | None = None) -> None:
        self.taken.append((replicas, holds))


class Site:
    """Machines on one database."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.replicas = FakeReplicas(self.clock)
        self.seen: list[timedelta] = []

    def machine(self, name: str) -> tuple[Heartbeat, FakeMachineClock, FakeBudget]:
        machine, budget = FakeMachineClock(self.clock), FakeBudget()
        unit: Any = lambda: Unit(self.replicas)  # noqa: E731
        return Heartbeat(unit, machine, budget, name, self.seen.append), machine, budget


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize("direction", [1, -1])
async def test_a_clock_a_little_off_is_warned_of_and_one_far_off_does_no_work(site: Site, direction: int) -> None:
    heartbeat, machine, _ = site.machine("a")
    told = {2: "", 3: "warning", 30: "warning", 31: "error"}
    for seconds, level in told.items():
        heartbeat, machine, _ = site.machine(f"a{seconds}")
        machine.ahead = direction * seconds * SECOND
        with capture_logs() as logs:
            await heartbeat.beat()
        assert [line["log_level"] for line in logs] == ([level] if level else [])
        assert site.seen[-1] == machine.ahead
        assert site.replicas.rows[f"a{seconds}"][0].clock_ahead == machine.ahead
        assert heartbeat.may_work() == (seconds <= 30)


async def test_it_works_again_as_soon_as_its_clock_is_right(site: Site) -> None:
    heartbeat, machine, _ = site.machine("a")
    machine.ahead = 45 * SECOND
    await heartbeat.beat()
    with pytest.raises(WrongClock, match="45 s ahead of the database's"):
        heartbeat.admit()
    machine.ahead = timedelta()
    with capture_logs() as logs:
        await heartbeat.beat()
    heartbeat.admit()
    assert [line["event"] for line in logs] == ["the clock is right again"]


async def test_a_clock_that_is_moved_between_two_comparisons_is_noticed_at_once(site: Site) -> None:
    heartbeat, machine, _ = site.machine("a")
    await heartbeat.beat()
    site.clock.move(3 * SECOND)
    heartbeat.admit()
    machine.ahead = timedelta(hours=-1)
    with pytest.raises(WrongClock, match="3600 s behind the database's"):
        heartbeat.admit()


async def test_an_answer_that_took_long_says_nothing_of_the_clock(site: Site) -> None:
    heartbeat, _, _ = site.machine("a")
    site.replicas.slow = timedelta(seconds=0.8)
    await heartbeat.beat()
    assert heartbeat.ahead() == timedelta(), "in the middle of the answer"
    site.replicas.slow = 90 * SECOND
    await heartbeat.beat()
    assert heartbeat.ahead() == timedelta()


async def test_a_slow_database_lets_no_replica_begin_with_a_wrong_clock(site: Site) -> None:
    heartbeat, machine, _ = site.machine("a")
    machine.ahead, site.replicas.slow = timedelta(hours=1), 3 * SECOND
    await heartbeat.beat()
    with pytest.raises(WrongClock):
        heartbeat.admit()
    machine.ahead = timedelta()
    await heartbeat.beat()
    heartbeat.admit()


async def test_a_second_replica_gets_its_share_when_the_first_has_made_room(site: Site) -> None:
    first, _, first_budget = site.machine("a")
    second, _, second_budget = site.machine("b")
    await first.beat()
    await second.beat()
    assert (first_budget.taken[-1][0], second_budget.taken[-1][0]) == (1, 0)
    assert not second.has_share
    await first.beat()
    await second.beat()
    assert (first_budget.taken[-1][0], second_budget.taken[-1][0]) == (2, 2)
    assert second.has_share


async def test_one_that_ends_leaves_its_share_to_the_others_at_once(site: Site) -> None:
    first, _, _ = site.machine("a")
    second, _, second_budget = site.machine("b")
    for heartbeat in (first, second, first, second):
        await heartbeat.beat()
    await first.leave()
    await second.beat()
    assert second_budget.taken[-1][0] == 1


async def test_others_are_woken_only_when_their_share_depends_on_it(site: Site) -> None:
    first, _, _ = site.machine("a")
    second, _, _ = site.machine("b")
    news = []
    for heartbeat in (first, first, second, second, first, first, second, second):
        await heartbeat.beat()
        news.append(site.replicas.last_was_news)
    assert news == [True, False, True, False, True, False, True, False]


async def test_a_share_is_given_up_before_the_others_take_it(site: Site) -> None:
    first, _, first_budget = site.machine("a")
    second, _, _ = site.machine("b")
    for heartbeat in (first, second, first, second):
        await heartbeat.beat()
    holds = first_budget.taken[-1][1]
    assert holds is not None
    site.clock.move(holds)  # it stands still
    await second.beat()
    assert site.replicas.rows["b"][0].divides_by == 2, "it still counts"
    site.clock.move(5 * SECOND)
    await second.beat()
    assert site.replicas.rows["b"][0].divides_by == 1
    await first.beat()
    assert first_budget.taken[-1][0] == 0, "and comes back as one that has none"


async def test_a_replica_whose_clock_is_wrong_writes_nothing_but_its_sign_of_life(database: Database) -> None:
    site = Site()
    heartbeat, machine, _ = site.machine("a")
    database.admit = heartbeat.admit
    await heartbeat.beat()
    machine.ahead = 45 * SECOND
    async with database.open() as unit:
        await unit.replicas.put(Replica("b"), site.clock.now(), is_news=False)
        with pytest.raises(WrongClock):
            await unit.commit()
    async with database.open_always() as unit:
        assert await unit.replicas.alive(site.clock.now() - SECOND) == ()
        await unit.replicas.put(Replica("a"), site.clock.now(), is_news=False)
        await unit.commit()
    async with database.open() as unit:
        assert [replica.name for replica in await unit.replicas.alive(site.clock.now() - SECOND)] == ["a"]
