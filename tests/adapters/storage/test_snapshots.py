from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from core.adapters.storage.engine import Database
from core.domain.organization import Organization
from tests.adapters.storage.samples import MINUTE, commit
from tests.strategies import organizations


async def test_there_is_no_snapshot_before_the_first(database: Database) -> None:
    async with database.open() as unit:
        assert await unit.snapshots.get() is None
        assert await unit.snapshots.taken_at() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 3)
@given(organization=organizations())
async def test_the_last_snapshot_is_read_as_it_was_stored(database: Database, organization: Organization) -> None:
    later = replace(organization, taken_at=organization.taken_at + MINUTE)
    await commit(database, lambda unit: unit.snapshots.put(organization))
    await commit(database, lambda unit: unit.snapshots.put(later))
    async with database.open() as unit:
        assert await unit.snapshots.get() == later
        assert await unit.snapshots.taken_at() == later.taken_at
