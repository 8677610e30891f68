"""Leases mean the same to all processes whatever their clocks say, and are given back by one that ends."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.adapters.storage.claims import LONGEST_LEASE
from core.adapters.storage.engine import Database
from core.domain.assignment import Operation, OperationKind
from core.domain.commands import ExportKind
from core.domain.notice_content import LostAssignment
from core.domain.notices import ADMINS, Form, Notice
from core.ports import UnitOfWork
from core.services.runtime.lease_renewal import LEASE
from tests.adapters.storage.samples import (
    ADA,
    ADA_IN_CHAT,
    MINUTE,
    NOW,
    SCHEDULED,
    SUBMIT,
    TARGET,
    commit,
    stored,
)

Claim = Callable[[UnitOfWork, datetime], Awaitable[Any]]
SECOND = timedelta(seconds=1)

CLAIMS: dict[str, Claim] = {
    "start": lambda unit, now: unit.requests.claim_due_to_start(now, LEASE, 9),
    "assignment": lambda unit, now: unit.assignments.claim_due(now, LEASE, 9),
    "message": lambda unit, now: unit.outbox.claim(now, LEASE, 9),
    "act": lambda unit, now: unit.inbox.claim_open(now, LEASE, 9),
    "export": lambda unit, now: unit.exports.claim(now, LEASE),
    "summary": lambda unit, now: unit.summaries.claim(now, LEASE, 9),
    "archive": lambda unit, now: unit.archive.claim(now, LEASE),
    "sweep": lambda unit, now: unit.sweeps.claim(now, LEASE),
    "round": lambda unit, now: unit.shared_rounds.claim("all", now, LEASE),
}


@pytest.fixture
async def other(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The database as another process has it; one of everything is due."""
    (request,) = await stored(database, replace(SCHEDULED, start_at=NOW))
    async with database.open() as unit:
        await unit.assignments.wake(ADA, TARGET, NOW, urgent=True)
        await unit.outbox.put([Notice(Form.DIRECT, LostAssignment(), ADMINS)], NOW)
        await unit.inbox.put(SUBMIT, NOW - MINUTE)
        await unit.exports.put(ADA_IN_CHAT, ExportKind.REQUESTS, "", NOW)
        await unit.summaries.plan(request.id, NOW)
        await unit.commit()
    opened = Database(database_url)
    yield opened
    await opened.close()


def some(found: object) -> bool:
    return len(found) > 0 if isinstance(found, Sequence) else found is not None


async def claims(database: Database, claim: Claim, at: datetime = NOW) -> bool:
    return some(await commit(database, lambda unit: claim(unit, at)))


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
@pytest.mark.parametrize("off", [25 * SECOND, -25 * SECOND], ids=["ahead", "behind"])
async def test_a_lease_lasts_as_long_for_a_process_whose_clock_is_off(
    database: Database, other: Database, claim: Claim, off: timedelta
) -> None:
    """That knows by how much: its own time is wrong, and the lease is dated right."""
    other.leases.ahead = lambda: off
    assert await claims(database, claim)
    assert not await claims(other, claim, NOW + off)
    assert not await claims(other, claim, NOW + LEASE - SECOND + off)
    assert await claims(other, claim, NOW + LEASE + off)
    assert not await claims(database, claim, NOW + 2 * LEASE - SECOND)
    assert await claims(database, claim, NOW + 2 * LEASE)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
async def test_what_a_process_gives_back_is_taken_up_at_once(database: Database, other: Database, claim: Claim) -> None:
    assert await claims(database, claim)
    assert not await claims(other, claim)
    assert await database.give_back() >= 1
    assert await claims(other, claim, NOW + timedelta(microseconds=1))
    await database.give_back()
    assert not await claims(database, claim), "the other's lease stays"


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
async def test_a_process_that_is_about_to_end_takes_nothing_up(
    database: Database, other: Database, claim: Claim
) -> None:
    database.leases.is_closed = True
    assert not await claims(database, claim)
    assert await claims(other, claim)


async def test_a_change_that_aws_is_being_asked_for_is_not_given_back(database: Database, other: Database) -> None:
    """Only when the lease has run out is it known that AWS will be asked no more."""
    (claimed,) = await commit(database, lambda unit: unit.assignments.claim_due(NOW, LEASE, 9))
    begun = await commit(database, lambda unit: unit.assignments.begin(claimed, Operation(OperationKind.DELETE, NOW)))
    assert begun is not None
    await database.give_back()
    assert not await claims(other, CLAIMS["assignment"])
    assert await claims(other, CLAIMS["assignment"], NOW + LEASE)


async def test_an_act_that_has_just_come_in_is_given_back_too(database: Database, other: Database) -> None:
    await commit(database, lambda unit: unit.inbox.put(replace(SUBMIT, key="new"), NOW))
    await commit(other, lambda unit: unit.inbox.claim_open(NOW, LEASE, 9))
    assert not await claims(other, CLAIMS["act"])
    await database.give_back()
    assert await claims(other, CLAIMS["act"])


async def test_work_of_minutes_holds_its_lease(database: Database, other: Database) -> None:
    later = NOW + LEASE - SECOND
    async with database.open() as unit:
        (outgoing,) = await unit.outbox.claim(NOW, LEASE, 9)
        (summary,) = await unit.summaries.claim(NOW, LEASE, 9)
        sweep, archived = await unit.sweeps.claim(NOW, LEASE), await unit.archive.claim(NOW, LEASE)
        export = await unit.exports.claim(NOW, LEASE)
        assert sweep is not None
        assert archived is not None
        assert export is not None
        await unit.outbox.hold(outgoing, later + LEASE)
        await unit.summaries.hold(summary, later + LEASE)
        await unit.sweeps.hold(sweep, later + LEASE)
        await unit.archive.hold(archived, later + LEASE)
        await unit.exports.hold(export, later + LEASE)
        await unit.commit()
    held = [CLAIMS[name] for name in ("message", "summary", "sweep", "archive", "export")]
    assert not any([await claims(other, claim, NOW + LEASE) for claim in held])
    await database.give_back()
    assert all([await claims(other, claim, NOW + LEASE) for claim in held])


def test_no_lease_is_longer_than_half_a_minute_and_none_is_taken_for_one_of_a_clock_ahead() -> None:
    assert LEASE <= timedelta(seconds=30) < LONGEST_LEASE
