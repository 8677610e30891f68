"""One person's flood: refused early, told in words, and hardly anything is kept of it (rule 26)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.domain.commands import RevokeAccess
from core.domain.errors import Reason, UpstreamBusy
from core.domain.ids import RequestId
from core.domain.notice_content import Reminder
from core.domain.notices import AUDIT_CHANNEL as ON_RECORD
from core.domain.notices import Form, Notice, Recipient
from core.domain.open_requests import MOST_WITHDRAWN
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.domain.request import Status
from core.services.runtime.turns import AT_ONCE
from tests.bot.waiting import until
from tests.services.company import MINUTE, PAYMENTS_CHANNEL, POWER, PROD, READ, SANDBOX, SECOND, STAGING, TARGET
from tests.services.pause import Pause
from tests.services.world import World

OPEN = Target(SANDBOX, POWER)
"""Nobody has to approve this one."""


def declined(outcome: Outcome) -> Reason:
    assert outcome.result is Result.DECLINED
    return outcome.refusals[0].reason


async def refusals(world: World) -> list[dict[str, Any]]:
    return [event for event in await world.events() if event["action"].endswith(".refused")]


async def test_a_person_has_at_most_as_many_open_requests_as_settings_say(world: World) -> None:
    await world.set_policies(world.book(max_open_requests=3))
    await world.asked(minutes=15)
    await world.asked(minutes=30)
    await world.asked(target=OPEN, start_at=world.clock.now() + timedelta(days=1))
    told = await world.submit(world.ada, minutes=45)
    assert declined(told) is Reason.TOO_MANY_OPEN
    assert told.refusals[0].detail == "3 of 3"
    await world.asked(world.dan, minutes=45)


async def test_what_is_decided_withdrawn_or_over_makes_room(world: World) -> None:
    await world.set_policies(world.book(max_open_requests=1))
    first = await world.asked()
    await world.cancel(world.ada, first)
    second = await world.asked(minutes=30)
    assert declined(await world.submit(world.ada)) is Reason.TOO_MANY_OPEN
    await world.decide(world.bob, second)
    await world.settle()
    assert await world.status(second) is Status.ACTIVE
    await world.asked(target=Target(PROD, READ))


async def test_one_that_has_expired_unnoticed_keeps_no_other_out(world: World) -> None:
    await world.set_policies(world.book(max_open_requests=1))
    await world.asked()
    world.clock.move(timedelta(hours=3))
    await world.asked()


async def test_the_same_access_for_the_same_time_waits_once(world: World) -> None:
    first = await world.asked(minutes=60)
    again = await world.submit(world.ada, minutes=60)
    assert (declined(again), again.refusals[0].detail) == (Reason.ASKED_ALREADY, f"R-{first}")
    tomorrow = world.clock.now() + timedelta(days=1)
    for other in ({"minutes": 30}, {"minutes": 60, "start_at": tomorrow}):
        await world.asked(**other)
    await world.asked(target=Target(PROD, READ), minutes=60)
    await world.asked(world.dan, minutes=60)
    await world.decide(world.bob, first)
    await world.asked(minutes=60)


async def test_of_forms_sent_at_once_no_more_become_requests_than_may(world_on_both: World) -> None:
    world = world_on_both
    await world.set_policies(world.book(max_open_requests=2))
    forms = [world.form(world.ada, minutes=15 + 5 * each) for each in range(6)]
    outcomes = await asyncio.gather(*(world.done(form) for form in forms))
    assert sorted(outcome.result for outcome in outcomes) == [Result.DECLINED] * 4 + [Result.SUBMITTED] * 2
    assert len(await world.requests()) == 2


async def withdrawn(world: World, target: Target = TARGET) -> None:
    await world.cancel(world.ada, await world.asked(target=target))


async def test_who_mends_a_request_twice_is_let_and_who_asks_and_withdraws_in_a_loop_waits(world: World) -> None:
    for _ in range(MOST_WITHDRAWN):
        await withdrawn(world)
        world.clock.move(MINUTE)
    told = await world.submit(world.ada, minutes=45)
    assert (declined(told), told.refusals[0].limit) == (Reason.WITHDRAWN_OFTEN, 7 * MINUTE)
    await world.asked(target=Target(PROD, READ))
    await world.asked(world.dan)
    world.clock.move(7 * MINUTE)
    await world.asked()


async def test_what_is_granted_without_approval_and_ended_at_once_counts_the_same(world: World) -> None:
    for _ in range(MOST_WITHDRAWN):
        await world.revoke(world.ada, await world.active(target=OPEN))
        await world.settle()
    assert declined(await world.submit(world.ada, OPEN)) is Reason.WITHDRAWN_OFTEN


async def test_a_loop_over_many_targets_ends_as_well(world: World) -> None:
    await world.set_policies(world.book(max_open_requests=2))
    for target in (TARGET, Target(PROD, READ), Target(STAGING, READ), Target(STAGING, POWER)):
        await withdrawn(world, target)
    assert declined(await world.submit(world.ada, OPEN)) is Reason.WITHDRAWN_OFTEN


async def test_the_limit_costs_aws_no_question(world: World) -> None:
    await world.set_policies(world.book(max_open_requests=1))
    await world.asked()
    asked: list[str] = []

    async def note(call: str) -> None:
        asked.append(call)

    world.cloud.before = note
    for minutes in range(15, 45):
        await world.submit(world.ada, minutes=minutes)
    assert not asked


@pytest.mark.parametrize("kind", ["request", "identity", "search", "ending", "decision"])
async def test_thirty_refused_tries_leave_one_audit_event_and_their_number(world: World, kind: str) -> None:
    request = await world.request(await world.active())
    waiting = await world.request(await world.asked(minutes=30))
    world.chat.change(world.grace.chat, is_guest=kind == "identity")

    async def tried() -> None:
        match kind:
            case "request" | "identity":
                await world.submit(world.grace)
            case "search":
                with pytest.raises(Exception, match="not_permitted"):
                    await world.services.search.reader(world.grace.chat)
            case "ending":
                await world.done(world.ending(RevokeAccess, world.erin, request.id))
            case _:
                await world.decide(world.ada, waiting.id)

    for _ in range(30):
        await tried()
    (event,) = await refusals(world)
    assert (event["action"], "repeated" in event["facts"]) == (f"{kind}.refused", False)
    world.clock.move(MINUTE)
    await tried()
    assert (await world.events())[-1]["facts"]["repeated"] == 29


async def test_a_number_that_no_later_refusal_takes_along_is_put_on_record_all_the_same(world: World) -> None:
    for _ in range(5):
        await world.submit(world.grace)
    first = (await world.events())[-1]
    world.clock.move(SECOND)
    await world.services.commands.forget()
    assert (await world.events())[-1] == first
    world.clock.move(MINUTE)
    for _ in range(2):
        await world.services.commands.forget()
    last = (await world.events())[-1]
    assert (last["action"], last["actor"], last["facts"]) == (
        first["action"],
        first["actor"],
        {**first["facts"], "repeated": 4},
    )


async def test_refusals_for_another_reason_of_another_person_or_request_are_told_apart(world: World) -> None:
    await world.submit(world.grace)
    await world.submit(world.erin)
    await world.submit(world.ada, minutes=5)
    await world.submit(world.ada, minutes=600)
    assert len(await refusals(world)) == 4


async def test_refusals_noted_at_once_are_one_event_on_every_database(world_on_both: World) -> None:
    world = world_on_both
    await asyncio.gather(*(world.done(world.form(world.grace)) for _ in range(6)))
    assert (await world.actions()).count("request.refused") == 1
    world.clock.move(MINUTE)
    await world.submit(world.grace)
    assert (await world.events())[-1]["facts"]["repeated"] == 5


async def flood(world: World, request_id: RequestId, count: int) -> None:
    """So many messages about one request wait: in its channel, in the audit channel and for its approvers."""
    places = (Recipient.conversation(PAYMENTS_CHANNEL), ON_RECORD, Recipient.principal(world.bob.id))
    forms = (Form.THREAD, Form.LINE, Form.DIRECT)
    notices = [Notice(forms[n % 3], Reminder(n), places[n % 3], request_id) for n in range(count)]
    async with world.open_unit() as unit:
        await unit.outbox.put(notices, world.clock.now())
        await unit.commit()


def has_card(world: World, request_id: RequestId) -> bool:
    return any(card.request.id == request_id for card in world.messenger.cards.values())


async def said_until(world: World, is_so: Callable[[], bool]) -> int:
    """The number of messages that are sent until that is so. The rest goes on waiting."""
    seen, calls = asyncio.Event(), 0

    async def look(_: str) -> None:
        nonlocal calls
        calls += 1
        if is_so():
            seen.set()
            await asyncio.Event().wait()

    world.messenger.before = look
    delivering = asyncio.ensure_future(world.services.dispatcher.deliver())
    await asyncio.wait({delivering, asyncio.ensure_future(seen.wait())}, return_when=asyncio.FIRST_COMPLETED)
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    world.messenger.before = None
    assert is_so()
    return calls


async def test_a_thousand_messages_of_one_person_delay_no_card_of_another(world: World) -> None:
    await flood(world, await world.asked(), 1000)
    honest = await world.asked(world.dan)
    assert await said_until(world, lambda: has_card(world, honest)) < 20


async def test_nor_an_answer_or_an_end(world: World) -> None:
    live = await world.active(world.dan, OPEN)
    await flood(world, await world.asked(), 200)
    world.principals.down = UpstreamBusy("AWS is away")
    assert await world.do(world.form(world.bob), timedelta(seconds=1)) is None
    world.principals.down = None
    await world.revoke(world.dan, live)
    world.clock.move(MINUTE)
    await world.services.commands.resume()
    for _ in range(2):
        await world.services.reconciler.work()
        world.clock.move(MINUTE)
    assert not world.holds(world.dan, OPEN)
    assert await said_until(world, lambda: "answer" in world.messenger.topics("UBOB")) < 20


async def test_a_message_that_hangs_keeps_nobody_elses_waiting(world: World) -> None:
    pause = Pause(world.messenger, "write_line")
    await world.asked()
    delivering = asyncio.ensure_future(world.services.dispatcher.deliver())
    await pause.reached.wait()
    honest = await world.asked(world.dan)
    await until(lambda: has_card(world, honest))
    pause.go_on.set()
    await delivering


async def test_one_persons_acts_are_done_a_few_at_a_time_and_another_persons_at_once(world: World) -> None:
    held, going_on = asyncio.Event(), list[str]()

    async def hold(call: str) -> None:
        going_on.append(call)
        await held.wait()

    world.cloud.before = hold
    targets = [TARGET, Target(PROD, READ), Target(STAGING, READ), Target(STAGING, POWER), OPEN]
    slow = [asyncio.ensure_future(world.done(world.form(world.ada, target))) for target in targets]
    await until(lambda: len(going_on) == AT_ONCE)
    world.cloud.before = None
    assert (await world.submit(world.dan)).result is Result.SUBMITTED
    assert len(going_on) == AT_ONCE
    held.set()
    assert {outcome.result for outcome in await asyncio.gather(*slow)} == {Result.SUBMITTED}
