"""A row that cannot be read, written by a newer release or by hand, stops no other one (rule 17)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.adapters.storage.engine import Database
from core.adapters.storage.readable import UNREADABLE_FOR
from core.adapters.storage.repositories.inbox import FIRST_LEASE
from core.domain.assignment import OperationKind, Unusable
from core.domain.commands import ExportKind
from core.domain.ids import PermissionSetArn, RequestId
from core.domain.notice_content import LostAssignment
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Form, Notice
from core.domain.people import PinState
from core.domain.request import LeftBehind, Status
from core.ports import UnitOfWork
from tests.adapters.storage.samples import (
    ADA,
    ADA_IN_CHAT,
    CANCEL,
    LEASE,
    MINUTE,
    NOW,
    PENDING,
    commit,
    execute,
    stored,
    target,
)

Do = Callable[[UnitOfWork], Awaitable[Any]]
Claim = Callable[[UnitOfWork, Any], Awaitable[Sequence[Any]]]
LATER = NOW + FIRST_LEASE


async def assignments(unit: UnitOfWork) -> None:
    for number in (1, 2):
        await unit.assignments.wake(ADA, target(number), NOW, urgent=True)


async def messages(unit: UnitOfWork) -> None:
    await unit.outbox.put([Notice(Form.LINE, LostAssignment(), to) for to in (ADMINS, AUDIT_CHANNEL)], NOW)


async def acts(unit: UnitOfWork) -> None:
    for key in ("one", "two"):
        await unit.inbox.put(replace(CANCEL, key=key), NOW)


async def exports(unit: UnitOfWork) -> None:
    for subject in ("one", "two"):
        await unit.exports.put(ADA_IN_CHAT, ExportKind.REQUESTS, subject, NOW)


async def one_export(unit: UnitOfWork, at: Any) -> Sequence[Any]:
    return [export for _ in range(2) if (export := await unit.exports.claim(at, LEASE))]


QUEUES: dict[str, tuple[Do, Claim, str, str]] = {
    "assignment": (
        assignments,
        lambda unit, at: unit.assignments.claim_due(at, LEASE, 10),
        "UPDATE assignment SET operation_kind = 'move', operation_begun_at = next_try_at WHERE id = 1",
        "UPDATE assignment SET operation_kind = NULL",
    ),
    "outgoing": (
        messages,
        lambda unit, at: unit.outbox.claim(at, LEASE, 10),
        "UPDATE outgoing SET topic = 'new' WHERE id = 1",
        "UPDATE outgoing SET topic = 'drift'",
    ),
    "act": (
        acts,
        lambda unit, at: unit.inbox.claim_open(at, LEASE, 10),
        "UPDATE act SET kind = 'lend' WHERE id = 1",
        "UPDATE act SET kind = 'cancel'",
    ),
    "act without its fields": (
        acts,
        lambda unit, at: unit.inbox.claim_open(at, LEASE, 10),
        "UPDATE act SET payload = '{}' WHERE id = 1",
        """UPDATE act SET payload = '{"request_id": 1001, "reason": ""}'""",
    ),
    "export": (
        exports,
        one_export,
        "UPDATE export SET kind = 'paintings' WHERE id = 1",
        "UPDATE export SET kind = 'requests'",
    ),
}


@pytest.mark.parametrize(("put", "claim", "broken", "mended"), QUEUES.values(), ids=QUEUES)
async def test_what_is_claimed_and_cannot_be_read_waits_and_lets_the_others_be_worked_off(
    database: Database, put: Do, claim: Claim, broken: str, mended: str
) -> None:
    await commit(database, put)
    await execute(database, broken)
    assert [row.id for row in await commit(database, lambda unit: claim(unit, LATER))] == [2]
    assert await commit(database, lambda unit: claim(unit, LATER)) in ((), [])
    await execute(database, mended)
    later = LATER + UNREADABLE_FOR
    assert 1 in [row.id for row in await commit(database, lambda unit: claim(unit, later))]


async def test_what_waits_for_a_slot_and_cannot_be_read_takes_nobodys_turn(database: Database) -> None:
    """Two in one account: the second goes, though the first stands before it in line."""
    await commit(database, lambda unit: unit.assignments.wake(ADA, target(1), NOW, urgent=True))
    other = replace(target(1), permission_set=PermissionSetArn(f"{target(1).permission_set}x"))
    await commit(database, lambda unit: unit.assignments.wake(ADA, other, NOW, urgent=True))
    for row in await commit(database, lambda unit: unit.assignments.claim_due(NOW, LEASE, 10)):
        waiting = replace(row, waits_for=OperationKind.DELETE, waits_since=NOW, next_try_at=NOW + 60 * MINUTE)
        await commit(database, lambda unit, held=waiting: unit.assignments.save(held))  # type: ignore[misc]
    await execute(database, "UPDATE assignment SET changed_kind = 'move', changed_at = next_try_at WHERE id = 1")
    claimed = [await commit(database, lambda unit: unit.assignments.claim_due(LATER, LEASE, 10)) for _ in range(2)]
    assert [[row.id for row in rows] for rows in claimed] == [[], [2]]


async def test_a_reason_of_a_newer_release_keeps_nothing_from_being_taken_away(database: Database) -> None:
    await commit(database, assignments)
    await execute(database, "UPDATE assignment SET unusable = 'on_the_moon', unusable_since = next_try_at WHERE id = 1")
    claimed = await commit(database, lambda unit: unit.assignments.claim_due(LATER, LEASE, 10))
    assert [row.unusable for row in claimed] == [None, None]
    await execute(database, "UPDATE assignment SET unusable = 'account_gone', held_until = NULL WHERE id = 1")
    (again,) = await commit(database, lambda unit: unit.assignments.claim_due(LATER, LEASE, 10))
    assert again.unusable == Unusable(LeftBehind.ACCOUNT_GONE, NOW)


async def test_a_pair_in_a_state_of_a_newer_release_may_not_act(database: Database) -> None:
    await execute(
        database,
        "INSERT INTO pin (platform, team, chat_user, principal_id, state, pinned_at) "
        "VALUES ('slack', 'T1', 'U-ADA', 'user-ada', 'on_probation', '2026-03-02 09:00:00+00')",
    )
    async with database.open() as unit:
        found = await unit.pins.get(ADA_IN_CHAT)
    assert found is not None
    assert found.state is PinState.SUSPENDED


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE request SET channels = '{' WHERE id IN (1001, 1002)",
        "UPDATE request SET left_behind = 'newer' WHERE id IN (1001, 1002)",
    ],
)
async def test_a_request_that_cannot_be_read_hides_none_of_those_that_can(database: Database, broken: str) -> None:
    await stored(database, *[PENDING] * 4)
    await execute(database, broken)
    async with database.open() as unit:
        page = await unit.requests.with_status(Status.PENDING, limit=2)
        due = await unit.requests.due_to_expire(NOW + 180 * MINUTE, 2)
        own = await unit.requests.of_requester(ADA, limit=10)
    assert [request.id for request in page] == [1003, 1004]
    assert [request.id for request in due] == [1003, 1004]
    assert [request.id for request in own] == [1004, 1003]
    async with database.open() as unit:
        assert await unit.requests.with_status(Status.PENDING, limit=2, after=RequestId(1004)) == ()
