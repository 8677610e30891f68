import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.adapters.storage.engine import Database
from core.domain.assignment import Assignment, Operation, OperationKind
from core.domain.errors import Conflict
from core.domain.ids import PrincipalId
from tests.adapters.storage.samples import (
    ACTIVE,
    ADA,
    BOB,
    LEASE,
    MINUTE,
    NOW,
    TARGET,
    all_at_once,
    commit,
    execute,
    stored,
    target,
)


async def wake(database: Database, number: int = 1, *, at: float = 0, urgent: bool = False) -> None:
    moment = NOW + at * MINUTE
    await commit(database, lambda unit: unit.assignments.wake(ADA, target(number), moment, urgent=urgent))


async def claim(database: Database, *, at: int = 0, limit: int = 10) -> list[Assignment]:
    moment = NOW + at * MINUTE
    return list(await commit(database, lambda unit: unit.assignments.claim_due(moment, LEASE, limit)))


async def save(database: Database, assignment: Assignment) -> Assignment:
    return await commit(database, lambda unit: unit.assignments.save(assignment))


async def get(database: Database, number: int = 1) -> Assignment:
    found = await commit(database, lambda unit: unit.assignments.get(ADA, target(number)))
    assert found is not None
    return found


async def test_waking_makes_one_row_for_a_holding(database: Database) -> None:
    await wake(database)
    await wake(database, at=1)
    assert await get(database) == Assignment(ADA, TARGET, id=1, next_try_at=NOW)
    async with database.open() as unit:
        assert await unit.assignments.get(BOB, TARGET) is None


async def test_waking_brings_a_row_forward_and_never_puts_it_off(database: Database) -> None:
    await wake(database, at=5)
    await wake(database, at=2)
    await wake(database, at=9)
    assert (await get(database)).next_try_at == NOW + 2 * MINUTE


async def test_waking_sets_urgency_and_never_unsets_it(database: Database) -> None:
    await wake(database, urgent=False)
    assert not (await get(database)).urgent
    await wake(database, urgent=True)
    await wake(database, urgent=False)
    assert (await get(database)).urgent


async def test_due_rows_are_claimed_urgent_ones_first_then_the_oldest(database: Database) -> None:
    await wake(database, 1, at=-0.1)
    await wake(database, 2, at=-0.2)
    await wake(database, 3, at=0, urgent=True)
    await wake(database, 4, at=-2, urgent=True)
    await wake(database, 5, at=1, urgent=True)
    assert [row.target for row in await claim(database, limit=3)] == [target(4), target(3), target(2)]
    assert [row.target for row in await claim(database, limit=3)] == [target(1)]


async def test_a_grant_that_was_due_for_long_goes_before_what_has_just_become_urgent(database: Database) -> None:
    await wake(database, 1, at=-3)
    await wake(database, 2, urgent=True)
    assert [row.target for row in await claim(database, limit=1)] == [target(1)]


async def test_what_is_in_flight_is_looked_at_however_few_others_may_be(database: Database) -> None:
    """It holds a slot, which others may be waiting for."""
    for number in range(5):
        await wake(database, number)
    rows = await claim(database)
    for row in rows[:3]:
        await save(database, replace(row, operation=Operation(OperationKind.DELETE, NOW, "aws-1"), next_try_at=NOW))
    for row in rows[3:]:
        await save(database, replace(row, next_try_at=NOW))
    assert {row.id for row in await claim(database, limit=0)} == {row.id for row in rows[:3]}
    assert len(await claim(database, limit=1)) == 1


async def test_an_operation_in_flight_is_looked_at_before_grants(database: Database) -> None:
    """It holds a slot, which what is urgent may be waiting for."""
    for number in (1, 2):
        await wake(database, number, at=-number)
    (_, claimed) = await claim(database)
    await save(database, replace(claimed, operation=Operation(OperationKind.CREATE, NOW, "aws-1"), next_try_at=NOW))
    await wake(database, 3, at=-9)
    assert [row.target for row in await claim(database, at=0)] == [claimed.target, target(3)]


async def test_a_claim_is_one_holder_s_until_its_lease_is_over(database: Database) -> None:
    await wake(database)
    (first,) = await claim(database)
    assert await claim(database) == []
    (second,) = await claim(database, at=1)
    assert second.fence == first.fence + 1


async def test_eight_claimers_take_two_hundred_due_rows_once_each(database: Database, database_url: str) -> None:
    async with database.open() as unit:
        for number in range(200):
            await unit.assignments.wake(ADA, target(number), NOW, urgent=number % 3 == 0)
        await unit.commit()
    replica = Database(database_url)

    async def work(place: Database) -> list[int]:
        taken: list[int] = []
        while rows := await claim(place, limit=7):
            taken += [row.id for row in rows]
        return taken

    shares = await all_at_once([work((database, replica)[n % 2]) for n in range(8)])
    await replica.close()
    taken = [row for share in shares if isinstance(share, list) for row in share]
    assert len(taken) == len(set(taken)) == 200


async def test_what_is_saved_is_read_and_the_claim_is_given_back(database: Database) -> None:
    await wake(database, urgent=True)
    (claimed,) = await claim(database)
    worked = replace(
        claimed,
        ours=True,
        operation=Operation(OperationKind.DELETE, NOW, "aws-7"),
        urgent=False,
        next_try_at=NOW,
        attempts=3,
        last_error="ThrottlingException",
    )
    assert await save(database, worked) == worked
    assert await get(database) == worked
    assert len(await claim(database)) == 1


async def test_what_is_kept_is_written_and_stays_with_its_holder(database: Database) -> None:
    await wake(database)
    (row,) = await claim(database)
    kept = replace(row, ours=True, attempts=3)
    assert await commit(database, lambda unit: unit.assignments.keep(kept)) == kept
    assert await get(database) == kept
    assert await claim(database) == []
    (again,) = await claim(database, at=1)
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.assignments.keep(kept))
    assert again.attempts == 3


async def test_a_stale_fence_is_refused(database: Database) -> None:
    await wake(database)
    (stalled,) = await claim(database)
    (current,) = await claim(database, at=1)
    with pytest.raises(Conflict):
        await save(database, stalled)
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.assignments.begin(stalled, Operation(OperationKind.CREATE, NOW)))
    assert await save(database, replace(current, next_try_at=None)) == replace(current, next_try_at=None)


async def test_what_has_nothing_to_do_is_not_due(database: Database) -> None:
    await wake(database)
    (claimed,) = await claim(database)
    await save(database, replace(claimed, next_try_at=None))
    assert await claim(database, at=60) == []


async def test_being_woken_while_somebody_works_on_it_is_not_lost(database: Database) -> None:
    await wake(database)
    (claimed,) = await claim(database)
    await wake(database, at=2, urgent=True)
    saved = await save(database, replace(claimed, next_try_at=None, urgent=False))
    assert (saved.next_try_at, saved.urgent) == (NOW + 2 * MINUTE, True)
    (again,) = await claim(database, at=2)
    rested = await save(database, replace(again, next_try_at=None, urgent=False))
    assert (rested.next_try_at, rested.urgent) == (None, False)


async def test_being_woken_meanwhile_shortens_a_pause_and_never_lengthens_one(database: Database) -> None:
    await wake(database)
    (claimed,) = await claim(database)
    await wake(database, at=3)
    assert (await save(database, replace(claimed, next_try_at=NOW + 5 * MINUTE))).next_try_at == NOW + 3 * MINUTE
    (claimed,) = await claim(database, at=3)
    await wake(database, at=9)
    assert (await save(database, replace(claimed, next_try_at=NOW + 5 * MINUTE))).next_try_at == NOW + 5 * MINUTE


async def test_rows_that_say_nothing_any_more_are_forgotten_and_no_others(database: Database) -> None:
    """At rest, not ours, changed long ago, and no live request is about them."""
    day = timedelta(days=1)
    long_ago, a_month_ago = NOW - 40 * day, NOW - 30 * day
    people = [PrincipalId(name) for name in ("gone", "undated", "recent", "ours", "awake", "live")]
    async with database.open() as unit:
        for person in people:
            await unit.assignments.wake(person, TARGET, NOW, urgent=False)
        await unit.commit()
    for person in people:
        at_rest = "next_try_at = NULL" if person != "awake" else "attempts = 0"
        changed_at = NOW - day if person == "recent" else long_ago
        changed = "NULL" if person == "undated" else f"'{changed_at:%Y-%m-%d}'"
        changes = f"{at_rest}, changed_at = {changed}, ours = {'true' if person == 'ours' else 'false'}"
        await execute(database, f"UPDATE assignment SET {changes} WHERE principal_id = '{person}'")  # noqa: S608 - a test's
    await stored(database, replace(ACTIVE, requester=PrincipalId("live"), target=TARGET))
    async with database.open() as unit:
        assert await unit.assignments.forget(a_month_ago, 1) == 1
        assert await unit.assignments.forget(a_month_ago, 100) == 1
        assert await unit.assignments.forget(a_month_ago, 100) == 0
        left = {person for person in people if await unit.assignments.get(person, TARGET) is not None}
        await unit.commit()
    assert left == {"recent", "ours", "awake", "live"}


async def test_a_row_that_is_woken_while_it_is_being_forgotten_stays(postgresql_url: str) -> None:
    """Else a request would be granted of which no assignment is left to be looked at."""
    database, other = Database(postgresql_url), Database(postgresql_url)
    await wake(database)
    await execute(database, "UPDATE assignment SET next_try_at = NULL, woken_at = NULL")
    async with database.open() as unit:
        await unit.assignments.wake(ADA, target(1), NOW, urgent=False)
        forgetting = asyncio.ensure_future(commit(other, lambda unit: unit.assignments.forget(NOW, 100)))
        async with database.engine.connect() as connection, asyncio.timeout(60):
            waiting = text(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while not (await connection.execute(waiting)).scalar_one():
                await connection.rollback()
        await unit.commit()
    assert await forgetting == 0
    assert len(await claim(database)) == 1
    await other.close()
    await database.close()
