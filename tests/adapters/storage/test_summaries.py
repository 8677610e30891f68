from datetime import datetime

import pytest

from core.adapters.storage.engine import Database
from core.domain.errors import Conflict
from core.domain.ids import RequestId
from core.ports import DueSummary
from tests.adapters.storage.samples import ACTIVE, LEASE, MINUTE, NOW, all_at_once, commit, stored

FIRST, SECOND = RequestId(1001), RequestId(1002)


async def planned(database: Database, *requests: RequestId) -> None:
    await stored(database, *(ACTIVE for _ in requests))
    async with database.open() as unit:
        for number, request_id in enumerate(requests):
            await unit.summaries.plan(request_id, NOW + MINUTE * number)
        await unit.commit()


async def claim(database: Database, now: datetime = NOW, limit: int = 10) -> list[DueSummary]:
    return list(await commit(database, lambda unit: unit.summaries.claim(now, LEASE, limit)))


async def test_what_is_due_is_claimed_by_one_at_a_time(database: Database) -> None:
    await planned(database, FIRST, SECOND)
    assert [due.request_id for due in await claim(database)] == [FIRST]
    assert [due.request_id for due in await claim(database, NOW + MINUTE / 2)] == []
    again = await claim(database, NOW + MINUTE)
    assert [(due.request_id, due.fence) for due in again] == [(FIRST, 2), (SECOND, 1)]


async def test_of_many_that_claim_at_once_one_has_it(database: Database) -> None:
    await planned(database, FIRST)
    claims = await all_at_once([claim(database) for _ in range(5)])
    assert sorted(len(claimed) for claimed in claims if not isinstance(claimed, BaseException)) == [0, 0, 0, 0, 1]


async def test_a_second_plan_changes_nothing(database: Database) -> None:
    await planned(database, FIRST)
    await commit(database, lambda unit: unit.summaries.plan(FIRST, NOW - MINUTE))
    (due,) = await claim(database)
    assert due.due_at == NOW
    await commit(database, lambda unit: unit.summaries.close(due, NOW))
    await commit(database, lambda unit: unit.summaries.plan(FIRST, NOW))
    assert await claim(database) == []


async def test_what_fails_comes_back_later_with_the_time_it_was_first_due(database: Database) -> None:
    await planned(database, FIRST)
    (due,) = await claim(database)
    await commit(database, lambda unit: unit.summaries.retry(due, NOW + MINUTE * 9, "away"))
    assert await claim(database, NOW + MINUTE * 8) == []
    (again,) = await claim(database, NOW + MINUTE * 9)
    assert (again.due_at, again.attempts) == (NOW, 1)


async def test_the_next_one_is_known(database: Database) -> None:
    assert await commit(database, lambda unit: unit.summaries.next_due()) is None
    await planned(database, FIRST, SECOND)
    assert await commit(database, lambda unit: unit.summaries.next_due()) == NOW


async def test_what_is_closed_stays_closed_and_is_counted(database: Database) -> None:
    await planned(database, FIRST, SECOND)
    first, second = await claim(database, NOW + MINUTE)
    await commit(database, lambda unit: unit.summaries.close(first, NOW))
    await commit(database, lambda unit: unit.summaries.close(second, NOW, given_up="no table"))
    assert await commit(database, lambda unit: unit.summaries.counts()) == (0, 1)
    assert await claim(database, NOW + MINUTE * 99) == []


async def test_who_has_lost_the_claim_closes_nothing(database: Database) -> None:
    await planned(database, FIRST)
    (slow,) = await claim(database)
    (quick,) = await claim(database, NOW + LEASE)
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.summaries.close(slow, NOW))
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.summaries.retry(slow, NOW, "late"))
    await commit(database, lambda unit: unit.summaries.close(quick, NOW))
