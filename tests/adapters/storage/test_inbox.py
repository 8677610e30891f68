from dataclasses import replace
from datetime import timedelta

import pytest

from core.adapters.storage.engine import Database
from core.adapters.storage.repositories.inbox import FIRST_LEASE
from core.domain.commands import Command
from core.domain.errors import Conflict, NotFound
from core.ports import StoredCommand
from tests.adapters.storage.samples import CANCEL, LEASE, MINUTE, NOW, SUBMIT, all_at_once, commit

SENT = replace(SUBMIT, key="view-1", access=replace(SUBMIT.access, justification="a\x00ä", start_at=NOW))
LATER = NOW + FIRST_LEASE


async def put(database: Database, command: Command = SENT) -> StoredCommand:
    return await commit(database, lambda unit: unit.inbox.put(command, NOW))


async def close(database: Database, command_id: int, result: str = "done") -> StoredCommand:
    return await commit(database, lambda unit: unit.inbox.close(command_id, {"result": result}, NOW))


async def test_an_act_is_stored_as_it_came_in(database: Database) -> None:
    received = await put(database)
    assert received == StoredCommand(received.id, SENT, NOW)
    async with database.open() as unit:
        assert await unit.inbox.get(received.id) == received
        assert await unit.inbox.get(received.id + 1) is None


async def test_the_same_key_is_the_same_act_with_what_came_of_it(database: Database) -> None:
    received = await put(database)
    closed = await close(database, received.id)
    assert await put(database) == closed
    assert closed.outcome == {"result": "done"}


async def test_of_ten_simultaneous_deliveries_of_one_click_one_act_is_made(database: Database) -> None:
    received = await all_at_once([put(database) for _ in range(10)])
    assert len({item.id for item in received if isinstance(item, StoredCommand)}) == 1
    async with database.open() as unit:
        assert len(await unit.inbox.claim_open(LATER, LEASE, 10)) == 1


async def test_an_act_is_closed_once(database: Database) -> None:
    received = await put(database)
    outcomes = await all_at_once([close(database, received.id, f"by {n}") for n in range(5)])
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, StoredCommand)]
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 4
    async with database.open() as unit:
        assert await unit.inbox.get(received.id) == winner


async def test_an_empty_outcome_is_an_outcome(database: Database) -> None:
    received = await put(database)
    closed = await commit(database, lambda unit: unit.inbox.close(received.id, {}, NOW))
    assert closed.outcome == {}
    with pytest.raises(Conflict):
        await close(database, received.id)


async def test_a_new_act_is_its_receiver_s_until_the_first_lease_is_over(database: Database) -> None:
    received = await put(database)
    async with database.open() as unit:
        assert await unit.inbox.claim_open(NOW, LEASE, 10) == ()
        (claimed,) = await unit.inbox.claim_open(LATER, LEASE, 10)
        assert (claimed.id, claimed.answer_later) == (received.id, True)
        assert await unit.inbox.claim_open(LATER, LEASE, 10) == ()


async def test_a_closed_act_is_not_claimed(database: Database) -> None:
    await close(database, (await put(database)).id)
    async with database.open() as unit:
        assert await unit.inbox.claim_open(LATER, LEASE, 10) == ()


async def test_an_act_to_be_tried_again_is_claimed_when_its_time_has_come(database: Database) -> None:
    received = await put(database)
    await commit(database, lambda unit: unit.inbox.retry(received.id, NOW + MINUTE, "AWS is away"))
    async with database.open() as unit:
        assert await unit.inbox.claim_open(NOW, LEASE, 10) == ()
        (claimed,) = await unit.inbox.claim_open(NOW + MINUTE, LEASE, 10)
        assert claimed.attempts == 1


async def test_who_stops_waiting_in_time_leaves_the_answer_to_a_message(database: Database) -> None:
    received = await put(database)
    waiting = await commit(database, lambda unit: unit.inbox.answer_later(received.id))
    assert (waiting.outcome, waiting.answer_later) == (None, True)
    assert (await close(database, received.id)).answer_later


async def test_who_stops_waiting_too_late_gets_the_answer(database: Database) -> None:
    received = await put(database)
    await close(database, received.id)
    answered = await commit(database, lambda unit: unit.inbox.answer_later(received.id))
    assert (answered.outcome, answered.answer_later) == ({"result": "done"}, False)


async def test_the_answer_is_told_exactly_once_whoever_is_faster(database: Database) -> None:
    """Either the screen shows it, or the closer sends it: never both, never neither."""
    for number in range(15):
        received = await put(database, replace(CANCEL, key=f"press-{number}"))
        screen, closer = await all_at_once(
            [
                commit(database, lambda unit, n=received.id: unit.inbox.answer_later(n)),  # type: ignore[misc]
                close(database, received.id),
            ]
        )
        assert isinstance(screen, StoredCommand)
        assert isinstance(closer, StoredCommand)
        assert (screen.outcome is not None) != closer.answer_later


async def test_an_unknown_act_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await commit(database, lambda unit: unit.inbox.answer_later(7))


async def test_what_was_done_long_ago_is_forgotten_and_what_is_open_is_not(database: Database) -> None:
    await close(database, (await put(database)).id)
    waits = await put(database, replace(SENT, key="view-2"))
    assert await commit(database, lambda unit: unit.inbox.forget(NOW, 10)) == 0
    assert await commit(database, lambda unit: unit.inbox.forget(NOW + timedelta(hours=1), 10)) == 1
    async with database.open() as unit:
        assert await unit.inbox.get(waits.id) is not None
