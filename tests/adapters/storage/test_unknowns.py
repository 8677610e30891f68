from collections.abc import Awaitable, Callable

from core.adapters.storage.engine import Database
from core.domain.drift import Ignored, Unknown
from core.ports import UnitOfWork
from tests.adapters.storage.samples import ADA, BOB, MINUTE, NOW, TARGET, commit, target

ELSEWHERE = target(2)
FOUND, LATER = Unknown(ADA, TARGET, NOW), Unknown(BOB, ELSEWHERE, NOW + MINUTE)


def putting(unknown: Unknown) -> Callable[[UnitOfWork], Awaitable[None]]:
    return lambda unit: unit.unknowns.put(unknown)


async def all_of(database: Database) -> list[Unknown]:
    async with database.open() as unit:
        return [*await unit.unknowns.all()]


async def test_what_was_found_first_is_first_and_found_again_it_stays_as_it_is(database: Database) -> None:
    for unknown in (LATER, FOUND, Unknown(ADA, TARGET, NOW + 2 * MINUTE)):
        await commit(database, putting(unknown))
    assert await all_of(database) == [FOUND, LATER]
    async with database.open() as unit:
        assert await unit.unknowns.of(TARGET) == (FOUND,)


async def test_it_is_told_once(database: Database) -> None:
    await commit(database, lambda unit: unit.unknowns.put(FOUND))
    told = await commit(database, lambda unit: unit.unknowns.tell([FOUND, LATER], NOW + MINUTE))
    assert [(one.principal, one.told_at) for one in told] == [(ADA, NOW + MINUTE)]
    assert await commit(database, lambda unit: unit.unknowns.tell([FOUND], NOW + 2 * MINUTE)) == ()


async def test_it_is_removed_alone(database: Database) -> None:
    for unknown in (FOUND, LATER):
        await commit(database, putting(unknown))
    await commit(database, lambda unit: unit.unknowns.remove(FOUND))
    assert await all_of(database) == [LATER]


async def test_what_an_operator_has_had_ignored_is_counted_apart(database: Database) -> None:
    assert await commit(database, lambda unit: unit.unknowns.counts()) == (0, 0)
    for unknown in (FOUND, LATER, Unknown(BOB, TARGET, NOW)):
        await commit(database, putting(unknown))
    await commit(database, lambda unit: unit.unknowns.ignore(FOUND, Ignored(NOW, "operator", "ours")))

    assert await commit(database, lambda unit: unit.unknowns.counts()) == (2, 1)
