import functools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlmodel import col

from core.adapters.storage.engine import Database
from core.adapters.storage.tables import OutgoingRow
from core.domain.errors import Conflict
from core.domain.ids import ConversationId, RequestId
from core.domain.notice_content import ApprovalCounted, Reminder
from core.domain.notices import ADMINS, Form, Notice, Plain, Recipient, Topic, home_of
from core.ports import Outgoing, UnitOfWork
from tests.adapters.storage.samples import ADA, BOB, LEASE, MINUTE, NOW, PENDING, all_at_once, commit, stored

CHANNEL = Recipient.conversation(ConversationId("C1"))
ELSEWHERE = Recipient.conversation(ConversationId("C2"))
FIRST, SECOND = RequestId(1001), RequestId(1002)
CARD = Notice(Form.CARD, Plain(Topic.SUBMITTED), CHANNEL, FIRST)
LINE = Notice(Form.THREAD, ApprovalCounted("Ädä", 2), CHANNEL, FIRST)


@pytest.fixture(autouse=True)
async def requests(database: Database) -> None:
    await stored(database, PENDING, PENDING)


async def put(database: Database, *notices: Notice, at: int = 0) -> None:
    await commit(database, lambda unit: unit.outbox.put(notices, NOW + at * MINUTE))


async def claim(database: Database, *, at: int = 0, limit: int = 100) -> Sequence[Outgoing]:
    return await commit(database, lambda unit: unit.outbox.claim(NOW + at * MINUTE, LEASE, limit))


async def sent(database: Database, outgoing: Outgoing) -> None:
    await commit(database, lambda unit: unit.outbox.sent(outgoing, NOW))


async def told(database: Database, *, at: int = 0) -> list[Notice]:
    """Send everything there is, one after the other."""
    notices: list[Notice] = []
    while due := await claim(database, at=at):
        for outgoing in due:
            notices.append(outgoing.notice)
            await sent(database, outgoing)
    return notices


async def test_a_notice_is_claimed_as_it_was_put(database: Database) -> None:
    await put(database, LINE)
    (outgoing,) = await claim(database)
    assert outgoing == Outgoing(outgoing.id, LINE, NOW, attempts=0, fence=1)


async def test_a_home_that_waits_to_be_drawn_stands_for_whatever_changes_meanwhile(database: Database) -> None:
    """Other than a card it shows every request of its owner."""
    homes = [home_of(ADA, Topic.SUBMITTED, FIRST), home_of(ADA, Topic.APPROVED, SECOND)]
    await put(database, *homes, home_of(BOB, Topic.APPROVED, SECOND))
    assert [notice.to.id for notice in await told(database)] == [ADA, BOB]


async def test_each_recipient_is_told_everything_in_order(database: Database) -> None:
    lines = [replace(LINE, content=Reminder(n), to=(CHANNEL, ELSEWHERE)[n % 2]) for n in range(8)]
    await put(database, *lines)
    all_told = await told(database)
    for recipient in (CHANNEL, ELSEWHERE):
        assert [n for n in all_told if n.to == recipient] == [n for n in lines if n.to == recipient]


async def test_only_the_oldest_unsent_notice_of_a_recipient_is_claimed(database: Database) -> None:
    await put(database, CARD, LINE, replace(LINE, to=ELSEWHERE))
    first = await claim(database)
    assert [outgoing.notice for outgoing in first] == [CARD, replace(LINE, to=ELSEWHERE)]
    assert await claim(database) == ()
    await sent(database, first[0])
    assert [outgoing.notice for outgoing in await claim(database)] == [LINE]


async def test_recipients_of_one_id_and_another_audience_do_not_wait_for_each_other(database: Database) -> None:
    direct = replace(LINE, to=Recipient.principal(ADA))
    await put(database, direct, replace(direct, to=Recipient.conversation(ConversationId(ADA))))
    assert len(await claim(database)) == 2


async def test_what_is_tried_again_later_holds_back_what_comes_after_it(database: Database) -> None:
    await put(database, CARD, LINE)
    (card,) = await claim(database)
    await commit(database, lambda unit: unit.outbox.retry(card, NOW + 2 * MINUTE, "ratelimited"))
    assert await claim(database, at=1) == ()
    (again,) = await claim(database, at=2)
    assert (again.notice, again.attempts) == (CARD, 1)


async def test_what_is_undeliverable_is_kept_and_no_longer_in_the_way(database: Database) -> None:
    await put(database, CARD, LINE)
    (card,) = await claim(database)
    await commit(database, lambda unit: unit.outbox.undeliverable(card, NOW, "channel_not_found"))
    assert [outgoing.notice for outgoing in await claim(database)] == [LINE]
    async with database.open() as unit:
        assert await unit.outbox.waiting() == (1, 1, NOW)


async def test_what_a_crash_left_is_claimed_again_and_its_late_sender_is_refused(database: Database) -> None:
    await put(database, CARD)
    (stalled,) = await claim(database)
    (current,) = await claim(database, at=1)
    for late in (
        commit(database, lambda unit: unit.outbox.sent(stalled, NOW)),
        commit(database, lambda unit: unit.outbox.retry(stalled, NOW, "late")),
        commit(database, lambda unit: unit.outbox.undeliverable(stalled, NOW, "late")),
    ):
        with pytest.raises(Conflict):
            await late
    await sent(database, current)
    assert await claim(database, at=9) == ()


async def test_a_card_that_waits_stands_for_the_same_card_put_again(database: Database) -> None:
    await put(database, CARD, LINE)
    await put(database, replace(CARD, content=Plain(Topic.APPROVED)), at=1)
    assert await told(database, at=1) == [replace(CARD, content=Plain(Topic.APPROVED)), LINE]


async def test_a_card_put_twice_at_once_is_one(database: Database) -> None:
    await put(database, CARD, CARD)
    assert await told(database) == [CARD]


@pytest.mark.parametrize(
    "other",
    [replace(CARD, request_id=SECOND), replace(CARD, to=ELSEWHERE), replace(CARD, to=ADMINS)],
    ids=["request", "place", "audience"],
)
async def test_cards_of_another_request_or_place_are_cards_of_their_own(database: Database, other: Notice) -> None:
    await put(database, CARD, other)
    assert await told(database) == [CARD, other]


async def test_lines_are_never_merged(database: Database) -> None:
    await put(database, LINE, LINE)
    assert await told(database) == [LINE, LINE]


async def test_a_card_being_sent_stands_for_nothing_newer_whether_its_lease_is_good_or_not(database: Database) -> None:
    await put(database, CARD)
    (sending,) = await claim(database)
    await put(database, CARD, at=5)
    await sent(database, sending)
    assert await told(database, at=5) == [CARD]


async def test_a_card_given_back_for_later_stands_for_the_newer_one(database: Database) -> None:
    await put(database, CARD)
    (sending,) = await claim(database)
    await commit(database, lambda unit: unit.outbox.retry(sending, NOW + MINUTE, "ratelimited"))
    await put(database, CARD)
    assert await told(database, at=1) == [CARD]


async def test_a_sent_card_stands_for_nothing(database: Database) -> None:
    await put(database, CARD)
    assert await told(database) == [CARD]
    await put(database, CARD)
    assert await told(database) == [CARD]


async def test_waiting_counts_what_is_unsent_and_tells_the_oldest(database: Database) -> None:
    async with database.open() as unit:
        assert await unit.outbox.waiting() == (0, 0, None)
    await put(database, CARD)
    await put(database, LINE, at=1)
    async with database.open() as unit:
        assert await unit.outbox.waiting() == (2, 0, NOW)


async def test_eight_senders_send_two_hundred_notices_once_each_and_in_order(
    database: Database, database_url: str
) -> None:
    places = [Recipient.conversation(ConversationId(f"C{n}")) for n in range(20)]
    await put(database, *(replace(LINE, to=place, content=Reminder(n)) for n in range(10) for place in places))
    replica = Database(database_url)
    log: list[Notice] = []

    async def send(place: Database) -> None:
        while due := await claim(place, limit=5):
            for outgoing in due:
                log.append(outgoing.notice)
                await sent(place, outgoing)

    outcomes = await all_at_once([send((database, replica)[n % 2]) for n in range(8)])
    log += await told(database)
    await replica.close()
    assert outcomes == [None] * 8
    for place in places:
        assert [notice.content for notice in log if notice.to == place] == [Reminder(n) for n in range(10)]


async def test_what_was_sent_long_ago_is_forgotten_and_what_waits_is_not(database: Database) -> None:
    await put(database, CARD, LINE)
    (first,) = await claim(database)
    await sent(database, first)
    assert await commit(database, lambda unit: unit.outbox.forget(NOW, 10)) == 0
    assert await commit(database, lambda unit: unit.outbox.forget(NOW + 60 * MINUTE, 10)) == 1
    assert await told(database) == [LINE]


async def _again(outgoing: Outgoing, unit: UnitOfWork, *, faulty: bool = False, passed: bool = False) -> None:
    await unit.outbox.retry(outgoing, NOW, "internal_error", faulty=faulty, passed=passed)


async def test_what_may_be_passed_holds_back_only_what_is_about_the_same_request(database: Database) -> None:
    other, nobody = replace(LINE, request_id=SECOND), replace(LINE, request_id=None)
    await put(database, CARD)
    await put(database, LINE, other, nobody)
    (card,) = await claim(database)
    assert card.notice == CARD
    at = NOW + 9 * MINUTE
    await commit(database, lambda unit: unit.outbox.retry(card, at, "internal_error", passed=True))
    later = replace(LINE, content=Reminder(3))
    await put(database, later)
    assert await told(database, at=1) == [nobody, other]
    assert await told(database, at=9) == [CARD, LINE, later]
    await put(database, LINE, other)
    assert await told(database, at=9) == [LINE, other]


async def test_what_is_about_no_request_holds_back_nothing_once_it_may_be_passed(database: Database) -> None:
    first, second = (replace(LINE, request_id=None, content=Reminder(n)) for n in range(2))
    await put(database, first)
    (outgoing,) = await claim(database)
    await commit(database, functools.partial(_again, outgoing, passed=True))
    await put(database, second)
    assert [outgoing.notice for outgoing in await claim(database)] == [first, second]


async def test_faults_of_the_program_are_counted_apart_from_other_tries(database: Database) -> None:
    await put(database, CARD)
    for faulty in (False, True, False):
        (outgoing,) = await claim(database)
        again = functools.partial(_again, outgoing, faulty=faulty)
        await commit(database, again)
    (outgoing,) = await claim(database)
    assert (outgoing.attempts, outgoing.faults) == (3, 1)


async def test_a_message_of_a_newer_release_waits_and_stops_no_other(database: Database) -> None:
    await put(database, CARD, replace(LINE, request_id=SECOND), replace(LINE, to=ELSEWHERE))
    newer = update(OutgoingRow).where(col(OutgoingRow.form) == CARD.form.value).values(topic="not_known_yet")
    async with database.engine.begin() as connection:
        await connection.execute(newer)
    assert [outgoing.notice.to for outgoing in await claim(database)] == [ELSEWHERE]
    assert [outgoing.notice.to for outgoing in await claim(database)] == [CHANNEL]
    assert await claim(database) == ()
    async with database.open() as unit:
        waiting, undeliverable, _ = await unit.outbox.waiting()
    assert (waiting, undeliverable) == (3, 0)
