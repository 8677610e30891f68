import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.budget import (
    LOOK_UPS_AT_ONCE,
    REST_WHEN_THROTTLED,
    SLOWEST,
    Budget,
    CallBudgets,
    Priority,
)
from core.adapters.aws.session import AwsSession
from core.domain.assignment import OperationKind
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD, PAYMENTS_STAGING, Company
from tests.fakes.clock import FakeClock
from tests.simulated_time import simulated

OpenSession = Callable[..., AwsSession]


def target(company: Company, account: str = PAYMENTS_PROD) -> Target:
    return Target(AccountId(account), PermissionSetArn(company.permission_set("ReadOnlyAccess").arn))


def ask_about_permission_set(session: AwsSession, company: Company, priority: Priority) -> Awaitable[object]:
    return session.sso_admin.call(
        priority,
        session.sso_admin.client.describe_permission_set,
        InstanceArn=company.instance_arn,
        PermissionSetArn=company.permission_set("ReadOnlyAccess").arn,
    )


async def entries(budget: Budget, calls: int) -> list[float]:
    """The times, in seconds, at which so many calls that come together get their turns."""
    loop, entered = asyncio.get_running_loop(), list[float]()

    async def call() -> None:
        await budget.enter(Priority.READ)
        entered.append(loop.time())
        budget.leave()

    await asyncio.gather(*(call() for _ in range(calls)))
    return entered


def peak_rate(entered: list[float]) -> int:
    """The most within one second."""
    return max(sum(begun <= each < begun + 1 for each in entered) for begun in entered)


@simulated
async def test_a_burst_stays_under_twenty_calls_a_second_for_either_service() -> None:
    budgets = CallBudgets()

    assert 15 < peak_rate(await entries(budgets.sso_admin, 60)) < 20
    assert 10 < peak_rate(await entries(budgets.identity_store, 60)) < 20


@simulated
async def test_on_an_idle_machine_a_click_waits_for_no_turn() -> None:
    budget = CallBudgets().identity_store
    began = asyncio.get_running_loop().time()

    assert await entries(budget, LOOK_UPS_AT_ONCE) == [began] * LOOK_UPS_AT_ONCE


@simulated
async def test_a_scan_in_the_background_leaves_the_burst_to_those_who_wait() -> None:
    budget, loop = CallBudgets().identity_store, asyncio.get_running_loop()
    scan = [asyncio.ensure_future(budget.enter(Priority.BACKGROUND)) for _ in range(2)]
    await scan[0]
    began = loop.time()
    for _ in range(LOOK_UPS_AT_ONCE - 2):
        await budget.enter(Priority.READ)
        budget.leave()

    assert loop.time() == began
    for each in scan:
        each.cancel()


@simulated
@pytest.mark.parametrize("replicas", [1, 2, 3, 6])
async def test_replicas_that_look_people_up_stay_under_twenty_calls_a_second_together(replicas: int) -> None:
    all_of_them = [CallBudgets() for _ in range(replicas)]
    for budgets in all_of_them:
        budgets.divide(replicas)
    entered = await asyncio.gather(*(entries(budgets.identity_store, 60 // replicas) for budgets in all_of_them))

    assert peak_rate([each for times in entered for each in times]) < 20


@simulated
async def test_two_replicas_together_stay_under_twenty_calls_a_second() -> None:
    replicas = [CallBudgets() for _ in range(2)]
    for budgets in replicas:
        budgets.divide(2)
    entered = await asyncio.gather(*(entries(budgets.sso_admin, 30) for budgets in replicas))

    assert 10 < peak_rate([each for times in entered for each in times]) < 20


class Counted(Budget):
    """Counts the turns that it gives."""

    turns = 0

    async def enter(self, priority: Priority) -> None:
        self.turns += 1
        await super().enter(priority)


async def test_every_attempt_takes_a_turn_repeated_ones_too(
    open_session: OpenSession, aws: LocalAws, company: Company
) -> None:
    aws.faults.add("server_error", operation="DescribePermissionSet", times=12)
    budgets = CallBudgets()
    budgets.sso_admin = counted = Counted(1000, at_once=10)
    session = open_session(budgets=budgets)
    await asyncio.gather(*(ask_about_permission_set(session, company, Priority.READ) for _ in range(12)))

    assert len(aws.calls("DescribePermissionSet")) == counted.turns == 24


async def test_revocations_go_first_then_grants_then_reads_and_snapshots_last(
    open_session: OpenSession, aws: LocalAws, company: Company
) -> None:
    session = open_session(budgets=CallBudgets())
    cloud = IdentityCenterAssignments(session, FakeClock())
    ada = PrincipalId(company.user("ada@example.com").id)
    await session.instance()
    session.budgets.sso_admin.rest()
    await asyncio.gather(
        *(ask_about_permission_set(session, company, Priority.BACKGROUND) for _ in range(4)),
        cloud.is_assigned(ada, target(company)),
        cloud.begin(OperationKind.CREATE, ada, target(company)),
        cloud.begin(OperationKind.DELETE, ada, target(company, PAYMENTS_STAGING)),
    )

    assert [call.operation for call in aws.calls(service="sso-admin")[1:]] == [
        "DeleteAccountAssignment",
        "CreateAccountAssignment",
        "ListAccountAssignments",
        *["DescribePermissionSet"] * 4,
    ]


@simulated
async def test_background_calls_leave_half_of_the_places_free() -> None:
    budget = Budget(10_000, at_once=4)
    waiting = [asyncio.ensure_future(budget.enter(Priority.BACKGROUND)) for _ in range(4)]
    await budget.enter(Priority.URGENT)
    await asyncio.wait(waiting, timeout=0.05)

    assert sum(task.done() for task in waiting) <= 2
    budget.leave()
    for _ in waiting:
        budget.leave()
    await asyncio.gather(*waiting)


@simulated
async def test_an_idle_budget_lets_a_few_through_at_once_and_then_keeps_its_rate() -> None:
    loop, budget = asyncio.get_running_loop(), Budget(20, at_once=10, burst=2)
    began, entered = loop.time(), list[float]()
    for _ in range(5):
        await budget.enter(Priority.URGENT)
        entered.append(loop.time() - began)

    assert entered == pytest.approx([0, 0, 0.05, 0.1, 0.15])


@simulated
async def test_what_can_wait_leaves_room_for_what_cannot() -> None:
    """However many lists are asked for, an urgent call goes at once."""
    loop, budget = asyncio.get_running_loop(), Budget(20, at_once=10, burst=2)
    reads = [asyncio.ensure_future(budget.enter(Priority.READ)) for _ in range(3)]
    await reads[0]
    began = loop.time()
    await budget.enter(Priority.URGENT)
    assert loop.time() == began
    assert not reads[1].done()
    for read in reads:
        read.cancel()


async def test_calls_that_are_throttled_together_slow_the_next_down_once() -> None:
    budget = Budget(1000, at_once=10)
    for _ in range(8):
        budget.rest()

    assert budget._slowness == 2


@simulated
async def test_equals_are_served_in_the_order_they_came() -> None:
    budget, served = Budget(2000, at_once=1), list[int]()

    async def take(number: int) -> None:
        await budget.enter(Priority.READ)
        served.append(number)
        budget.leave()

    await asyncio.gather(*(take(number) for number in range(20)))

    assert served == list(range(20))


async def test_whoever_gives_up_waiting_holds_up_nobody() -> None:
    budget = Budget(1000, at_once=1)
    await budget.enter(Priority.READ)
    given_up = [asyncio.ensure_future(budget.enter(Priority.URGENT)) for _ in range(5)]
    patient = asyncio.ensure_future(budget.enter(Priority.READ))
    await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    await asyncio.wait(given_up)
    budget.leave()
    await patient

    assert all(task.cancelled() for task in given_up)
    assert (budget.running, budget.waiting) == (1, 0)


async def test_a_turn_that_comes_together_with_the_cancelling_is_given_back() -> None:
    budget = Budget(1_000_000, at_once=1)
    await budget.enter(Priority.READ)
    entering = asyncio.ensure_future(budget.enter(Priority.READ))
    await asyncio.sleep(0.001)
    budget.leave()  # gives the turn to the one that waits, which is cancelled before it can take it
    entering.cancel()
    await asyncio.wait([entering])

    assert entering.cancelled()
    assert budget.running == 0


@simulated
async def test_after_being_throttled_nobody_calls_for_a_moment() -> None:
    loop, budget = asyncio.get_running_loop(), Budget(1000, at_once=1)
    budget.rest()
    began = loop.time()
    await budget.enter(Priority.URGENT)

    assert loop.time() - began == pytest.approx(REST_WHEN_THROTTLED, abs=0.01)


@pytest.mark.parametrize("replicas", range(1, 13))
async def test_shares_leave_room_for_one_call_more_in_each_replica(replicas: int) -> None:
    budgets = CallBudgets()
    budgets.divide(replicas)
    per_second = 1 / budgets.sso_admin._interval

    assert replicas * (per_second + 1) < 20
    assert per_second > 0.5


def test_the_places_of_all_budgets_are_the_threads_there_are() -> None:
    budgets = CallBudgets()
    places = [budget._at_once for budget in vars(budgets).values()]

    assert len(places) == 9
    assert sum(places) == CallBudgets.THREADS


@simulated
async def test_without_a_share_calls_are_few_and_the_urgent_go_first() -> None:
    loop, budget = asyncio.get_running_loop(), Budget(1000, at_once=10, burst=2)
    budget.divide(0)
    began, order = loop.time(), []

    async def call(priority: Priority) -> None:
        await budget.enter(priority)
        order.append((priority, loop.time() - began))

    await asyncio.gather(*(call(priority) for priority in (Priority.READ, Priority.READ, Priority.URGENT)))
    assert [priority for priority, _ in order] == [Priority.READ, Priority.URGENT, Priority.READ]
    assert [at for _, at in order] == pytest.approx([0, 1 / SLOWEST, 2 / SLOWEST])


@simulated
async def test_a_share_ends_the_waiting() -> None:
    loop, budget = asyncio.get_running_loop(), Budget(1000, at_once=10)
    budget.divide(0)
    began = loop.time()

    async def call() -> None:
        await budget.enter(Priority.URGENT)
        budget.leave()

    calls = asyncio.gather(*(call() for _ in range(30)))
    await asyncio.sleep(1)
    assert budget.waiting == 29
    budget.divide(2, timedelta(seconds=15))
    await calls
    assert loop.time() - began < 1 / SLOWEST + 30 / 9


async def test_a_share_that_is_not_taken_anew_shrinks_to_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, budget = asyncio.get_running_loop(), Budget(20, at_once=10)
    budget.divide(2, timedelta(seconds=15))
    assert budget._interval < 1
    later = loop.time() + 16
    monkeypatch.setattr(loop, "time", lambda: later)
    assert budget._interval == 1 / SLOWEST
    budget.divide(2, timedelta(seconds=15))
    assert budget._interval < 1
