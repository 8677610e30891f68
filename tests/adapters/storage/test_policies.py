from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from core.adapters.storage.engine import Database
from core.domain.errors import Conflict
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.domain.settings import Requirement, Settings
from core.ports import Revision
from tests.adapters.storage.samples import ADA, ADA_IN_CHAT, MINUTE, NOW, all_at_once, commit
from tests.strategies import policy_books

FIRST = Revision(PolicyBook(1), NOW, Actor("Ada", ADA, ADA_IN_CHAT), "because")
SECOND = Revision(PolicyBook(2, Settings(ticket=Requirement.REQUIRED)), NOW + MINUTE, Actor())


async def test_nothing_configured_is_the_empty_book(database: Database) -> None:
    async with database.open() as unit:
        assert await unit.policies.current() == PolicyBook()
        assert await unit.policies.history(10) == ()


async def test_the_newest_revision_is_current_and_the_others_stay(database: Database) -> None:
    for revision in (FIRST, SECOND):
        await commit(database, lambda unit, new=revision: unit.policies.add(new))  # type: ignore[misc]
    async with database.open() as unit:
        assert await unit.policies.current() == SECOND.book
        assert await unit.policies.history(10) == (SECOND, FIRST)
        assert await unit.policies.history(1) == (SECOND,)
        assert await unit.policies.history(10, before=2) == (FIRST,)
        assert await unit.policies.get(1) == FIRST
        assert await unit.policies.get(3) is None


@pytest.mark.parametrize("number", [0, 1, 3])
async def test_a_revision_that_is_not_the_next_is_a_conflict(database: Database, number: int) -> None:
    await commit(database, lambda unit: unit.policies.add(FIRST))
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.policies.add(replace(SECOND, book=PolicyBook(number))))
    async with database.open() as unit:
        assert await unit.policies.current() == FIRST.book


async def test_of_ten_who_write_the_same_revision_one_wins(database: Database) -> None:
    outcomes = await all_at_once([commit(database, lambda unit: unit.policies.add(FIRST)) for _ in range(10)])
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 9


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 3)
@given(book=policy_books)
async def test_a_book_is_read_as_it_was_written(database: Database, book: PolicyBook) -> None:
    async with database.open() as unit:
        newest = await unit.policies.current()
        written = replace(book, revision=newest.revision + 1)
        await unit.policies.add(replace(FIRST, book=written))
        await unit.commit()
    async with database.open() as unit:
        assert await unit.policies.current() == written
