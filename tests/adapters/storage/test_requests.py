from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.adapters.storage.engine import Database
from core.domain.approval import Verdict, Vote
from core.domain.errors import Conflict
from core.domain.ids import RequestId
from core.domain.request import LIVE, Event, Request, Status, advance
from tests import strategies
from tests.adapters.storage.samples import (
    ACTIVE,
    ADA,
    BOB,
    LEASE,
    MINUTE,
    NOW,
    PENDING,
    REVOKING,
    SCHEDULED,
    TARGET,
    all_at_once,
    commit,
    read,
    stored,
    target,
)


async def test_request_ids_begin_at_1001_and_grow(database: Database) -> None:
    requests = await stored(database, PENDING, PENDING, PENDING)
    assert [request.id for request in requests] == [1001, 1002, 1003]
    assert {request.version for request in requests} == {1}


async def test_an_id_nobody_has_is_not_found_however_large(database: Database) -> None:
    for number in (1, 1001, 999_999_999_999_999_999):
        assert await commit(database, lambda unit, n=number: unit.requests.get(RequestId(n))) is None  # type: ignore[misc]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 3)
@given(data=st.data())
async def test_a_request_is_read_as_it_was_stored(database: Database, data: st.DataObject) -> None:
    drawn = replace(data.draw(strategies.requests()), justification=data.draw(visible_texts))
    added = await commit(database, lambda unit: unit.requests.add(drawn))
    assert added == replace(drawn, id=added.id, version=1)
    assert await read(database, added.id) == added
    changed = replace(
        drawn, id=added.id, version=1, eligibility_policies=("a", "ä"), continued_by=RequestId(1001), alarmed_at=NOW
    )
    saved = await commit(database, lambda unit: unit.requests.save(added, changed))
    assert saved == replace(changed, version=2)
    assert await read(database, added.id) == saved


visible_texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"))


async def test_a_text_with_nul_is_stored_with_a_mark_in_its_place(database: Database) -> None:
    (request,) = await stored(database, replace(PENDING, justification="a\x00b\ud800"))
    assert request.justification == "a\ufffdb\ufffd"
    assert await read(database, request.id) == request


async def test_saving_what_has_changed_meanwhile_is_a_conflict(database: Database) -> None:
    (before,) = await stored(database, PENDING)
    await commit(database, lambda unit: unit.requests.save(before, replace(before, ticket="OPS-1")))
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.requests.save(before, advance(before, Event.APPROVE, NOW)))
    assert (await read(database, before.id)).status is Status.PENDING


async def test_saving_under_another_status_is_a_conflict_even_with_the_right_version(database: Database) -> None:
    (before,) = await stored(database, PENDING)
    with pytest.raises(Conflict):
        await commit(database, lambda unit: unit.requests.save(replace(before, status=Status.ACTIVE), before))


async def test_of_twenty_simultaneous_approvals_one_wins(database: Database, database_url: str) -> None:
    (before,) = await stored(database, PENDING)
    replica = Database(database_url)

    def approve(number: int, place: Database) -> Coroutine[Any, Any, Request]:
        after = advance(before, Event.APPROVE, NOW, decided_by=f"approver {number}")
        return commit(place, lambda unit: unit.requests.save(before, after))

    outcomes = await all_at_once([approve(n, (database, replica)[n % 2]) for n in range(20)])
    await replica.close()
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Request)]
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 19
    assert await read(database, before.id) == winner


async def test_own_requests_come_newest_first_and_page_by_page(database: Database) -> None:
    await stored(database, PENDING, replace(PENDING, requester=BOB), PENDING, PENDING)
    async with database.open() as unit:
        first = await unit.requests.of_requester(ADA, limit=2)
        second = await unit.requests.of_requester(ADA, limit=2, before=first[-1].id)
    assert [request.id for request in (*first, *second)] == [1004, 1003, 1001]


async def test_own_requests_can_be_of_some_statuses_alone(database: Database) -> None:
    await stored(database, *(replace(PENDING, status=status) for status in Status))
    async with database.open() as unit:
        live = await unit.requests.of_requester(ADA, limit=100, statuses=LIVE)
        every = await unit.requests.of_requester(ADA, limit=100)
    assert {request.status for request in live} == LIVE
    assert len(every) == len(Status)


async def test_what_somebody_has_to_decide_is_pending_of_others_and_undecided_oldest_first(database: Database) -> None:
    own, decided, waits, _, _, later = await stored(
        database,
        replace(PENDING, requester=BOB),
        PENDING,
        PENDING,
        replace(PENDING, status=Status.REJECTED),
        replace(PENDING, expires_at=NOW),
        PENDING,
    )
    vote = Vote(decided.id, BOB, "Bob", Verdict.APPROVE, "", NOW)
    await commit(database, lambda unit: unit.votes.add(vote))
    async with database.open() as unit:
        assert await unit.requests.undecided(BOB, NOW, limit=10) == (waits, later)
        assert await unit.requests.undecided(BOB, NOW, limit=1) == (waits,)
        assert await unit.requests.undecided(BOB, NOW, limit=10, after=waits.id) == (later,)
        assert {request.id for request in await unit.requests.undecided(ADA, NOW, limit=10)} == {own.id}


async def test_due_to_be_reminded_of_is_what_waits_past_its_instant(database: Database) -> None:
    due = replace(PENDING, remind_at=NOW, reminders=2, extends=RequestId(7), asked_duration=9 * MINUTE)
    stored_due, *_ = await stored(
        database,
        due,
        PENDING,
        replace(PENDING, remind_at=NOW + MINUTE),
        replace(PENDING, remind_at=NOW, expires_at=NOW),
        replace(PENDING, remind_at=NOW, status=Status.REJECTED),
    )
    assert stored_due == replace(due, id=stored_due.id, version=1)
    async with database.open() as unit:
        assert await unit.requests.due_to_remind(NOW, 10) == (stored_due,)


async def test_live_are_those_granting_active_or_revoking_for_the_same_target(database: Database) -> None:
    await stored(database, *(replace(PENDING, status=status) for status in Status))
    await stored(database, replace(ACTIVE, requester=BOB), replace(ACTIVE, target=target(2)))
    async with database.open() as unit:
        live = await unit.requests.live_of(ADA, TARGET)
    assert {request.status for request in live} == LIVE
    assert len(live) == len(LIVE)


async def test_requests_by_status_come_oldest_first(database: Database) -> None:
    await stored(database, PENDING, ACTIVE, SCHEDULED, PENDING)
    async with database.open() as unit:
        found = await unit.requests.with_status(Status.PENDING, Status.SCHEDULED, limit=1000)
        limited = await unit.requests.with_status(Status.PENDING, Status.SCHEDULED, limit=2)
        rest = await unit.requests.with_status(Status.PENDING, Status.SCHEDULED, limit=2, after=limited[-1].id)
    assert [request.id for request in found] == [1001, 1003, 1004]
    assert [request.id for request in limited] == [1001, 1003]
    assert [request.id for request in rest] == [1004]


async def test_recent_requests_for_a_target_are_counted_from_the_given_moment_on(database: Database) -> None:
    await stored(
        database,
        PENDING,
        replace(PENDING, created_at=NOW - timedelta(days=30)),
        replace(PENDING, created_at=NOW - timedelta(days=31)),
        replace(PENDING, requester=BOB),
        replace(PENDING, target=target(2)),
    )
    async with database.open() as unit:
        assert await unit.requests.count_since(ADA, TARGET, NOW - timedelta(days=30)) == 2


async def test_pending_requests_expire_when_their_time_has_come(database: Database) -> None:
    late = replace(PENDING, expires_at=NOW + 5 * MINUTE)
    await stored(database, late, PENDING, replace(ACTIVE, expires_at=NOW))
    async with database.open() as unit:
        assert await unit.requests.due_to_expire(NOW, 10) == ()
        assert [r.id for r in await unit.requests.due_to_expire(NOW + 5 * MINUTE, 10)] == [1001]
        assert [r.id for r in await unit.requests.due_to_expire(NOW + timedelta(days=1), 1)] == [1001]


async def test_active_requests_end_when_their_time_has_come(database: Database) -> None:
    await stored(database, ACTIVE, REVOKING, replace(ACTIVE, end_at=NOW))
    async with database.open() as unit:
        assert [r.id for r in await unit.requests.due_to_end(NOW, 10)] == [1003]
        assert [r.id for r in await unit.requests.due_to_end(NOW + timedelta(hours=1), 10)] == [1003, 1001]


async def test_a_warning_is_due_once_and_only_near_the_end(database: Database) -> None:
    end = NOW + timedelta(minutes=15)
    near = replace(ACTIVE, end_at=end)
    await stored(database, near, replace(near, ending_soon_told=True), replace(near, end_at=end + MINUTE))
    async with database.open() as unit:
        assert [r.id for r in await unit.requests.due_to_warn(NOW, 10)] == [1001]


async def test_short_windows_that_wait_for_their_warning_do_not_push_others_out(database: Database) -> None:
    short = replace(ACTIVE, duration=timedelta(minutes=15), end_at=NOW + timedelta(minutes=14))
    await stored(database, short, short, replace(ACTIVE, end_at=NOW + timedelta(minutes=15)))
    async with database.open() as unit:
        assert [r.id for r in await unit.requests.due_to_warn(NOW, 1)] == [1003]


async def test_what_never_expires_waits_and_is_due_at_no_time(database: Database) -> None:
    (waits,) = await stored(database, replace(PENDING, expires_at=None))
    assert waits.expires_at is None
    async with database.open() as unit:
        assert await unit.requests.next_due() is None
        assert await unit.requests.due_to_expire(NOW + timedelta(days=36500), 10) == ()
        assert await unit.requests.undecided(BOB, NOW, limit=10) == (waits,)


async def test_what_is_next_due_is_the_first_that_happens_by_itself(database: Database) -> None:
    async with database.open() as unit:
        assert await unit.requests.next_due() is None
    ending = replace(ACTIVE, end_at=NOW + timedelta(hours=1))
    await stored(database, ending, replace(PENDING, expires_at=NOW + timedelta(hours=3)), replace(REVOKING, end_at=NOW))
    async with database.open() as unit:
        assert await unit.requests.next_due() == NOW + timedelta(minutes=45)

    await stored(database, replace(PENDING, remind_at=NOW + 40 * MINUTE, expires_at=NOW + timedelta(hours=3)))
    async with database.open() as unit:
        assert await unit.requests.next_due() == NOW + 40 * MINUTE

    await stored(database, replace(SCHEDULED, start_at=NOW + 30 * MINUTE), replace(SCHEDULED, start_at=None))
    async with database.open() as unit:
        assert await unit.requests.next_due() == NOW + 30 * MINUTE

    await stored(database, replace(ending, ending_soon_told=True, end_at=NOW + 20 * MINUTE))
    async with database.open() as unit:
        assert await unit.requests.next_due() == NOW + 20 * MINUTE


async def test_revocations_are_overdue_until_somebody_was_alarmed(database: Database) -> None:
    earlier = replace(REVOKING, revoking_at=NOW - 6 * MINUTE)
    await stored(database, REVOKING, earlier, replace(earlier, alarmed_at=NOW))
    async with database.open() as unit:
        assert [r.id for r in await unit.requests.overdue_revocations(NOW - 5 * MINUTE, 10)] == [1002]


async def test_a_start_is_claimed_by_one_until_the_lease_is_over(database: Database) -> None:
    await stored(database, SCHEDULED, replace(SCHEDULED, start_at=NOW + MINUTE), PENDING)

    async def claimed(at: datetime) -> list[int]:
        found = await commit(database, lambda unit: unit.requests.claim_due_to_start(at, LEASE, 10))
        return [request.id for request in found]

    assert await claimed(NOW) == [1001]
    assert await claimed(NOW) == []
    assert await claimed(NOW + MINUTE) == [1001, 1002]


async def test_a_postponed_start_waits_for_its_time(database: Database) -> None:
    (request,) = await stored(database, SCHEDULED)
    await commit(database, lambda unit: unit.requests.put_off(request.id, NOW + MINUTE))
    async with database.open() as unit:
        assert await unit.requests.claim_due_to_start(NOW, LEASE, 10) == []
        assert len(await unit.requests.claim_due_to_start(NOW + MINUTE, LEASE, 10)) == 1
    assert await read(database, request.id) == request


async def test_requests_are_counted_by_status_and_those_that_are_over_for_a_while(database: Database) -> None:
    ended = replace(PENDING, status=Status.ENDED, closed_at=NOW)
    await stored(database, PENDING, PENDING, SCHEDULED, ended, replace(ended, closed_at=NOW - MINUTE))
    async with database.open() as unit:
        assert await unit.requests.counts(NOW) == {Status.PENDING: 2, Status.SCHEDULED: 1, Status.ENDED: 1}


async def test_numbers_that_are_skipped_are_given_to_no_request(database: Database) -> None:
    (first,) = await stored(database, PENDING)
    await commit(database, lambda unit: unit.requests.skip_numbers(1000))
    (second,) = await stored(database, PENDING)
    assert second.id > first.id + 1000
