"""One person's flood: refused early, told in words, and hardly anything is kept of it (rule 26)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.domain.errors import Reason
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.domain.request import Status
from core.ports import ActKind
from tests.services.company import MINUTE, PAYMENTS_CHANNEL, POWER, PROD, READ, SANDBOX, SECOND
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
                    await world.services.searching.allowed(world.grace.chat)
            case "ending":
                await world.done(world.ending(ActKind.REVOKE, world.erin, request.id))
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
    await world.services.inbox.forget()
    assert (await world.events())[-1] == first
    world.clock.move(MINUTE)
    for _ in range(2):
        await world.services.inbox.forget()
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


async def test_a_flood_of_one_person_delays_no_card_answer_or_end_of_another(world: World) -> None:
    """Twenty cards of Ada may be in front of Dan's, and no more, whatever she sends."""
    await world.set_policies(world.book(max_open_requests=20))
    live = await world.active(world.dan, OPEN)
    for minutes in range(15, 75):
        await world.submit(world.ada, minutes=minutes)
    honest = await world.asked(world.dan)
    await world.revoke(world.dan, live)
    took = 0
    while not any(card.request.id == honest for card in world.messenger.cards.values()):
        await world.services.delivering.deliver()
        took += 1
    assert took <= 21
    await world.services.assigning.work()
    await world.settle()
    assert not world.holds(world.dan, OPEN)
    assert [ref for ref, card in world.messenger.cards.items() if ref.conversation == PAYMENTS_CHANNEL]
