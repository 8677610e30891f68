"""Any interleaving of two requests for one target leaves AWS empty in the end, and takes nothing of others away."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.assignment import LISTS_LAG
from core.domain.commands import CancelRequest, RevokeAccess
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.organization import Target
from core.domain.request import Status
from tests.fakes.cloud import Failure, FakeCloud
from tests.services.company import HOUR, SECOND, TARGET
from tests.services.group_world import JOINING, with_groups
from tests.services.quick import QuickSqlite
from tests.services.world import World, opened

MISBEHAVIOUR: dict[str, Callable[[FakeCloud], object]] = {
    "lose after": lambda cloud: cloud.answers_lost.append(True),
    "lose before": lambda cloud: cloud.answers_lost.append(False),
    "throttle": lambda cloud: cloud.begin_fails.append(UpstreamBusy("ThrottlingException")),
    "deny": lambda cloud: cloud.begin_fails.append(UpstreamRefused("denied", code="AccessDeniedException")),
    "fail": lambda cloud: cloud.fail_with.append(Failure("it failed")),
    "half fail": lambda cloud: cloud.fail_with.append(Failure("it failed", does_the_work=True)),
    "down": lambda cloud: setattr(cloud, "down", UpstreamBusy("away")),
    "up": lambda cloud: setattr(cloud, "down", None),
    "hold": lambda cloud: setattr(cloud, "held", True),
    "release": lambda cloud: cloud.release(),
    "lag": lambda cloud: setattr(cloud, "listed_after", timedelta(seconds=8)),
    "lists behind": lambda cloud: setattr(cloud, "lists_behind", timedelta(seconds=10)),
    "lists far behind": lambda cloud: setattr(cloud, "lists_behind", LISTS_LAG - timedelta(seconds=10)),
    "lists right": lambda cloud: setattr(cloud, "lists_behind", timedelta()),
    "forget": lambda cloud: cloud.forget(),
}
PEOPLE = ("ask", "revoke first", "revoke last", "cancel last")
TIME = ("work", "work", "work", "deadlines", "second", "second", "lease", "minutes", "half an hour", "hour")
HANDS = ("make", "remove")
STEPS = PEOPLE * 2 + TIME * 2 + HANDS + (*MISBEHAVIOUR, "kill")
LENGTHS = {"second": SECOND, "lease": 20 * SECOND, "minutes": LISTS_LAG, "half an hour": HOUR / 2, "hour": HOUR}


async def do(world: World, step: str, target: Target) -> None:
    """One step; what cannot be done now is not done."""
    if step in MISBEHAVIOUR:
        MISBEHAVIOUR[step](world.cloud)
    elif step in LENGTHS:
        world.clock.move(LENGTHS[step])
    elif step in PEOPLE:
        await command(world, step, target)
    elif step in HANDS:
        await by_hand(world, step, target)
    elif step == "work":
        await world.services.reconciler.work()
    elif step == "deadlines":
        await world.deadlines()
    else:
        await world.background.killed()
        world.start()


async def command(world: World, step: str, target: Target) -> None:
    requests = await world.requests()
    if step == "ask" and len(requests) < 2:
        await world.do(world.form(world.ada, target, minutes=60 + 60 * len(requests)))
        for request in await world.requests():
            if request.status is Status.PENDING:
                await world.do(world.click(world.bob, request))
    elif step != "ask" and requests:
        kind = CancelRequest if step.startswith("cancel") else RevokeAccess
        await world.do(world.ending(kind, world.ada, requests[0 if step.endswith("first") else -1].id))


async def by_hand(world: World, step: str, target: Target) -> None:
    """Somebody else assigns or takes away the same: only what the bot neither made nor is about to make."""
    holding = (world.ada.id, target)
    async with world.database.open() as unit:
        known = await unit.assignments.get(*holding)
    is_ours = known is not None and (known.ours or known.operation is not None)
    if step == "make" and not is_ours and not world.cloud.in_flight():
        world.cloud.make(*holding)
    elif step == "remove" and world.cloud.assigned.get(holding) == "hand":
        world.cloud.remove(*holding)


async def all_is_over(world: World) -> None:
    """AWS behaves again, and time passes until nothing is left to do."""
    world.cloud.down = None
    world.cloud.begin_fails.clear()
    world.cloud.answers_lost.clear()
    world.cloud.fail_with.clear()
    world.cloud.lists_behind = timedelta()
    world.cloud.release()
    for _ in range(4):
        await world.pass_time(4 * HOUR)
        await world.settle()


@pytest.mark.parametrize("target", [TARGET, JOINING], ids=["an account", "a group"])
@settings(max_examples=settings().max_examples // 10, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=24))
async def test_any_interleaving_leaves_nothing_behind(
    quick_sqlite: QuickSqlite, target: Target, steps: list[str]
) -> None:
    async with opened(quick_sqlite.fresh()) as world:
        world.says_nothing = True
        world.principals.group("Operators")
        await world.set_policies(with_groups(world))
        world.cloud.make(world.dan.id, target)
        await do(world, "ask", target)
        for step in steps:
            await do(world, step, target)
            assert await truthful(world, target)
        await all_is_over(world)
        assert "bot" not in world.cloud.assigned.values()
        assert (world.dan.id, target) in world.cloud.assigned
        assert not world.cloud.taken_from_others
        assert all(request.is_over for request in await world.requests())


async def truthful(world: World, target: Target) -> bool:
    """Nobody is said to have access before AWS lists it, nor to be without while the bot's own is still there."""
    requests = await world.requests()
    live = [r for r in requests if r.status in {Status.GRANTING, Status.ACTIVE, Status.REVOKING}]
    ours_is_there = world.cloud.assigned.get((world.ada.id, target)) == "bot"
    over = [r for r in requests if r.status in {Status.ENDED, Status.REVOKED, Status.FAILED} and r.granting_at]
    for request in requests:
        if request.window_start_at is not None and request.end_at is not None:
            lasted = request.end_at - (request.start_at or request.window_start_at)
            assert lasted == request.duration, "rule 16"
        assert request.status is not Status.FAILED or request.window_start_at is None, "rule 20"
    return not (ours_is_there and over and not live)


async def test_access_is_not_said_to_go_on_under_a_request_that_is_ended_at_that_moment(world: World) -> None:
    """Rule 20: whoever is told so would take the access for granted."""
    first = await world.active(minutes=60)
    second = await world.active(minutes=120)
    await world.pass_time(LISTS_LAG + SECOND)

    async def end_the_other(call: str) -> None:
        if call == "is_assigned":
            world.cloud.before = None
            await world.revoke(world.ada, second)

    world.cloud.before = end_the_other
    await world.revoke(world.ada, first)
    await world.settle()
    assert world.cloud.before is None
    assert (await world.request(first)).continued_by is None
    assert await world.status(first) is await world.status(second) is Status.REVOKED
    assert not world.holds()
