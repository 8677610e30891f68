"""An act is kept before it is acknowledged, and done once."""

import asyncio
import functools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from core.adapters.storage.repositories.inbox import FIRST_LEASE
from core.domain.commands import CancelRequest, RevokeAccess
from core.domain.errors import AnswerLost, Reason, Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import RequestId
from core.domain.notice_content import Answer
from core.domain.outcome import InHand, Outcome, Result, load_outcome
from core.domain.request import Status
from core.services.command_processor import REFUSED_KEPT
from core.services.runtime.retries import next_try
from tests.contents import content_of
from tests.services.company import MINUTE, REJECT, SECOND
from tests.services.pause import Pause
from tests.services.test_unwritable import refused
from tests.services.world import World

NO_PATIENCE = timedelta()
AWAY = UpstreamBusy("AWS is away")


def told(world: World) -> Outcome:
    """The one outcome that was told in a message."""
    (answer,) = [said.notice for said in world.messenger.said if said.notice.topic == "answer"]
    return content_of(answer, Answer).outcome


async def test_an_act_is_stored_before_it_is_done(world: World) -> None:
    pause = Pause(world.cloud)
    doing = asyncio.ensure_future(world.done(world.form(world.ada, key="one")))
    await pause.reached.wait()
    assert (await world.command(1)).outcome is None
    assert await world.requests() == ()
    pause.go_on.set()
    assert (await doing).result is Result.SUBMITTED
    assert (await world.command(1)).outcome is not None


async def test_what_takes_longer_than_the_screen_waits_is_answered_in_a_message_once(world: World) -> None:
    pause = Pause(world.cloud)
    assert await world.do(world.form(world.ada), timedelta(seconds=0.3)) is None
    pause.go_on.set()
    await world.background.drained()
    await world.settle()
    assert world.messenger.topics("UADA").count("answer") == 1
    assert told(world) == Outcome(Result.SUBMITTED, RequestId(1001))


async def test_what_could_not_be_stored_in_time_is_said_to_be_so_then_done_and_told_once(world: World) -> None:
    with pytest.raises(UpstreamBusy, match="database is busy"):
        await world.do(world.form(world.ada, key="one"), NO_PATIENCE)
    assert (await world.done(world.form(world.ada, key="one"))).result is Result.SUBMITTED
    await world.background.drained()
    await world.settle()
    assert len(await world.requests()) == 1
    assert world.messenger.topics("UADA").count("answer") == 1


async def test_an_outcome_that_comes_while_nobody_waits_any_more_is_told(world: World) -> None:
    pause = Pause(world.cloud)
    doing = asyncio.ensure_future(world.do(world.form(world.ada), timedelta(seconds=0.1)))
    await pause.reached.wait()
    async with world.database.open():  # the note that nobody waits has to wait itself
        pause.go_on.set()
        assert await doing is None
    await world.background.drained()
    await world.settle()
    assert world.messenger.topics("UADA").count("answer") == 1


async def test_what_was_answered_on_the_screen_is_not_answered_again(world: World) -> None:
    await world.asked()
    await world.settle()
    assert "answer" not in world.messenger.topics("UADA")


async def test_while_aws_is_away_an_act_is_in_hand_and_then_done_and_told(world: World) -> None:
    world.cloud.down = AWAY
    assert await world.do(world.form(world.ada)) is None
    await world.pass_time(timedelta(minutes=10))
    assert await world.requests() == ()
    world.cloud.down = None
    await world.settle()
    assert [request.status for request in await world.requests()] == [Status.PENDING]
    assert sorted(world.messenger.topics("UADA")) == ["answer", "submitted"]


async def test_a_refusal_that_comes_late_is_told_with_its_reasons(world: World) -> None:
    world.principals.down = AWAY
    assert await world.do(world.form(world.ada, minutes=5)) is None
    world.principals.down = None
    await world.settle()
    late = told(world)
    assert (late.result, late.refusals[0].reason) == (Result.DECLINED, Reason.DURATION_TOO_SHORT)


async def test_what_aws_refuses_for_good_stays_in_hand_until_somebody_mends_it(world: World) -> None:
    world.cloud.down = UpstreamRefused("denied", code="AccessDeniedException")
    assert await world.do(world.form(world.ada)) is None
    await world.pass_time(timedelta(minutes=20))
    assert (await world.command(1)).outcome is None
    world.cloud.down = None
    await world.settle()
    assert len(await world.requests()) == 1


async def test_the_pauses_double_up_to_a_minute_and_keep_to_what_was_asked_for(world: World) -> None:
    now = world.clock.now()
    pauses = [next_try(now, attempts, AWAY) - now for attempts in range(9)]
    assert [pause / SECOND for pause in pauses] == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert next_try(now, 0, UpstreamBusy("", retry_after=timedelta(seconds=7))) - now == timedelta(seconds=7)
    assert next_try(now, 0, AnswerLost("")) - now == timedelta(seconds=2)


async def test_an_act_left_by_a_dead_process_is_taken_up_after_its_lease_and_not_before(world: World) -> None:
    await world.services.commands.store(world.form(world.ada))
    world.start()
    world.clock.move(FIRST_LEASE - SECOND)
    assert await world.services.commands.resume() == 0
    world.clock.move(SECOND)
    assert await world.services.commands.resume() == 1
    assert len(await world.requests()) == 1
    assert await world.services.commands.resume() == 0


async def test_the_same_form_twice_is_one_request(world: World) -> None:
    form = world.form(world.ada, key="one")
    assert await world.done(form) == await world.done(form) == Outcome(Result.SUBMITTED, RequestId(1001))
    assert len(await world.requests()) == 1


async def test_a_key_is_its_actors_own(world: World) -> None:
    assert (await world.done(world.form(world.erin, key="one"))).result is Result.DECLINED
    assert await world.done(world.form(world.ada, key="one")) == Outcome(Result.SUBMITTED, RequestId(1001))
    assert (await world.done(world.ending(CancelRequest, world.bob, 1001, key="one"))).result is Result.DECLINED
    assert (await world.done(world.ending(CancelRequest, world.ada, 1001, key="two"))).result is Result.CANCELLED


async def test_the_same_form_twice_at_once_is_one_request(world_on_both: World) -> None:
    world = world_on_both
    form = world.form(world.ada, key="one")
    outcomes = await asyncio.gather(*(world.done(form) for _ in range(5)))
    assert len(set(outcomes)) == len(await world.requests()) == 1
    assert (await world.actions()).count("request.submitted") == 1


async def test_the_same_click_twice_at_once_is_one_decision(world_on_both: World) -> None:
    world = world_on_both
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request = await world.request(await world.asked())
    click = world.click(world.bob, request, key="one")
    outcomes = await asyncio.gather(*(world.done(click) for _ in range(5)))
    assert {outcome.result for outcome in outcomes} == {Result.COUNTED}
    assert len(await world.votes(request.id)) == 1
    assert (await world.actions(request.id)).count("request.approval_counted") == 1


async def test_a_click_that_comes_in_twice_at_once_leaves_no_refusal_of_itself(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request = await world.request(await world.asked())
    click = world.click(world.bob, request, key="one")
    await asyncio.gather(*(world.done(click) for _ in range(5)))
    assert "decision.refused" not in await world.actions(request.id)


async def test_a_delivery_that_read_that_its_click_was_open_notes_no_refusal_of_what_came_of_it(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request = await world.request(await world.asked())
    click = world.click(world.bob, request, key="one")
    read = await world.services.commands.store(click)
    counted = await world.done(click)
    assert await world.services.commands._do(read) == counted
    assert await world.actions(request.id) == ["request.submitted", "request.approval_counted"]


async def test_a_delivery_that_read_that_its_form_was_open_notes_no_refusal_of_what_came_of_it(world: World) -> None:
    form = world.form(world.ada, key="one")
    read = await world.services.commands.store(form)
    submitted = await world.done(form)
    assert await world.services.commands._do(read) == submitted
    assert "request.refused" not in await world.actions()
    assert len(await world.requests()) == 1


async def test_a_form_that_was_declined_is_judged_anew_when_it_comes_again(world: World) -> None:
    world.principals.leave("Payments", world.ada.id)
    form = world.form(world.ada, key="one")
    declined = await world.done(form)
    assert (declined.result, declined.refusals[0].reason) == (Result.DECLINED, Reason.NOT_ELIGIBLE)
    assert (await world.done(form)).result is Result.DECLINED
    world.principals.join("Payments", world.ada.id)
    assert (await world.done(form)).result is Result.SUBMITTED
    assert (await world.done(form)).request_id == RequestId(1001)
    assert [command["key"] for command in await world.acts()] == ["slack/T1/UADA/one"]
    assert len(await world.requests()) == 1


async def test_the_hundredth_refused_try_of_a_form_costs_what_the_first_costs(world: World) -> None:
    form, statements, costs = world.form(world.grace, key="one"), world.database.engine.sync_engine, []
    for _ in range(20):
        counted: list[str] = []
        listener = functools.partial(_count, counted)
        event.listen(statements, "before_cursor_execute", listener)
        assert (await world.done(form)).result is Result.DECLINED
        event.remove(statements, "before_cursor_execute", listener)
        costs.append(len(counted))
    assert len(set(costs[1:])) == 1
    assert len(await world.acts()) == 1


def _count(counted: list[str], _connection: object, _cursor: object, statement: str, *_: object) -> None:
    counted.append(statement)


async def test_refused_tries_sent_at_once_end_as_one(world_on_both: World) -> None:
    world = world_on_both
    form = world.form(world.grace, key="one")
    await world.done(form)
    outcomes = await asyncio.gather(*(world.done(form) for _ in range(5)))
    assert {outcome.result for outcome in outcomes} == {Result.DECLINED}
    assert len(await world.acts()) == 1


async def test_an_act_that_was_refused_is_forgotten_after_an_hour_and_what_led_to_something_is_not(
    world: World,
) -> None:
    await world.submit(world.grace)
    await world.asked()
    world.clock.move(REFUSED_KEPT + SECOND)
    assert await world.services.commands.forget() == 1
    assert [load_outcome(command["outcome"]).result for command in await world.acts()] == [Result.SUBMITTED]


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    for kind in (CancelRequest, RevokeAccess):
        assert (await world.done(world.ending(kind, world.ada, 4711))).result is Result.NOT_FOUND
    ghost = replace(world.click(world.bob, await world.request(await world.asked())), request_id=RequestId(4711))
    assert (await world.done(ghost)).result is Result.NOT_FOUND


async def test_one_act_that_cannot_be_done_keeps_no_other_from_being_done(world: World) -> None:
    request = await world.request(await world.asked())
    world.chat.change(world.bob.chat, email=7)  # what no port returns
    await world.services.commands.store(world.click(world.bob, request, REJECT))
    await world.services.commands.store(world.click(world.carol, request, REJECT))
    world.clock.move(FIRST_LEASE)
    assert await world.services.commands.resume() == 2
    assert await world.status(request.id) is Status.REJECTED
    assert (await world.command(2)).outcome is None
    for _ in range(4):
        world.clock.move(MINUTE)
        assert await world.services.commands.resume() == 1
    await world.settle()
    came = load_outcome((await world.command(2)).outcome or {})
    assert (came.result, len(came.incident)) == (Result.BROKEN, 8)
    assert world.messenger.topics("UBOB") == ["answer"]
    assert await world.services.commands.resume() == 0


async def test_what_becomes_of_one_of_several_is_told_whatever_cannot_be_written_about_another(world: World) -> None:
    first, second = await world.asked(), await world.asked(minutes=30)
    clicks = [world.click(world.bob, await world.request(each), key=f"click-{each}") for each in (first, second)]
    async with refused(world, f"BEFORE UPDATE ON act WHEN OLD.key LIKE '%click-{first}'"):
        came = await world.services.commands.perform_all(clicks, MINUTE)
        assert await world.services.commands.resume() == 0
        world.clock.move(MINUTE)
    assert came == [InHand(Side.STORAGE, refused=True), Outcome(Result.APPROVED, second)]
    await world.settle()
    assert await world.status(first) is Status.ACTIVE
    assert world.messenger.topics("UBOB").count("answer") == 1


async def test_an_act_that_met_a_fault_is_in_hand_until_the_fault_is_mended(world: World) -> None:
    world.cloud.down = RuntimeError("a bug")  # type: ignore[assignment] # what no port raises
    assert await world.do(world.form(world.ada)) is None
    world.cloud.down = None
    await world.settle()
    assert told(world) == Outcome(Result.SUBMITTED, RequestId(1001))


async def test_a_slow_first_try_and_its_second_do_the_act_once(world: World) -> None:
    """The lease is over while the first still works: both do it, and one of them is undone."""
    pause = Pause(world.cloud)
    slow = asyncio.ensure_future(world.done(world.form(world.ada)))
    await pause.reached.wait()
    world.clock.move(FIRST_LEASE)
    assert await world.services.commands.resume() == 1
    pause.go_on.set()
    assert (await slow).request_id == RequestId(1001)
    assert len(await world.requests()) == 1
