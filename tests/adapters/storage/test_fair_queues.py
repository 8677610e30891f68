"""People take turns: what one of them sends in a flood goes behind the first few of everybody else (rule 26)."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from core.adapters.storage.engine import Database
from core.adapters.storage.repositories.inbox import AT_ONCE_OF_ONE, FIRST_LEASE
from core.domain.commands import ExportKind
from core.domain.ids import ConversationId, RequestId
from core.domain.notice_content import Reminder
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Form, Notice, Recipient, Topic, home_of
from core.domain.people import ChatUser
from core.ports import Outgoing, UnitOfWork
from tests.adapters.storage.samples import (
    ADA_IN_CHAT,
    BOB,
    LEASE,
    MINUTE,
    NOW,
    PENDING,
    SUBMIT,
    all_at_once,
    commit,
    stored,
)
from tests.contents import by_topic, content_of

ADAS, BOBS = RequestId(1001), RequestId(1002)
CHANNEL = Recipient.conversation(ConversationId("C1"))
FLOOD = 1000
AT_ONCE = 20
BOB_IN_CHAT = ChatUser("slack", "T1", "U-BOB")


@pytest.fixture(autouse=True)
async def requests(database: Database) -> None:
    await stored(database, PENDING, replace(PENDING, requester=BOB))


def line(request_id: RequestId, to: Recipient = CHANNEL, topic: Topic = Topic.REMINDER, n: int = 0) -> Notice:
    return Notice(Form.LINE, Reminder(n) if topic is Topic.REMINDER else by_topic()[topic], to, request_id)


async def put(database: Database, *notices: Notice) -> None:
    await commit(database, lambda unit: unit.outbox.put(notices, NOW))


async def claim(database: Database, limit: int = AT_ONCE, *, at: int = 0) -> Sequence[Outgoing]:
    return await commit(database, lambda unit: unit.outbox.claim(NOW + at * MINUTE, LEASE, limit))


async def flooded(database: Database, count: int = 100, *, in_one_channel: bool = False) -> None:
    """Ada's messages: to one channel, or each to somebody else."""
    places = [CHANNEL if in_one_channel else Recipient.conversation(ConversationId(f"C-{n}")) for n in range(count)]
    await put(database, *(line(ADAS, place, n=n) for n, place in enumerate(places)))


@pytest.mark.parametrize("in_one_channel", [True, False])
async def test_one_message_of_another_person_goes_before_a_thousand_that_wait(
    database: Database, *, in_one_channel: bool
) -> None:
    await flooded(database, FLOOD, in_one_channel=in_one_channel)
    for outgoing in await claim(database, 1):
        await commit(database, lambda unit, done=outgoing: unit.outbox.sent(done, NOW))  # type: ignore[misc]
    await put(database, line(BOBS))
    due = await claim(database)
    assert BOBS in {outgoing.notice.request_id for outgoing in due}


@pytest.mark.parametrize(
    "wanted",
    [
        line(ADAS, ADMINS, Topic.OVERDUE),
        line(ADAS, Recipient.chat(BOB_IN_CHAT), Topic.ANSWER),
        Notice(Form.DIRECT, by_topic()[Topic.EXPORTED], Recipient.chat(BOB_IN_CHAT)),
        Notice(Form.LINE, by_topic()[Topic.POLICIES_CHANGED], AUDIT_CHANNEL),
    ],
    ids=["alarm about her own", "answer about hers", "file", "change of policies"],
)
async def test_an_answer_or_an_alarm_waits_for_nobodys_flood(database: Database, wanted: Notice) -> None:
    await flooded(database)
    await put(database, *(line(ADAS, wanted.to, n=n) for n in range(AT_ONCE)))
    await put(database, wanted)
    first = [outgoing.notice for outgoing in await claim(database, 2)]
    assert wanted in first


async def test_two_people_who_both_send_much_take_turns(database: Database) -> None:
    await put(database, *(line(ADAS, n=n) for n in range(6)), *(line(BOBS, n=n) for n in range(3)))
    order = []
    while due := await claim(database):
        (outgoing,) = due
        order.append((outgoing.notice.request_id, content_of(outgoing.notice, Reminder).round))
        await commit(database, lambda unit, done=outgoing: unit.outbox.sent(done, NOW))  # type: ignore[misc]
    assert [number for number, _ in order] == [ADAS, BOBS] * 3 + [ADAS] * 3
    assert [n for number, n in order if number == ADAS] == list(range(6))


async def test_what_comes_first_in_turn_does_not_overtake_what_is_being_sent_or_pauses(database: Database) -> None:
    """A recipient is written to by one at a time, and is left alone when it asked for a pause."""
    await put(database, line(ADAS), line(ADAS, n=1))
    (sending,) = await claim(database)
    await put(database, line(BOBS))
    assert await claim(database) == ()
    await commit(database, lambda unit: unit.outbox.retry(sending, NOW + 2 * MINUTE, "ratelimited"))
    assert await claim(database, at=1) == ()
    (next_one,) = await claim(database, at=2)
    assert next_one.notice == line(ADAS)


async def test_what_is_put_for_later_keeps_nobody_waiting_until_then(database: Database) -> None:
    await commit(database, lambda unit: unit.outbox.put([line(ADAS, ADMINS)], NOW + 2 * MINUTE))
    await put(database, line(ADAS, ADMINS, n=1))
    (now,) = await claim(database, at=1)
    assert now.notice.content == Reminder(1)


async def test_a_home_that_waits_behind_a_flood_is_drawn_in_the_turn_of_whoever_changes_it_next(
    database: Database,
) -> None:
    await flooded(database)
    await put(database, home_of(BOB, Topic.SUBMITTED, ADAS))
    await put(database, home_of(BOB, Topic.SUBMITTED, BOBS))
    assert Form.HOME in {outgoing.notice.form for outgoing in await claim(database)}


# --- acts -------------------------------------------------------------------------------------------


async def acted(database: Database, by: ChatUser, *keys: str) -> None:
    for key in keys:
        command = replace(SUBMIT, actor=by, key=f"{by.user}/{key}")
        await commit(database, lambda unit, new=command: unit.inbox.put(new, NOW))  # type: ignore[misc]


async def taken_up(database: Database, limit: int = AT_ONCE) -> list[str]:
    later = NOW + FIRST_LEASE
    received = await commit(database, lambda unit: unit.inbox.claim_open(later, LEASE, limit))
    return [each.command.key for each in received]


async def test_an_act_is_taken_up_before_a_hundred_of_somebody_else(database: Database) -> None:
    await acted(database, ADA_IN_CHAT, *(str(n) for n in range(100)))
    await acted(database, BOB_IN_CHAT, "one")
    assert await taken_up(database, 2) == ["U-ADA/0", "U-BOB/one"]


async def test_only_a_few_acts_of_one_person_are_taken_up_together(database: Database) -> None:
    await acted(database, ADA_IN_CHAT, *(str(n) for n in range(10)))
    assert await taken_up(database) == [f"U-ADA/{n}" for n in range(AT_ONCE_OF_ONE)]
    assert await taken_up(database) == []


async def test_claims_at_the_same_time_take_each_act_once(database: Database) -> None:
    people = [ChatUser("slack", "T1", f"U{n}") for n in range(6)]
    for person in people:
        await acted(database, person, "1", "2")
    taken = await all_at_once([taken_up(database, 4) for _ in range(5)])
    keys = [key for each in taken if isinstance(each, list) for key in each]
    assert len(keys) == len(set(keys)) == 12


# --- files ------------------------------------------------------------------------------------------


async def test_a_file_is_made_before_the_second_of_somebody_who_wants_many(database: Database) -> None:
    for by, subject in [*((ADA_IN_CHAT, str(n)) for n in range(5)), (BOB_IN_CHAT, "one")]:
        await commit(database, partial(_wanted, by, subject))
    first, second = [await commit(database, lambda unit: unit.exports.claim(NOW, LEASE)) for _ in range(2)]
    assert first is not None
    assert second is not None
    assert [(each.asked_by, each.subject) for each in (first, second)] == [(ADA_IN_CHAT, "0"), (BOB_IN_CHAT, "one")]


async def _wanted(by: ChatUser, subject: str, unit: UnitOfWork) -> bool:
    return await unit.exports.put(by, ExportKind.REQUESTS, subject, NOW)
