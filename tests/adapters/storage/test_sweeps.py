import pytest

from core.adapters.storage.engine import Database
from core.domain.drift import Sweep
from core.domain.errors import Conflict
from tests.adapters.storage.samples import MINUTE, NOW, TARGET, commit


async def claimed(database: Database, at: int = 0) -> Sweep:
    sweep = await commit(database, lambda unit: unit.sweeps.claim(NOW + at * MINUTE, MINUTE))
    assert sweep is not None
    return sweep


async def test_it_begins_as_one_that_is_long_over_and_keeps_how_far_it_has_come(database: Database) -> None:
    first = await claimed(database)
    assert (first.after, first.is_over) == (None, True)
    await commit(database, lambda unit: unit.sweeps.release(Sweep(NOW, TARGET, False, first.fence)))
    found = await claimed(database)
    assert (found.begun_at, found.after, found.is_over) == (NOW, TARGET, False)


async def test_one_holds_it_until_the_lease_is_over_and_then_writes_no_more(database: Database) -> None:
    slow = await claimed(database)
    assert await commit(database, lambda unit: unit.sweeps.claim(NOW, MINUTE)) is None
    await claimed(database, at=1)
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.sweeps.release(slow))
