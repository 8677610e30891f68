from core.adapters.storage.engine import Database
from core.domain.audit import ChainBreak
from tests.adapters.storage.samples import MINUTE, NOW, commit

FIRST, SECOND = ChainBreak(7, "was changed"), ChainBreak(3, "is missing or out of order")


async def test_a_break_is_news_once_whatever_is_said_of_it(database: Database) -> None:
    assert await commit(database, lambda unit: unit.breaks.note(FIRST, NOW))
    assert not await commit(database, lambda unit: unit.breaks.note(ChainBreak(7, "does not follow"), NOW + MINUTE))
    assert await commit(database, lambda unit: unit.breaks.note(SECOND, NOW + MINUTE))
    async with database.look() as unit:
        assert await unit.breaks.all() == (SECOND, FIRST)


async def test_only_what_was_found_before_a_walk_began_is_forgotten_after_it(database: Database) -> None:
    await commit(database, lambda unit: unit.breaks.note(FIRST, NOW))
    await commit(database, lambda unit: unit.breaks.note(SECOND, NOW + MINUTE))
    assert await commit(database, lambda unit: unit.breaks.clear(NOW + MINUTE)) == 1
    async with database.look() as unit:
        assert await unit.breaks.all() == (SECOND,)
    assert await commit(database, lambda unit: unit.breaks.clear(NOW + 2 * MINUTE)) == 1
