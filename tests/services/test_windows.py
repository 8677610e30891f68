"""A window that was asked for does not move, and what comes too late is said, not done (rules 6 and 27)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.approval import Verdict
from core.domain.commands import CancelRequest, Command, ExportKind, RevokeAccess, StartExport
from core.domain.errors import Reason, UpstreamBusy, UpstreamRefused
from core.domain.organization import Target
from core.domain.outcome import Result
from core.domain.request import Status
from handlers.words import sentences
from tests.services.company import HOUR, MINUTE, POWER, REJECT, SANDBOX, SECOND, TARGET
from tests.services.world import World

AWAY = UpstreamBusy("AWS is away")
REFUSED = UpstreamRefused("ListUsers: AccessDeniedException", code="AccessDeniedException")
OPEN = Target(SANDBOX, POWER)
"""Nobody's approval is needed there."""


async def test_what_is_approved_late_is_shorter(world: World) -> None:
    start_at = world.clock.now() + HOUR
    request_id = await world.asked(start_at=start_at, minutes=60)
    world.go_to(start_at + 20 * MINUTE)
    outcome = await world.decide(world.carol, request_id)
    assert outcome.result is Result.APPROVED
    told = sentences.outcome(outcome, await world.request(request_id), world.clock.now())
    assert "40 min of it is left" in told
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.end_at) == (Status.ACTIVE, start_at + HOUR)


async def test_a_pending_request_is_given_up_when_less_than_five_minutes_of_its_window_are_left(world: World) -> None:
    start_at = world.clock.now() + HOUR
    request_id = await world.asked(start_at=start_at, minutes=30)
    world.go_to(start_at + 25 * MINUTE)
    await world.services.schedule.expire()
    assert await world.status(request_id) is Status.PENDING
    world.clock.move(SECOND)
    await world.services.schedule.expire()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.EXPIRED, Reason.WINDOW_OVER.value)
    await world.settle()
    assert world.messenger.topics("UADA")[-1] == "expired"


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("late", [25 * MINUTE + SECOND, 11 * HOUR])
async def test_whoever_decides_after_the_window_is_told_that_it_is_too_late(
    world: World, verdict: Verdict, late: timedelta
) -> None:
    await world.set_policies(world.book(request_expiry=24 * HOUR))
    start_at = world.clock.now() + HOUR
    request = await world.request(await world.asked(start_at=start_at, minutes=30))
    world.go_to(start_at + late)
    click = world.click(world.carol, request)
    outcome = await world.done(replace(click, verdict=verdict, comment="why"))
    assert outcome.result is Result.TOO_LATE
    expired = await world.request(request.id)
    assert (expired.status, expired.failure) == (Status.EXPIRED, Reason.WINDOW_OVER.value)
    told = sentences.outcome(outcome, expired, world.clock.now())
    assert told.startswith("This was not decided in time and expired just now. The requested time was over")
    await world.settle()
    assert not world.cloud.begun


async def test_a_length_of_which_too_little_is_left_is_refused_and_the_rest_can_still_be_approved(world: World) -> None:
    start_at = world.clock.now() + HOUR
    request = await world.request(await world.asked(start_at=start_at, minutes=60))
    world.go_to(start_at + 20 * MINUTE)
    click = world.click(world.carol, request)
    outcome = await world.done(replace(click, allowed=15 * MINUTE))
    assert outcome.refusals[0].reason is Reason.TOO_LITTLE_LEFT
    assert (await world.decide(world.carol, request.id)).result is Result.APPROVED


@pytest.mark.parametrize("ahead", [None, 10 * MINUTE])
async def test_a_start_missed_by_half_an_hour_is_not_made_up_for(world: World, ahead: timedelta | None) -> None:
    start_at = world.clock.now() + ahead if ahead else None
    request_id = await world.approved(start_at=start_at, minutes=240)
    world.go_to((start_at or world.clock.now()) + 30 * MINUTE)
    world.start()
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.EXPIRED, Reason.START_MISSED.value)
    assert not world.cloud.begun
    assert world.messenger.topics("UADA")[-1] == "expired"
    assert (await world.events(request_id))[-1]["facts"]["reasons"] == ["start_missed"]


async def test_a_start_missed_by_less_is_made_up_for_within_its_window(world: World) -> None:
    start_at = world.clock.now() + 10 * MINUTE
    request_id = await world.approved(start_at=start_at, minutes=60)
    world.go_to(start_at + 30 * MINUTE - SECOND)
    world.start()
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.end_at) == (Status.ACTIVE, start_at + HOUR)


async def test_a_start_is_not_begun_in_the_last_minutes_of_its_window(world: World) -> None:
    start_at = world.clock.now() + 10 * MINUTE
    request_id = await world.approved(start_at=start_at, minutes=15)
    world.go_to(start_at + 10 * MINUTE + SECOND)
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.EXPIRED, Reason.WINDOW_OVER.value)
    assert not world.cloud.begun


async def test_a_form_sent_before_its_start_keeps_that_start_however_late_it_is_carried_out(world: World) -> None:
    world.principals.down = AWAY
    sent, start_at = world.clock.now(), world.clock.now() + 10 * MINUTE
    assert await world.do(world.form(world.ada, OPEN, start_at=start_at, minutes=60)) is None
    world.go_to(sent + 29 * MINUTE)
    world.principals.down = None
    await world.settle()
    (request,) = await world.requests()
    assert (request.status, request.start_at, request.end_at) == (Status.ACTIVE, start_at, start_at + HOUR)


async def test_a_form_whose_window_is_over_when_it_is_carried_out_is_refused(world: World) -> None:
    world.principals.down = AWAY
    form = world.form(world.ada, OPEN, start_at=world.clock.now() + MINUTE, minutes=15)
    assert await world.do(form) is None
    world.clock.move(15 * MINUTE)
    world.principals.down = None
    await world.settle()
    assert not await world.requests()
    assert "window_over" in str([command["outcome"] for command in await world.acts()])


async def submitted(world: World) -> Command:
    return world.form(world.ada, OPEN)


async def approving(world: World) -> Command:
    return world.click(world.carol, await world.request(await world.asked()))


async def rejecting(world: World) -> Command:
    return world.click(world.carol, await world.request(await world.asked()), REJECT)


async def withdrawing(world: World) -> Command:
    return world.ending(CancelRequest, world.ada, await world.asked())


async def revoking(world: World) -> Command:
    return world.ending(RevokeAccess, world.ada, await world.active(world.ada, TARGET, minutes=240))


async def exporting(world: World) -> Command:
    return StartExport(world.erin.chat, "export", export=ExportKind.REQUESTS, subject="")


ACTS = [submitted, approving, rejecting, withdrawing, revoking, exporting]


@pytest.mark.parametrize("error", [AWAY, REFUSED])
@pytest.mark.parametrize("make", ACTS)
async def test_what_was_sent_half_an_hour_ago_is_refused_and_told(
    world: World, make: Callable[[World], object], error: UpstreamBusy
) -> None:
    command: Command = await make(world)  # type: ignore[misc]
    before = [(request.id, request.status) for request in await world.requests()]
    world.principals.down = error
    assert await world.do(command) is None
    world.clock.move(30 * MINUTE + SECOND)
    world.principals.down = None
    await world.services.commands.resume()
    assert [(request.id, request.status) for request in await world.requests()] == before
    assert "act_too_late" in str((await world.acts())[-1]["outcome"])
    assert (await world.actions())[-1] == "act.too_late"
    await world.settle()
    assert "answer" in world.messenger.topics(command.actor.user)


async def test_what_was_sent_a_little_less_ago_is_carried_out(world: World) -> None:
    world.principals.down = AWAY
    assert await world.do(world.form(world.ada, OPEN)) is None
    world.clock.move(30 * MINUTE)
    world.principals.down = None
    await world.settle()
    assert world.holds(world.ada, OPEN)


async def test_outages_are_no_faults_of_an_act(world: World) -> None:
    """The fifth fault closes it, however often AWS was away in between."""
    world.principals.down = AWAY
    assert await world.do(world.form(world.ada, OPEN)) is None
    for _ in range(8):
        world.clock.move(MINUTE)
        await world.services.commands.resume()
    world.principals.down = KeyError("Status")  # type: ignore[assignment]
    for _ in range(4):
        world.clock.move(MINUTE)
        await world.services.commands.resume()
    assert (await world.acts())[-1]["outcome"] is None
    world.clock.move(MINUTE)
    await world.services.commands.resume()
    assert '"broken"' in str((await world.acts())[-1]["outcome"]).replace("'", '"')


@pytest.mark.parametrize("did_it", [False, True])
async def test_a_window_begins_with_what_was_lost_only_when_it_came(world: World, did_it: bool) -> None:
    """Nobody was there to see what had become of it until AWS took the lost call no more (rule 16)."""
    world.cloud.answers_lost.append(did_it)
    request_id = await world.approved(minutes=60)
    await world.services.schedule.start()
    asked_at = world.clock.now()
    await world.services.reconciler.work()
    world.go_to(asked_at + 20 * MINUTE)
    again_at = world.clock.now()
    await world.settle()
    request = await world.request(request_id)
    assert request.status is Status.ACTIVE
    assert request.window_start_at == (asked_at if did_it else again_at)
