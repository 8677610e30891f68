"""Overlapping requests share an assignment, AWS is not asked for too much, and of several at work none does harm."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.domain.assignment import LISTS_LAG, MAX_OUTSTANDING, Operation, OperationKind
from core.domain.errors import Conflict, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId
from core.domain.organization import Account, Target
from core.domain.request import Request, Status
from core.ports import UnitOfWork
from core.services.provisioning import operations
from core.services.provisioning.assignment_book import LEASE
from tests.services.company import HOUR, MINUTE, PAYMENTS, READ, SECOND, STAGING, TARGET
from tests.services.pause import Pause
from tests.services.world import World

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
AWAY = UpstreamBusy("AWS is away")
DENIED = UpstreamRefused("CreateAccountAssignment: AccessDeniedException", code="AccessDeniedException")


def kinds(world: World) -> list[OperationKind]:
    return [kind for kind, _ in world.cloud.begun]


async def ends(world: World, request: Request) -> None:
    await world.pass_time(request.duration + MINUTE)
    await world.settle()


async def test_overlapping_requests_share_the_assignment_and_it_goes_with_the_last(world: World) -> None:
    first = await world.active(minutes=60)
    second = await world.active(minutes=120)
    assert kinds(world) == [CREATE]
    await world.pass_time(HOUR + MINUTE)
    closed = await world.request(first)
    assert (closed.status, closed.continued_by) == (Status.ENDED, second)
    assert await world.status(second) is Status.ACTIVE
    assert world.holds()
    await world.pass_time(HOUR)
    await world.settle()
    assert await world.status(second) is Status.ENDED
    assert kinds(world) == [CREATE, DELETE]


async def test_ending_the_longer_one_early_leaves_the_shorter_one_its_access(world: World) -> None:
    first = await world.active(minutes=60)
    second = await world.active(minutes=120)
    await world.revoke(world.bob, second)
    await world.settle()
    revoked = await world.request(second)
    assert (revoked.status, revoked.continued_by) == (Status.REVOKED, first)
    assert world.holds()


async def test_a_request_that_begins_while_the_other_is_taken_away_gets_access_of_its_own(world: World) -> None:
    first = await world.active()
    second = await world.approved(start_at=world.clock.now() + 2 * MINUTE)
    world.cloud.held = True
    await world.revoke(world.ada, first)
    await world.services.reconciler.work()
    await world.pass_time(3 * MINUTE)
    assert await world.status(second) is Status.GRANTING
    world.cloud.release()
    await world.settle()
    assert await world.status(first) is Status.REVOKED
    assert await world.status(second) is Status.ACTIVE
    assert world.holds()
    assert kinds(world) == [CREATE, DELETE, CREATE]


async def test_other_targets_and_other_people_are_nothing_to_it(world: World) -> None:
    first = await world.active()
    other_target = await world.active(target=Target(TARGET.account, READ))
    other_person = await world.active(world.dan)
    await world.revoke(world.ada, first)
    await world.settle()
    assert not world.holds()
    for request_id in (other_target, other_person):
        assert await world.status(request_id) is Status.ACTIVE
    assert len(world.cloud.assigned) == 2


# --- slots ------------------------------------------------------------------------------------------


async def test_no_more_operations_than_aws_takes_are_ever_outstanding(world: World) -> None:
    world.says_nothing = True
    accounts = [Account(AccountId(f"{n:012}"), f"Account {n}", PAYMENTS) for n in range(100, 100 + MAX_OUTSTANDING + 4)]
    organization = world.reader.organization
    world.reader.organization = replace(organization, accounts={**organization.accounts, **{a.id: a for a in accounts}})
    await world.services.organizations.refresh(force=True)
    asked = [await world.approved(target=Target(account.id, READ)) for account in accounts]
    await world.settle()
    assert {await world.status(request_id) for request_id in asked} == {Status.ACTIVE}
    assert world.cloud.most_outstanding == MAX_OUTSTANDING


async def test_two_grants_in_one_account_come_one_after_the_other(world: World) -> None:
    for target in (TARGET, Target(TARGET.account, READ)):
        await world.approved(target=target)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    assert len(world.cloud.in_flight()) == 1
    await world.settle()
    assert len(world.cloud.assigned) == 2
    assert world.cloud.most_outstanding == 1


async def test_what_is_to_be_taken_away_goes_before_what_is_to_be_granted(world: World) -> None:
    live = await world.active()
    for target in (Target(TARGET.account, READ), Target(STAGING, READ)):
        await world.approved(target=target)
    await world.revoke(world.ada, live)
    await world.services.schedule.start()
    await world.settle()
    assert world.cloud.begun[1] == (DELETE, (world.ada.id, TARGET))


async def test_a_slot_is_handed_on_before_the_one_that_had_it_is_seen_to_be_gone(world: World) -> None:
    """And nothing but the outcome is asked for in between."""
    first, second = await world.active(), await world.active(target=Target(TARGET.account, READ))
    world.cloud.lists_behind = timedelta()
    for request_id in (first, second):
        await world.revoke(world.ada, request_id)
    await world.services.reconciler.work()
    asked: list[str] = []

    async def note(call: str) -> None:
        asked.append(call)

    world.cloud.before = note
    world.clock.move(world.cloud.takes)
    await world.services.reconciler.work()
    assert asked[:2] == ["operation", "begin"]
    assert sorted(asked) == ["begin", "is_assigned", "operation"]
    assert [kind for kind in kinds(world) if kind is DELETE] == [DELETE, DELETE]


async def test_a_deletion_that_waits_for_its_slot_is_neither_looked_at_nor_asked_after(world: World) -> None:
    first, second = await world.active(), await world.active(target=Target(TARGET.account, READ))
    world.cloud.held = True
    world.cloud.calls.clear()
    for request_id in (first, second):
        await world.revoke(world.ada, request_id)
    for _ in range(20):
        await world.services.reconciler.work()
        world.clock.move(SECOND)
    assert world.cloud.calls["begin"] == 1
    assert world.cloud.calls["is_assigned"] == 0


async def test_what_cannot_be_read_keeps_no_slot_and_no_account_from_others(world: World) -> None:
    """It was called when the first slot became free; the next time others are."""
    others = await world.active(world.dan), await world.active(target=Target(TARGET.account, READ))
    first = await world.active()
    for request_id in (first, *others):
        await world.revoke(world.bob, request_id)
        await world.services.reconciler.work()
    async with world.database.engine.begin() as connection:
        unreadable = text("UPDATE request SET left_behind = 'newer' WHERE id = :id")
        await connection.execute(unreadable, {"id": others[0]})
    for _ in range(4):
        world.clock.move(world.cloud.takes)
        await world.services.reconciler.work()
    assert await world.status(others[1]) is Status.REVOKED
    assert world.holds(world.dan)


# --- several at work --------------------------------------------------------------------------------


async def test_a_wake_during_a_pass_is_not_lost(world: World) -> None:
    first = await world.active()
    world.clock.move(LISTS_LAG)
    pause = Pause(world.cloud, "is_assigned")
    await world.services.drift.look_again()
    working = asyncio.ensure_future(world.services.reconciler.work())
    await pause.reached.wait()
    await world.revoke(world.ada, first)
    pause.go_on.set()
    await working
    assigned = await world.assignment()
    assert (assigned.urgent, assigned.next_try_at) == (True, world.clock.now())
    await world.settle()
    assert not world.holds()


async def test_an_act_that_overtakes_a_pass_is_not_kept_waiting_for_the_lease(world: World) -> None:
    """The pass loses the write of the request; the assignment must not stay leased for it."""
    request_id = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    world.clock.move(5 * SECOND)
    pause = Pause(world.cloud, "operation")
    working = asyncio.ensure_future(world.services.reconciler.work())
    await pause.reached.wait()
    await world.revoke(world.ada, request_id)
    pause.go_on.set()
    await working
    assert await world.status(request_id) is Status.REVOKING
    await world.settle()
    assert kinds(world) == [CREATE, DELETE]
    assert world.clock.now() < (await world.request(request_id)).revoking_at + LEASE  # type: ignore[operator]


@pytest.mark.parametrize("call", ["is_assigned", "begin", "operation"])
@pytest.mark.parametrize("meanwhile", ["nothing", "revoke"])
async def test_whoever_wakes_up_after_the_lease_does_no_harm(
    world: World, call: str, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "LEASE", timedelta(milliseconds=20))  # of real time, for what waits for AWS
    request_id = await world.approved()
    await world.services.schedule.start()
    if call == "operation":
        await world.services.reconciler.work()
        world.clock.move(SECOND)
    pause = Pause(world.cloud, call)
    stale = asyncio.ensure_future(world.services.reconciler.work())
    await pause.reached.wait()
    world.clock.move(LEASE)
    if meanwhile == "revoke":
        await world.revoke(world.ada, request_id)
    await world.settle()
    pause.go_on.set()
    await stale
    await world.pass_time(5 * HOUR)
    await world.settle()
    assert not world.holds()
    assert (await world.request(request_id)).is_over
    actions = await world.actions(request_id)
    assert len(actions) == len(set(actions))


async def test_a_claim_taken_over_can_no_longer_write(world_on_both: World) -> None:
    world = world_on_both
    await world.approved()
    await world.services.schedule.start()
    async with world.database.open() as unit:
        (stale,) = await unit.assignments.claim_due(world.clock.now(), LEASE, 10)
        await unit.commit()
    world.clock.move(LEASE)
    async with world.database.open() as unit:
        (taken,) = await unit.assignments.claim_due(world.clock.now(), LEASE, 10)
        await unit.commit()
    assert taken.fence > stale.fence
    writes: list[Callable[..., Awaitable[object]]] = []
    async with world.database.open() as unit:
        writes = [unit.assignments.save, lambda a: unit.assignments.begin(a, Operation(CREATE, world.clock.now()))]
        for write in writes:
            with pytest.raises(Conflict):
                await write(stale)


async def test_many_rounds_at_once_grant_once(world_on_both: World) -> None:
    world = world_on_both
    request_id = await world.approved()
    await world.services.schedule.start()
    for _ in range(6):
        await asyncio.gather(*(world.services.reconciler.work() for _ in range(5)))
        world.clock.move(SECOND)
    assert await world.status(request_id) is Status.ACTIVE
    assert kinds(world) == [CREATE]
    assert (await world.actions(request_id)).count("request.granted") == 1


async def test_a_database_that_fails_in_the_middle_of_a_pass_costs_time_and_nothing_else(world: World) -> None:
    request_id = await world.approved()
    await world.services.schedule.start()
    broken: Upstream = UpstreamBusy("the database is away")

    async def lose_the_database(call: str) -> None:
        if call == "begin":
            world.cloud.before = None
            assigning = world.services.reconciler
            assigning._open_unit = assigning._book._open_unit = assigning._book._open_unit = refuse

    def refuse() -> AbstractAsyncContextManager[UnitOfWork]:
        raise broken

    world.cloud.before = lose_the_database
    await world.services.reconciler.work()
    world.start()
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE
    assert kinds(world) == [CREATE]


async def test_a_claim_that_fails_ends_no_pass_that_is_under_way(world: World) -> None:
    """AWS has been asked by then, and its answer must be kept."""
    await world.approved()
    await world.services.schedule.start()
    pause, real = Pause(world.cloud, "begin"), world.open_unit
    working = asyncio.ensure_future(world.services.reconciler.work())
    await pause.reached.wait()
    failed = asyncio.Event()

    def refuse() -> AbstractAsyncContextManager[UnitOfWork]:
        failed.set()
        raise AWAY

    world.services.reconciler._book._open_unit = refuse
    await failed.wait()
    world.services.reconciler._book._open_unit = real
    pause.go_on.set()
    with pytest.raises(UpstreamBusy):
        await working
    operation = (await world.assignment()).operation
    assert operation is not None
    assert operation.aws_id
