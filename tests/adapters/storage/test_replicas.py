import asyncio
from datetime import timedelta

from core.adapters.storage.engine import Database
from core.domain.replicas import Replica
from tests.adapters.storage.samples import MINUTE, NOW, commit

AHEAD = timedelta(seconds=-2.25)


async def beat(database: Database, name: str, at: int) -> list[str]:
    """The names of those that were alive before."""
    now = NOW + at * MINUTE
    async with database.open() as unit:
        alive = [replica.name for replica in await unit.replicas.alive(now - 2 * MINUTE)]
        await unit.replicas.put(Replica(name), now, is_news=False)
        await unit.commit()
    return alive


async def test_replicas_are_known_while_they_give_signs_of_life(database: Database) -> None:
    assert await beat(database, "a", 0) == []
    assert await beat(database, "b", 1) == ["a"]
    assert await beat(database, "b", 2) == ["b"], "a is two minutes old"
    assert await beat(database, "a", 2) == ["b"]
    assert await beat(database, "b", 3) == ["a", "b"]


async def test_what_a_replica_says_of_itself_is_kept(database: Database) -> None:
    said = Replica("a", divides_by=3, clock_ahead=AHEAD)
    await commit(database, lambda unit: unit.replicas.put(Replica("a"), NOW, is_news=True))
    await commit(database, lambda unit: unit.replicas.put(said, NOW, is_news=False))
    async with database.open() as unit:
        assert await unit.replicas.alive(NOW - MINUTE) == (said,)


async def test_of_replicas_that_beat_at_once_each_sees_those_before_it(database: Database) -> None:
    seen = await asyncio.gather(*(beat(database, f"r{n}", 0) for n in range(10)))
    assert sorted(map(len, seen)) == list(range(10))


async def test_the_database_tells_the_time_where_it_has_a_clock_of_its_own(database: Database) -> None:
    async with database.open() as unit:
        first, second = await unit.replicas.time(), await unit.replicas.time()
    if database.is_for_one_process:
        assert (first, second) == (None, None)
    else:
        assert first is not None
        assert second is not None
        assert first < second, "at each moment, not at the beginning of the transaction"
