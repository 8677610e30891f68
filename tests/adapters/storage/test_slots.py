"""Slots for operations at AWS: a few in all, one an account, and what is taken away goes before grants."""

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from core.adapters.storage.engine import Database
from core.domain.assignment import (
    GRANT_WAITS,
    GRANTS_BETWEEN,
    MAX_OUTSTANDING,
    OUTCOME_WITHIN,
    Assignment,
    Operation,
    OperationKind,
    Unusable,
)
from core.domain.ids import PrincipalId
from core.domain.request import LeftBehind
from tests.adapters.storage.samples import ADA, LEASE, MINUTE, NOW, all_at_once, commit, target

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE


async def claimed(
    database: Database, *numbers: int, urgent: bool = False, principal: PrincipalId = ADA
) -> list[Assignment]:
    """Rows for these accounts, due and claimed."""
    async with database.open() as unit:
        for number in numbers:
            await unit.assignments.wake(principal, target(number), NOW, urgent=urgent)
        rows = await unit.assignments.claim_due(NOW, LEASE, 1000)
        await unit.commit()
    return sorted(rows, key=lambda row: row.target.account)


async def begin(database: Database, assignment: Assignment, kind: OperationKind) -> Assignment | None:
    return await commit(database, lambda unit: unit.assignments.begin(assignment, Operation(kind, NOW)))


async def save(database: Database, assignment: Assignment) -> Assignment:
    return await commit(database, lambda unit: unit.assignments.save(assignment))


async def test_beginning_stores_the_intent_and_keeps_the_claim(database: Database) -> None:
    (row,) = await claimed(database, 1)
    begun = await begin(database, row, CREATE)
    assert begun == replace(row, ours=True, operation=Operation(CREATE, NOW), asked_since=NOW)
    async with database.open() as unit:
        assert await unit.assignments.get(ADA, target(1)) == begun
        assert await unit.assignments.claim_due(NOW, LEASE, 10) == ()


async def test_deleting_does_not_make_an_assignment_ours(database: Database) -> None:
    (row,) = await claimed(database, 1)
    begun = await begin(database, row, DELETE)
    assert begun is not None
    assert not begun.ours


async def test_an_intent_can_be_renewed_by_its_owner(database: Database) -> None:
    (row,) = await claimed(database, 1)
    begun = await begin(database, row, DELETE)
    assert begun is not None
    assert await begin(database, begun, DELETE) == begun


async def test_at_most_so_many_operations_are_in_flight_however_many_try_at_once(
    database: Database, database_url: str
) -> None:
    rows = await claimed(database, *range(40))
    replica = Database(database_url)
    outcomes = await all_at_once([begin((database, replica)[n % 2], row, CREATE) for n, row in enumerate(rows)])
    await replica.close()
    assert sum(isinstance(outcome, Assignment) for outcome in outcomes) == MAX_OUTSTANDING
    assert sum(outcome is None for outcome in outcomes) == 40 - MAX_OUTSTANDING


async def test_an_account_has_one_operation_at_once_across_its_holders(database: Database) -> None:
    rows = [row for n in range(8) for row in await claimed(database, 1, principal=PrincipalId(f"user-{n}"))]
    outcomes = await all_at_once([begin(database, row, DELETE) for row in rows])
    assert sum(isinstance(outcome, Assignment) for outcome in outcomes) == 1
    (holder,) = [outcome for outcome in outcomes if isinstance(outcome, Assignment)]
    await save(database, replace(holder, operation=None, next_try_at=None))
    others = [row for row in rows if row.id != holder.id]
    assert await begin(database, others[0], DELETE) is not None


async def test_a_slot_is_free_again_when_the_operation_is_over(database: Database) -> None:
    rows = await claimed(database, *range(MAX_OUTSTANDING + 1))
    begun = [await begin(database, row, CREATE) for row in rows]
    assert begun[-1] is None
    assert begun[0] is not None
    await save(database, replace(begun[0], operation=None, next_try_at=None))
    assert await begin(database, rows[-1], CREATE) is not None


async def waits(database: Database, row: Assignment, kind: OperationKind, since: datetime = NOW) -> Assignment:
    """In line for a slot, and not due by itself for a while."""
    return await save(database, replace(row, waits_for=kind, waits_since=since, next_try_at=NOW + MINUTE))


async def called(database: Database, at: datetime = NOW) -> list[int]:
    """The accounts of the rows that are called up because there are slots for them, in order."""
    async with database.open() as unit:
        rows = await unit.assignments.claim_due(at, LEASE, 1000)
        await unit.commit()
    return [int(row.target.account) for row in rows if row.waits_for]


async def test_a_grant_takes_no_slot_that_a_waiting_deletion_could_have(database: Database) -> None:
    (grant,) = await claimed(database, 1)
    (deletion,) = await claimed(database, 2, urgent=True)
    await waits(database, deletion, DELETE)
    assert await begin(database, grant, CREATE) is None
    assert await called(database) == [2]
    assert await begin(database, replace(deletion, fence=deletion.fence + 1), DELETE) is not None
    assert await begin(database, grant, CREATE) is not None


async def test_two_urgent_rows_that_want_a_creation_do_not_wait_for_each_other(database: Database) -> None:
    """Only what waits for a deletion holds grants back."""
    first, second = await claimed(database, 1, 2, urgent=True)
    await waits(database, second, CREATE)
    assert await begin(database, first, CREATE) is not None
    assert await called(database) == [2]


async def test_a_grant_that_has_waited_for_long_goes_before_deletions_two_at_a_time(database: Database) -> None:
    rows = await claimed(database, *range(1, 9))
    for row in rows[:4]:
        await waits(database, row, CREATE, NOW - GRANT_WAITS)
    for row in rows[4:]:
        await waits(database, row, DELETE)
    assert sorted(await called(database)) == [1, 2, 5, 6, 7, 8]


async def test_no_more_are_called_than_there_are_slots_and_one_an_account(database: Database) -> None:
    rows = await claimed(database, *range(1, MAX_OUTSTANDING + 6))
    same = await claimed(database, 1, principal=PrincipalId("somebody else"))
    for row in (*rows, *same):
        await waits(database, row, DELETE)
    found = await called(database)
    assert len(found) == len(set(found)) == MAX_OUTSTANDING


async def test_a_deletion_goes_where_a_grant_before_it_in_its_account_may_not(database: Database) -> None:
    rows = await claimed(database, 1, 2, 3)
    (deletion,) = await claimed(database, 3, principal=PrincipalId("somebody else"))
    for row in rows[:GRANTS_BETWEEN]:
        await begin(database, row, CREATE)
    await waits(database, rows[2], CREATE, NOW - GRANT_WAITS)
    await waits(database, deletion, DELETE)

    found = await commit(database, lambda unit: unit.assignments.claim_next_in_line(NOW, LEASE))

    assert [row.id for row in found] == [deletion.id]


@pytest.mark.parametrize("seed", range(12))
async def test_who_is_called_has_a_slot(database: Database, seed: int) -> None:
    """Else it would be called again at once, for ever."""
    chance = Random(seed)  # noqa: S311 - chance that can be repeated
    people = [PrincipalId(name) for name in ("ada", "ida", "dan")]
    rows = [row for person in people for row in await claimed(database, *range(1, 7), principal=person)]
    for row in chance.sample(rows, len(rows)):
        kind = chance.choice((CREATE, CREATE, CREATE, DELETE))
        match chance.choice(("begins", "waits", "waits", "rests")):
            case "begins":
                await begin(database, row, kind)
            case "waits":
                await waits(database, row, kind, NOW - chance.choice((0, 1, 2)) * GRANT_WAITS)
            case "rests":
                await save(database, replace(row, next_try_at=None))
    found = await commit(database, lambda unit: unit.assignments.claim_next_in_line(NOW, LEASE))

    assert found
    for row in found:
        assert row.waits_for is not None
        assert await begin(database, row, row.waits_for) is not None


async def test_who_was_called_keeps_the_slot_while_the_claim_lasts(database: Database) -> None:
    """It may have to ask AWS for a list first, and others must not take what it was called for."""
    rows = await claimed(database, *range(1, MAX_OUTSTANDING + 2))
    for row in rows[2:]:
        await begin(database, row, CREATE)
    await waits(database, rows[0], CREATE)
    assert await called(database) == [1]
    assert await begin(database, rows[1], DELETE) is None
    assert await begin(database, replace(rows[0], fence=rows[0].fence + 1), CREATE) is not None


async def test_a_slot_that_was_called_for_and_not_taken_is_free_when_the_claim_is_over(database: Database) -> None:
    rows = await claimed(database, *range(1, MAX_OUTSTANDING + 2))
    for row in rows[2:]:
        await begin(database, row, CREATE)
    await waits(database, rows[0], CREATE)
    assert await called(database) == [1]
    later = Operation(DELETE, NOW + LEASE)
    assert await commit(database, lambda unit: unit.assignments.begin(rows[1], later)) is not None


async def test_the_next_in_line_are_claimed_and_nothing_else_that_is_due(database: Database) -> None:
    rows = await claimed(database, 1, 2, 3)
    await waits(database, rows[0], DELETE)
    await save(database, replace(rows[1], next_try_at=NOW))
    found = await commit(database, lambda unit: unit.assignments.claim_next_in_line(NOW, LEASE))
    assert [row.id for row in found] == [rows[0].id]
    assert await called(database) == []


async def test_many_grants_in_line_never_hide_a_deletion(database: Database) -> None:
    rows = await claimed(database, *range(1, 5 * MAX_OUTSTANDING))
    for row in rows[:-1]:
        await waits(database, row, CREATE, NOW - GRANT_WAITS)
    await waits(database, rows[-1], DELETE)
    assert len(rows) in await called(database)


async def test_an_operation_without_an_outcome_loses_its_slot_and_not_its_record(database: Database) -> None:
    """Rule 16."""
    rows = await claimed(database, *range(1, MAX_OUTSTANDING + 1))
    for row in rows:
        assert await begin(database, row, CREATE) is not None
    (late,) = await claimed(database, 1, principal=PrincipalId("somebody else"))
    assert await begin(database, late, DELETE) is None
    later = Operation(DELETE, NOW + OUTCOME_WITHIN)
    assert await commit(database, lambda unit: unit.assignments.begin(late, later)) is not None
    async with database.open() as unit:
        kept = await unit.assignments.get(ADA, target(1))
    assert kept is not None
    assert kept.operation == Operation(CREATE, NOW)


async def test_what_nobody_can_use_any_more_keeps_no_slot_from_others(database: Database) -> None:
    """Rule 17."""
    (useless,) = await claimed(database, 1)
    (grant,) = await claimed(database, 2)
    await waits(database, replace(useless, unusable=Unusable(LeftBehind.PRINCIPAL_GONE, NOW)), DELETE)
    assert await begin(database, grant, CREATE) is not None


async def test_what_is_woken_while_it_waits_is_looked_at_at_once(database: Database) -> None:
    rows = await claimed(database, *range(1, MAX_OUTSTANDING + 2))
    for row in rows[1:]:
        await begin(database, row, CREATE)
    await waits(database, rows[0], CREATE)
    assert await called(database) == []
    (woken,) = await claimed(database, 1, urgent=True)
    assert (woken.id, woken.waits_for) == (rows[0].id, None)


async def test_a_revocation_that_was_refused_a_slot_is_served_before_any_grant(database: Database) -> None:
    """It tries again in a moment, and until then the slot that becomes free is kept for it."""
    rows = await claimed(database, *range(MAX_OUTSTANDING), 90)
    grant = rows.pop()
    holders = [await begin(database, row, CREATE) for row in rows]
    (revocation,) = await claimed(database, 91, urgent=True)
    assert await begin(database, revocation, DELETE) is None
    await waits(database, revocation, DELETE)
    assert holders[0] is not None
    await save(database, replace(holders[0], operation=None, next_try_at=None))
    assert await begin(database, grant, CREATE) is None
    assert await begin(database, revocation, DELETE) is not None


async def test_a_revocation_that_backs_off_after_an_error_does_not_stop_grants(database: Database) -> None:
    (revocation,) = await claimed(database, 1, urgent=True)
    await save(database, replace(revocation, attempts=4, next_try_at=NOW + MINUTE))
    (grant,) = await claimed(database, 2)
    assert await begin(database, grant, CREATE) is not None


async def test_a_revocation_that_waits_for_its_account_does_not_stop_grants_elsewhere(database: Database) -> None:
    (busy,) = await claimed(database, 1)
    assert await begin(database, busy, CREATE) is not None
    await claimed(database, 1, urgent=True, principal=PrincipalId("somebody else"))
    (grant,) = await claimed(database, 2)
    assert await begin(database, grant, CREATE) is not None


async def test_an_urgent_row_may_itself_be_granted(database: Database) -> None:
    (row,) = await claimed(database, 1, urgent=True)
    assert await begin(database, row, CREATE) is not None
