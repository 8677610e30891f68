from core.adapters.storage.engine import Database
from core.domain.organization import Target
from tests.adapters.storage.samples import ADA, BOB, MINUTE, NOW, TARGET, commit

OTHER = Target(TARGET.account, type(TARGET.permission_set)("arn:aws:sso:::permissionSet/ssoins-1/ps-other"))


async def test_a_star_is_there_once_the_last_one_first_until_it_is_taken_away(database: Database) -> None:
    await commit(database, lambda unit: unit.stars.put(ADA, TARGET, NOW))
    await commit(database, lambda unit: unit.stars.put(ADA, OTHER, NOW + MINUTE))
    await commit(database, lambda unit: unit.stars.put(ADA, TARGET, NOW + 2 * MINUTE))
    async with database.open() as unit:
        assert await unit.stars.of(ADA) == (OTHER, TARGET)
        assert await unit.stars.of(BOB) == ()
    await commit(database, lambda unit: unit.stars.remove(ADA, OTHER))
    async with database.open() as unit:
        assert await unit.stars.of(ADA) == (TARGET,)
