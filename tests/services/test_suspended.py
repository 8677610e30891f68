"""A process may stand still at any moment, and go on with what it held (SIGSTOP, a machine that is moved).

Another has taken over by then. What it finds out of date, asks too late or would say a second time is left.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core.domain.assignment import LISTS_LAG, SETTLED_AFTER, OperationKind
from core.domain.request import Status
from tests.services.company import AUDIT_CHANNEL, MINUTE, PAYMENTS_CHANNEL, SECOND, TARGET
from tests.services.pause import Pause
from tests.services.world import World

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
SUSPENDED = 2 * MINUTE


def another(world: World) -> World:
    """A second process on the same database, in the same world."""
    other = World(world.database)
    for name in ("clock", "cloud", "principals", "chat", "reader", "messenger", "screens"):
        setattr(other, name, getattr(world, name))
    other._keys = 1000
    other.start()
    return other


async def rounds(world: World, length: timedelta, every: timedelta = 20 * SECOND) -> None:
    until = world.clock.now() + length
    while world.clock.now() < until:
        await world.tick()
        world.clock.move(every)


@pytest.mark.parametrize("late", [SUSPENDED, LISTS_LAG, 2 * LISTS_LAG - SECOND])
@pytest.mark.parametrize("behind", [timedelta(), LISTS_LAG - SECOND])
async def test_a_creation_that_reaches_aws_late_is_taken_back(world: World, late: timedelta, behind: timedelta) -> None:
    """The request was revoked by then, and everything seen to be gone."""
    world.cloud.lists_behind = behind
    world.cloud.sent_late.append(late)
    request_id = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    world.clock.move(SECOND)
    await world.revoke(world.ada, request_id)
    await rounds(world, SETTLED_AFTER + 4 * MINUTE)
    assert await world.status(request_id) is Status.REVOKED
    assert [kind for kind, _ in world.cloud.begun].count(CREATE) == 1
    assert not world.holds()
    assert not (await world.assignment()).hanging


async def test_what_somebody_else_made_long_after_is_not_taken_for_it(world: World) -> None:
    """Rule 19."""
    world.cloud.answers_lost.append(False)
    request_id = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    await world.revoke(world.ada, request_id)
    await rounds(world, SETTLED_AFTER + 2 * MINUTE)
    world.cloud.make(world.ada.id, TARGET)
    await rounds(world, 30 * MINUTE, MINUTE)
    assert world.holds()


async def test_nothing_is_asked_of_aws_after_the_lease_is_over(world: World) -> None:
    await world.approved()
    await world.services.schedule.start()

    async def stand_still(call: str) -> None:
        if call == "begin":
            world.cloud.before = None
            world.clock.move(SUSPENDED)

    world.cloud.before = stand_still
    await world.services.reconciler.work()
    assert not world.cloud.begun


async def granted(world: World) -> None:
    await world.approved()
    await world.services.schedule.start()


async def ended(world: World) -> None:
    await world.active(minutes=15)
    world.clock.move(15 * MINUTE)
    await world.services.schedule.end()


@pytest.mark.parametrize("call", ["begin", "operation", "is_assigned"])
@pytest.mark.parametrize("prepare", [granted, ended])
async def test_a_pass_that_stood_still_changes_nothing_that_another_has_done_since(
    world: World, prepare: Callable[[World], Awaitable[None]], call: str
) -> None:
    await prepare(world)
    if call != "begin":
        await world.services.reconciler.work()
        world.clock.move(5 * SECOND)
    other, pause = another(world), Pause(world.cloud, call)
    standing = asyncio.ensure_future(world.services.reconciler.work())
    reached = asyncio.ensure_future(pause.reached.wait())
    await asyncio.wait([standing, reached], return_when=asyncio.FIRST_COMPLETED)
    reached.cancel()
    assert pause.reached.is_set() or call == "is_assigned", "a pass that asks that"
    world.clock.move(SUSPENDED)
    await rounds(other, 3 * MINUTE)
    (request,) = await world.requests()
    was = (request, other.holds(), await world.actions())
    pause.go_on.set()
    await standing
    await rounds(other, MINUTE)
    (request,) = await world.requests()
    assert (request, other.holds(), await world.actions()) == was
    assert request.status is (Status.ACTIVE if prepare is granted else Status.ENDED)
    assert other.holds() is (prepare is granted)


@pytest.mark.parametrize("behind", [timedelta(), 3 * SECOND])
async def test_a_grant_whose_process_stood_still_before_it_was_asked_is_granted_once_and_ends(
    world: World, behind: timedelta
) -> None:
    world.cloud.lists_behind = behind
    request_id = await world.approved(minutes=30)
    await world.services.schedule.start()
    other, pause = another(world), Pause(world.cloud, "begin")
    standing = asyncio.ensure_future(world.services.reconciler.work())
    await pause.reached.wait()
    world.clock.move(SUSPENDED)
    await rounds(other, MINUTE)
    pause.go_on.set()
    await standing
    assert await world.status(request_id) is Status.ACTIVE
    await rounds(other, 40 * MINUTE, MINUTE)
    assert await world.status(request_id) is Status.ENDED
    assert not world.holds()
    assert (await world.actions(request_id)).count("request.granted") == 1


async def test_nobody_is_told_twice_by_a_process_that_stood_still(world: World) -> None:
    """It held the messages, had looked up whom they were for, and had not said them."""
    await world.approved(start_at=world.clock.now() + 5 * MINUTE)
    other, held, go_on = another(world), asyncio.Event(), asyncio.Event()
    link = world.services.dispatcher._link

    async def stand_still(*given: object) -> object:
        held.set()
        await go_on.wait()
        return await link(*given)  # type: ignore[arg-type]

    world.services.dispatcher._link = stand_still  # type: ignore[method-assign, assignment]
    speaking = asyncio.ensure_future(world.services.dispatcher.deliver())
    await held.wait()
    world.clock.move(SUSPENDED)
    for _ in range(4):
        await other.services.dispatcher.deliver()
        world.clock.move(SECOND)
    go_on.set()
    await speaking
    await other.services.dispatcher.deliver()
    assert sorted(world.messenger.topics("UADA")) == ["approved", "submitted"]
    assert world.messenger.topics(AUDIT_CHANNEL) == ["submitted", "approved"]
    assert len(world.messenger.cards_in(PAYMENTS_CHANNEL)) == 1


async def test_a_start_that_stood_still_while_it_was_judged_starts_nothing_that_was_revoked_meanwhile(
    world: World,
) -> None:
    request_id = await world.approved(start_at=world.clock.now() + MINUTE)
    world.clock.move(MINUTE)
    other, pause = another(world), Pause(world.cloud)
    standing = asyncio.ensure_future(world.services.schedule.start())
    await pause.reached.wait()
    world.clock.move(SUSPENDED)
    await other.revoke(world.ada, request_id)
    pause.go_on.set()
    await standing
    await rounds(other, MINUTE)
    assert await world.status(request_id) is Status.REVOKED
    assert not world.cloud.begun


async def test_what_was_asked_in_time_and_answered_late_is_known_all_the_same(world: World) -> None:
    await world.approved()
    await world.services.schedule.start()
    world.cloud.answers_lost.append(True)
    await world.services.reconciler.work()
    world.clock.move(SUSPENDED)
    await rounds(world, MINUTE)
    assert [kind for kind, _ in world.cloud.begun] == [CREATE]
    assert world.holds()
