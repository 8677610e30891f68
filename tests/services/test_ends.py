"""Access ends by time, whatever else goes wrong at the same moment (rules 16, 17 and 20)."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.assignment import (
    FINISHED_WITHIN,
    GRANT_PATIENCE,
    GRANT_WAITS,
    LISTS_LAG,
    MAX_OUTSTANDING,
    OUTCOME_WITHIN,
    SELDOM,
    WATCHED_WITHIN,
    OperationKind,
    OperationState,
)
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, RequestId
from core.domain.organization import Account, Target
from core.domain.request import LeftBehind, Status
from core.ports import OperationStatus
from core.services.provisioning.assignment_book import LEASE
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, PAYMENTS, READ, SECOND, STAGING, TARGET
from tests.services.trouble import Killed
from tests.services.world import World

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
AWAY = UpstreamBusy("AWS is away")
REFUSED = UpstreamRefused("ListAccountAssignments: AccessDeniedException", code="AccessDeniedException")


def kinds(world: World) -> list[OperationKind]:
    return [kind for kind, _ in world.cloud.begun]


async def work(world: World, times: int = 1, pause: timedelta = SECOND) -> None:
    for _ in range(times):
        await world.tick()
        world.clock.move(pause)


# --- what waits for what ----------------------------------------------------------------------------


async def follow_ups(world: World) -> list[RequestId]:
    """Two people whose access ends at the moment in which the next one of each begins."""
    second = []
    for who in (world.ada, world.dan):
        target = Target(STAGING if who is world.dan else TARGET.account, READ)
        first = await world.request(await world.active(who, target))
        assert first.end_at is not None
        second.append(await world.approved(who, target, start_at=first.end_at + SECOND))
    return second


async def test_two_follow_ups_that_begin_in_one_round_do_not_wait_for_each_other(world_on_both: World) -> None:
    world = world_on_both
    second = await follow_ups(world)
    world.clock.move(HOUR + MINUTE)
    await work(world, 20)
    assert {await world.status(request_id) for request_id in second} == {Status.ACTIVE}
    bystander = await world.approved(world.ada, Target(STAGING, READ))
    await work(world, 5)
    assert await world.status(bystander) is Status.ACTIVE


async def test_two_follow_ups_are_granted_after_an_outage_over_the_end(world: World) -> None:
    second = await follow_ups(world)
    world.cloud.down = AWAY
    await world.pass_time(HOUR + 2 * MINUTE)
    world.cloud.down = None
    await world.pass_time(3 * MINUTE)
    assert {await world.status(request_id) for request_id in second} == {Status.ACTIVE}
    await world.pass_time(2 * HOUR)
    assert not world.cloud.assigned


async def ends_of_one_account(world: World) -> list[RequestId]:
    """Accesses of two people to one account that end together: one of them has to stand in line."""
    return [await world.active(who, Target(TARGET.account, READ)) for who in (world.ada, world.dan)]


@pytest.mark.parametrize("call", ["begin", "operation"])
async def test_what_died_with_the_slot_that_it_had_waited_for_goes_on_when_its_lease_is_over(
    world_on_both: World, call: str
) -> None:
    world = world_on_both

    async def dies(name: str) -> None:
        if name == call and len(world.cloud.begun) >= dead_after:
            raise Killed(name)

    requests = await ends_of_one_account(world)
    dead_after = len(world.cloud.begun) + (1 if call == "begin" else 2)
    world.clock.move(HOUR + MINUTE)
    world.cloud.before = dies
    with suppress(Killed):
        await work(world, 30)
    assert len(world.cloud.begun) == dead_after, "it has not died"
    await world.background.killed()
    world.cloud.before = None
    world.start()
    world.clock.move(LEASE)
    await work(world, 10)
    assert {await world.status(request_id) for request_id in requests} == {Status.ENDED}
    assert not world.cloud.assigned


def with_accounts(world: World, count: int) -> list[Target]:
    """As many more accounts of the payments unit."""
    accounts = [Account(AccountId(f"{n:012}"), f"Account {n}", PAYMENTS) for n in range(100, 100 + count)]
    organization = world.reader.organization
    world.reader.organization = replace(organization, accounts={**organization.accounts, **{a.id: a for a in accounts}})
    return [Target(account.id, READ) for account in accounts]


async def burst(world: World, count: int) -> list[RequestId]:
    """So many accesses of one person, which all have ended four hours later."""
    world.says_nothing = True
    targets = with_accounts(world, count)
    await world.services.organizations.refresh(force=True)
    asked = []
    for number, target in enumerate(targets, 1):
        asked.append(await world.approved(target=target, minutes=240))
        if number % MAX_OUTSTANDING == 0 or number == count:
            await world.settle()
    return asked


async def test_what_waits_for_a_slot_asks_aws_nothing(world: World) -> None:
    await burst(world, MAX_OUTSTANDING + 3)
    world.cloud.held = True
    world.clock.move(4 * HOUR + MINUTE)
    await work(world, 5)
    before = world.cloud.calls.copy()
    await work(world, 8)
    asked = world.cloud.calls - before
    assert set(asked) == {"operation"}, "only operations in flight are asked after"
    world.cloud.release()
    await world.settle()


async def test_a_grant_does_not_starve_in_a_burst_of_ends(world: World) -> None:
    await burst(world, 2 * MAX_OUTSTANDING)
    world.cloud.takes = 25 * SECOND
    world.clock.move(4 * HOUR + MINUTE)
    await work(world, 2)
    asked = await world.approved(target=Target(STAGING, READ))
    began_at = world.clock.now()
    while len(kinds(world)) == 0 or kinds(world)[-1] is not CREATE:
        await work(world)
        assert world.clock.now() - began_at <= GRANT_WAITS + 15 * SECOND
    assert DELETE in {operation.kind for operation in world.cloud.in_flight()}, "some wait, and this one does not"
    await world.settle()
    assert await world.status(asked) is Status.ACTIVE
    assert world.cloud.most_outstanding == MAX_OUTSTANDING


# --- granting ends by time --------------------------------------------------------------------------


async def test_what_is_still_being_granted_at_its_end_is_taken_away(world: World) -> None:
    """The bot was away from right after the creation until long after the end."""
    request_id = await world.approved(minutes=15)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    world.clock.move(8 * HOUR)
    world.start()
    await world.settle()
    request = await world.request(request_id)
    assert request.status is Status.ENDED
    assert not world.holds()
    assert "active" not in world.messenger.topics("UADA")


async def test_a_window_is_counted_from_aws_own_date_when_it_is_noticed_late(world: World) -> None:
    request_id = await world.approved(minutes=60)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    began_at = world.clock.now()
    world.clock.move(20 * MINUTE)
    world.start()
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.window_start_at, request.end_at) == (Status.ACTIVE, began_at, began_at + HOUR)


async def test_an_asked_start_fixes_the_end_however_late_access_comes(world: World) -> None:
    """Rule 6."""
    start_at = world.clock.now() + HOUR
    request_id = await world.approved(minutes=60, start_at=start_at)
    world.cloud.begin_fails.extend([UpstreamBusy("ThrottlingException")] * 12)
    await world.pass_time(HOUR + 20 * MINUTE)
    request = await world.request(request_id)
    assert (request.status, request.end_at) == (Status.ACTIVE, start_at + HOUR)
    assert request.window_start_at is not None
    assert request.window_start_at > start_at
    await world.pass_time(41 * MINUTE)
    assert await world.status(request_id) is Status.ENDED


async def refuse_lists(world: World) -> None:
    async def refuse(call: str) -> None:
        if call == "is_assigned":
            raise REFUSED

    world.cloud.before = refuse


async def hang(world: World) -> None:
    world.cloud.held = True


@pytest.mark.parametrize("obstacle", [refuse_lists, hang])
async def test_a_grant_is_given_up_after_half_an_hour_in_every_case(
    world: World, obstacle: Callable[[World], Awaitable[None]]
) -> None:
    request_id = await world.approved(minutes=240)
    await world.services.schedule.start()
    await obstacle(world)
    await work(world, 32, MINUTE)
    assert (await world.request(request_id)).failure
    world.cloud.before = None
    world.cloud.release()
    await world.settle()
    assert await world.status(request_id) is Status.FAILED
    await world.pass_time(HOUR)
    assert not world.holds()


async def created_without_an_outcome(world: World, *, minutes: int = 60) -> tuple[RequestId, Callable[[], None]]:
    """A creation that AWS says is in progress until the returned function is called; then the assignment is there."""
    request_id = await world.approved(minutes=minutes)
    await world.services.schedule.start()
    world.cloud.held = True
    await world.services.reconciler.work()
    operation = world.cloud.in_flight()[0]
    world.cloud.held = False
    operation.done = True  # AWS takes another change in that account, and never ends this one
    operation.failure = None
    state = world.cloud.operation

    async def never_ends(kind: OperationKind, aws_id: str) -> OperationStatus:
        found = await state(kind, aws_id)
        return replace(found, state=OperationState.IN_PROGRESS) if aws_id == operation.id else found

    def finish() -> None:
        world.cloud.operation = state  # type: ignore[method-assign]
        world.cloud._put((world.ada.id, TARGET), "bot", world.clock.now())

    world.cloud.operation = never_ends  # type: ignore[method-assign]
    return request_id, finish


async def test_a_hanging_operation_keeps_nobody_elses_access_alive(world: World) -> None:
    """It loses its slot after five minutes; what it does at last is taken back."""
    other = await world.active(world.dan, Target(TARGET.account, READ), minutes=30)
    await world.pass_time(25 * MINUTE)
    hanging, finish = await created_without_an_outcome(world, minutes=15)
    await world.pass_time(OUTCOME_WITHIN + 4 * MINUTE)
    assert await world.status(other) is Status.ENDED
    assert not world.holds(world.dan, Target(TARGET.account, READ))
    await world.pass_time(20 * MINUTE)
    assert (await world.request(hanging)).is_over
    finish()
    await world.pass_time(3 * HOUR)
    assert not world.holds()


async def test_no_grant_is_said_to_have_failed_unseen_after_an_older_creation_without_an_outcome(world: World) -> None:
    """Rule 20: AWS makes late what an earlier request had asked for, and is away when the next one is given up."""
    earlier, finish = await created_without_an_outcome(world, minutes=15)
    await world.pass_time(40 * MINUTE)
    assert (await world.request(earlier)).is_over
    later = await world.approved(minutes=60)
    await world.services.schedule.start()
    finish()
    world.cloud.down = UpstreamBusy("AWS is away", side=Side.AWS)
    await work(world, 32, MINUTE)
    assert (await world.request(later)).failure
    assert await world.status(later) is Status.GRANTING
    world.cloud.down = None
    await world.settle()
    assert await world.status(later) is Status.FAILED
    assert not world.holds()


@pytest.mark.parametrize("after", [7, 14])
async def test_nothing_is_said_to_have_ended_while_aws_may_yet_finish_a_creation(world: World, after: int) -> None:
    """Rule 20, and rule 17: AWS deletes what it has not made yet, and makes it after that."""
    request_id, finish = await created_without_an_outcome(world)
    await world.pass_time(MINUTE)
    await world.revoke(world.bob, request_id)
    await world.pass_time(after * MINUTE - MINUTE)
    assert CREATE in kinds(world)
    assert DELETE in kinds(world)
    assert await world.status(request_id) is Status.REVOKING
    assert world.messenger.topics("UFRANK").count("overdue") == 1
    finish()
    assert world.holds()
    await world.pass_time(WATCHED_WITHIN + 10 * SECOND)
    assert not world.holds()
    assert await world.status(request_id) is Status.REVOKED
    assert world.messenger.topics("UADA").count("revoked") == 1


@pytest.mark.parametrize("late", [20 * MINUTE, 40 * MINUTE, 5 * HOUR])
async def test_no_end_waits_for_ever_for_aws_and_what_it_makes_later_is_taken_away_soon(
    world: World, late: timedelta
) -> None:
    request_id, finish = await created_without_an_outcome(world)
    await world.revoke(world.bob, request_id)
    await world.pass_time(FINISHED_WITHIN + WATCHED_WITHIN)
    assert await world.status(request_id) is Status.REVOKED
    await world.pass_time(late - FINISHED_WITHIN - WATCHED_WITHIN)
    finish()
    await world.pass_time((WATCHED_WITHIN if late < HOUR else LISTS_LAG) + 10 * SECOND)
    assert not world.holds()


# --- lists that lag ---------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [3 * SECOND, 70 * SECOND, LISTS_LAG - SECOND])
async def test_a_list_that_is_behind_disowns_nothing(world: World, behind: timedelta) -> None:
    """Revoked while it is being granted, and right after it: both are deleted, not forgotten."""
    world.cloud.lists_behind = behind
    first = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    world.clock.move(SECOND)
    await world.revoke(world.ada, first)
    await world.settle()
    assert await world.status(first) is Status.REVOKED
    assert not world.holds()
    second = await world.active()
    await world.revoke(world.ada, second)
    await world.settle()
    assert await world.status(second) is Status.REVOKED
    assert not world.holds()


async def test_a_list_that_is_behind_loses_no_access_that_is_there(world: World) -> None:
    request_id = await world.active(minutes=240)
    await world.pass_time(20 * MINUTE)
    told = world.messenger.topics("UFRANK").count("drift")
    world.cloud.lists_behind = 22 * MINUTE
    await world.services.drift.look_again()
    await work(world, 3)
    world.cloud.lists_behind = timedelta()
    await world.pass_time(2 * LISTS_LAG)
    assert world.messenger.topics("UFRANK").count("drift") == told
    assert (await world.assignment()).ours
    await world.pass_time(4 * HOUR)
    assert await world.status(request_id) is Status.ENDED
    assert not world.holds()


async def test_active_is_never_said_on_what_has_just_been_deleted(world: World) -> None:
    first = await world.active()
    world.cloud.lists_behind = 30 * SECOND
    await world.revoke(world.ada, first)
    await work(world, 3)
    second = await world.active()
    assert world.holds()
    assert kinds(world) == [CREATE, DELETE, CREATE]
    assert await world.status(second) is Status.ACTIVE


async def test_our_own_deleted_assignment_fails_no_follow_up(world: World) -> None:
    """Rule 8 means what others made."""
    first = await world.active()
    second = await world.approved(start_at=world.clock.now() + HOUR + 10 * SECOND)
    world.cloud.lists_behind = 2 * MINUTE
    await world.pass_time(HOUR + MINUTE)
    assert await world.status(first) is not Status.ACTIVE
    await world.pass_time(4 * MINUTE)
    assert await world.status(second) is Status.ACTIVE


async def test_what_others_made_in_the_place_of_a_lost_one_is_named_and_stays(world: World) -> None:
    request_id = await world.active(minutes=60)
    await world.pass_time(20 * MINUTE)
    world.cloud.remove(world.ada.id, TARGET)
    await world.services.drift.look_again()
    await world.settle()
    world.cloud.make(world.ada.id, TARGET)
    await world.pass_time(HOUR)
    request = await world.request(request_id)
    assert (request.status, request.left_behind) == (Status.ENDED, LeftBehind.FOREIGN)
    assert world.holds()


# --- nobody can use it any more ---------------------------------------------------------------------


def user_is_deleted(world: World) -> None:
    world.principals.users.pop(world.ada.id)
    world.cloud.leavers.add(world.ada.id)


def account_is_closed(world: World) -> None:
    organization = world.reader.organization
    closed = replace(organization.accounts[TARGET.account], active=False)
    world.reader.organization = replace(organization, accounts={**organization.accounts, TARGET.account: closed})
    world.cloud.closed.add(TARGET.account)


def account_has_left(world: World) -> None:
    organization = world.reader.organization
    left = {
        account_id: account for account_id, account in organization.accounts.items() if account_id != TARGET.account
    }
    world.reader.organization = replace(organization, accounts=left)
    world.cloud.left.add(TARGET.account)


GONE = {
    "user": (user_is_deleted, LeftBehind.PRINCIPAL_GONE),
    "closed account": (account_is_closed, LeftBehind.ACCOUNT_GONE),
    "account that left": (account_has_left, LeftBehind.ACCOUNT_GONE),
}


async def minutes_pass(world: World, minutes: int) -> None:
    """With the picture of the organization kept up to date, as the process keeps it."""
    for minute in range(minutes):
        if minute % 4 == 0:
            world.reader.organization = replace(world.reader.organization, taken_at=world.clock.now())
            await world.services.organizations.refresh(force=True)
        await work(world, 1, MINUTE)


@pytest.mark.parametrize("what", GONE)
async def test_what_nobody_can_use_any_more_is_over_and_says_so(world: World, what: str) -> None:
    """Rule 17: two looks agree, the row that AWS keeps is named, and it is tried ever more seldom."""
    go, because = GONE[what]
    request_id = await world.active(minutes=30)
    go(world)
    world.clock.move(31 * MINUTE)
    await minutes_pass(world, 4)
    assert await world.status(request_id) is Status.REVOKING
    await minutes_pass(world, 16)
    request = await world.request(request_id)
    assert (request.status, request.left_behind) == (Status.ENDED, because)
    (ended,) = [event for event in await world.events(request_id) if event["action"] == "request.ended"]
    assert ended["facts"]["left_behind"] == because.value
    tried = len(kinds(world))
    await world.pass_time(2 * SELDOM)
    assert len(kinds(world)) <= tried + 2
    assert world.messenger.topics(AUDIT_CHANNEL).count("ended") == 1


async def test_a_user_who_is_deleted_while_being_granted_gets_nothing(world: World) -> None:
    request_id = await world.approved()
    await world.services.schedule.start()
    user_is_deleted(world)
    await minutes_pass(world, 20)
    assert await world.status(request_id) is Status.FAILED
    assert not world.holds()


@pytest.mark.parametrize("is_named", [True, False])
async def test_access_to_an_account_that_comes_back_is_taken_away(world: World, *, is_named: bool) -> None:
    """Closing is not for ever: an account may be reopened for 90 days, whether or not a policy still names it."""
    request_id = await world.active(minutes=30)
    account_is_closed(world)
    world.clock.move(31 * MINUTE)
    await minutes_pass(world, 20)
    assert await world.status(request_id) is Status.ENDED
    assert world.holds()
    if not is_named:
        await world.set_policies(replace(world.book(), eligibility=(), approval=()))
    organization = world.reader.organization
    again = replace(organization.accounts[TARGET.account], active=True)
    world.reader.organization = replace(organization, accounts={**organization.accounts, TARGET.account: again})
    world.cloud.closed.clear()
    world.clock.move(SELDOM)
    await minutes_pass(world, 3)
    assert not world.holds()


async def test_an_old_picture_of_the_organization_ends_nothing_as_of_no_use(world: World) -> None:
    """It shows the account as it was; two looks at one picture are one look."""
    request_id = await world.active(minutes=30)
    account_is_closed(world)
    await world.services.organizations.refresh(force=True)
    world.reader.down = AWAY
    world.clock.move(31 * MINUTE)
    await work(world, 30, MINUTE)
    assert await world.status(request_id) is Status.REVOKING


async def test_a_look_that_fails_is_not_the_second_one_that_finds_somebody_gone(world: World) -> None:
    request_id = await world.active(minutes=30)
    world.cloud.begin_fails.extend([REFUSED] * 100)
    ada = world.principals.users.pop(world.ada.id)
    await world.pass_time(31 * MINUTE)
    assert (await world.assignment()).unusable
    world.principals.users[ada.id] = ada
    world.principals.down = AWAY
    await world.pass_time(2 * LISTS_LAG)
    assert await world.status(request_id) is Status.REVOKING


async def test_somebody_who_is_only_disabled_is_taken_away_from_for_ever(world: World) -> None:
    request_id = await world.active(minutes=30)
    world.principals.disable(world.ada.id)
    world.cloud.begin_fails.extend([REFUSED] * 100)
    world.clock.move(31 * MINUTE)
    await minutes_pass(world, 30)
    assert await world.status(request_id) is Status.REVOKING
    world.cloud.begin_fails.clear()
    await minutes_pass(world, 2)
    assert await world.status(request_id) is Status.ENDED


# --- one row's fault --------------------------------------------------------------------------------


async def test_a_fault_in_one_pass_stops_no_other(world: World) -> None:
    first = await world.active(minutes=30)
    faults = 0

    async def stumble(call: str) -> None:
        nonlocal faults
        if call == "begin" and any(row.urgent for row in [await world.assignment()]) and not other:
            faults += 1
            raise KeyError("AccountAssignmentDeletionStatus")

    other: list[RequestId] = []
    world.cloud.before = stumble
    world.clock.move(31 * MINUTE)
    await world.pass_time(2 * MINUTE)
    assert 0 < faults < 20, "it is counted, and it pauses"
    assert "incident" in (await world.assignment()).last_error
    other.append(await world.approved(world.dan, Target(STAGING, READ)))
    await work(world, 10)
    assert await world.status(other[0]) is Status.ACTIVE
    await world.pass_time(3 * MINUTE)
    assert await world.status(first) is Status.ENDED


async def test_patience_is_counted_for_each_request_by_itself(world: World) -> None:
    """Of two requests for one assignment the one that has just begun goes on."""
    world.cloud.begin_fails.extend([UpstreamBusy("ThrottlingException")] * 1000)
    first = await world.approved(minutes=120)
    await world.pass_time(GRANT_PATIENCE - MINUTE)
    second = await world.approved(minutes=60)
    await world.pass_time(3 * MINUTE)
    assert (await world.request(first)).failure
    world.cloud.begin_fails.clear()
    await world.pass_time(3 * MINUTE)
    assert await world.status(first) is Status.FAILED
    assert await world.status(second) is Status.ACTIVE
