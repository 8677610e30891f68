from core.adapters.storage.engine import Database
from tests.adapters.storage.samples import MINUTE, NOW, all_at_once, commit


async def test_replicas_are_counted_while_they_give_signs_of_life(database: Database) -> None:
    async def beat(replica: str, at: int) -> int:
        now = NOW + at * MINUTE
        return await commit(database, lambda unit: unit.replicas.heartbeat(replica, now, now - 2 * MINUTE))

    assert await beat("a", 0) == 1
    assert await beat("b", 1) == 2
    assert await beat("a", 1) == 2
    assert await beat("b", 3) == 1, "a is two minutes old"
    assert await beat("a", 3) == 2


async def test_replicas_that_beat_at_once_do_not_hinder_each_other(database: Database) -> None:
    beats = [
        commit(database, lambda unit, n=n: unit.replicas.heartbeat(f"r{n}", NOW, NOW - MINUTE))  # type: ignore[misc]
        for n in range(10)
    ]
    counts = await all_at_once(beats)
    assert all(isinstance(count, int) for count in counts)
    async with database.open() as unit:
        assert await unit.replicas.heartbeat("r0", NOW, NOW - MINUTE) == 10
