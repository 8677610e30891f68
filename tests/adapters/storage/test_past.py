"""Requests of a period as figures read them: on both databases, page by page, with approvals and use."""

from dataclasses import replace
from datetime import timedelta

from core.adapters.storage.engine import Database
from core.domain.approval import Verdict, Vote
from core.domain.figures import PastRequest
from core.domain.ids import RequestId
from core.domain.period import Period
from core.domain.request import Status
from core.domain.search import Cursor
from tests.adapters.storage.samples import ACTIVE, ADA, BOB, LEASE, MINUTE, NOW, PENDING, commit, execute, stored

PERIOD = Period(NOW, NOW + timedelta(hours=1))


async def page(database: Database, limit: int = 10, after: Cursor | None = None) -> list[PastRequest]:
    async with database.look() as unit:
        return list(await unit.past.page(PERIOD, limit, after))


async def test_a_request_belongs_to_the_period_in_which_it_was_asked_for(database: Database) -> None:
    times = (NOW - MINUTE, NOW, PERIOD.until - MINUTE, PERIOD.until)
    _, first, second, _ = await stored(database, *(replace(PENDING, created_at=at) for at in times))
    assert [each.id for each in await page(database)] == [first.id, second.id]
    async with database.look() as unit:
        assert await unit.past.count(PERIOD) == 2


async def test_pages_follow_each_other_and_an_empty_one_is_the_end(database: Database) -> None:
    asked = await stored(database, *(replace(PENDING, created_at=NOW + (3 - n // 2) * MINUTE) for n in range(5)))
    expected = [each.id for each in sorted(asked, key=lambda each: (each.created_at, each.id))]
    found: list[RequestId] = []
    after = None
    while some := await page(database, 2, after):
        found += [each.id for each in some]
        after = Cursor(some[-1].asked_at, some[-1].id)
    assert found == expected


async def test_it_has_approvals_and_what_is_known_of_its_use(database: Database) -> None:
    revoked = replace(
        ACTIVE, status=Status.REVOKED, quorum=1, decided_at=NOW, revoking_at=NOW, revoked_by="Bob", closed_at=NOW
    )
    used, unknown = await stored(database, revoked, PENDING)
    votes = (
        Vote(used.id, BOB, "Bob", Verdict.APPROVE, "", NOW + MINUTE),
        Vote(used.id, ADA, "Ada", Verdict.REJECT, "", NOW),
    )
    async with database.open() as unit:
        for vote in votes:
            await unit.votes.add(vote)
        await unit.summaries.plan(used.id, NOW)
        await unit.commit()
    (due,) = await commit(database, lambda unit: unit.summaries.claim(NOW, LEASE, 1))
    await commit(database, lambda unit: unit.summaries.close(due, NOW, events=0))
    first, second = await page(database)
    assert [(given.by, given.name, given.at) for given in first.approvals] == [(BOB, "Bob", NOW + MINUTE)]
    assert (first.events, first.revoked, first.needs_approval, first.active_from) == (0, True, True, NOW)
    assert (first.end_at, first.revoking_at, first.closed_at) == (revoked.end_at, NOW, NOW)
    assert (second.id, second.events, second.revoked, second.approvals) == (unknown.id, None, False, ())


async def test_a_row_that_cannot_be_read_hides_no_other(database: Database) -> None:
    asked = await stored(database, *(PENDING for _ in range(4)))
    assert asked[1].id == 1002
    await execute(database, "UPDATE request SET status = 'of tomorrow' WHERE id <= 1002")
    assert [each.id for each in await page(database, 1)] == [asked[2].id]
    assert [each.id for each in await page(database)] == [asked[2].id, asked[3].id]
