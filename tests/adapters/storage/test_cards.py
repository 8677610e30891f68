from core.adapters.storage.engine import Database
from core.domain.ids import RequestId
from core.ports import MessageRef
from tests.adapters.storage.samples import MINUTE, NOW, PENDING, commit, stored

FIRST, SECOND = RequestId(1001), RequestId(1002)
HERE, THERE = MessageRef("slack", "C1", "1.1"), MessageRef("slack", "D2", "2.2")


async def test_a_card_is_known_by_request_and_place(database: Database) -> None:
    await stored(database, PENDING, PENDING)
    async with database.open() as unit:
        await unit.cards.put(FIRST, "C1", HERE, NOW)
        await unit.cards.put(FIRST, "user:T1/U1", THERE, NOW + MINUTE)
        await unit.commit()
    async with database.open() as unit:
        assert await unit.cards.get(FIRST, "C1") == HERE
        assert await unit.cards.get(FIRST, "C2") is None
        assert await unit.cards.get(SECOND, "C1") is None
        assert dict(await unit.cards.of(FIRST)) == {"C1": HERE, "user:T1/U1": THERE}


async def test_a_card_posted_again_replaces_the_one_known(database: Database) -> None:
    await stored(database, PENDING)
    await commit(database, lambda unit: unit.cards.put(FIRST, "C1", HERE, NOW))
    await commit(database, lambda unit: unit.cards.put(FIRST, "C1", THERE, NOW + MINUTE))
    async with database.open() as unit:
        assert dict(await unit.cards.of(FIRST)) == {"C1": THERE}
