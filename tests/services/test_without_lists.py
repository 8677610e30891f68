"""Access is taken away although AWS's lists cannot be had, and a first try has come to nothing (rule 17)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from core.domain.assignment import OperationKind
from core.domain.errors import UpstreamBusy
from core.domain.organization import Target
from core.domain.request import Status
from core.services.provisioning import assignment_reconciler
from tests.fakes.cloud import Failure
from tests.services.company import HOUR, MINUTE, SECOND, TARGET
from tests.services.group_world import JOINING, with_groups
from tests.services.world import World

DELETE = OperationKind.DELETE
LISTS = frozenset({"is_assigned", "users_assigned", "find_operation"})


def kinds(world: World) -> list[OperationKind]:
    return [kind for kind, _ in world.cloud.begun]


def refuse_lists(world: World) -> None:
    async def before(call: str) -> None:
        if call in LISTS:
            raise UpstreamBusy("lists are down")

    world.cloud.before = before


def throttled(world: World) -> None:
    world.cloud.begin_fails.append(UpstreamBusy("ThrottlingException"))


def lost(world: World) -> None:
    world.cloud.answers_lost.append(False)


def failed(world: World) -> None:
    world.cloud.fail_with.append(Failure("Please try again in a few minutes"))


@pytest.mark.parametrize(
    ("target", "trouble"),
    [(TARGET, throttled), (TARGET, lost), (TARGET, failed), (JOINING, throttled), (JOINING, lost)],
)
async def test_it_is_taken_away_and_said_to_be_over_once_lists_are_back(
    world: World, target: Target, trouble: Callable[[World], None]
) -> None:
    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    request_id = await world.active(target=target, minutes=30)
    await world.pass_time(20 * MINUTE)
    refuse_lists(world)
    trouble(world)
    await world.revoke(world.bob, request_id)
    await world.pass_time(5 * MINUTE)
    assert not world.holds(target=target)
    assert await world.status(request_id) is Status.REVOKING
    world.cloud.before = None
    await world.pass_time(5 * MINUTE)
    assert await world.status(request_id) is Status.REVOKED


async def test_a_silent_list_leaves_time_for_the_deletion(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment_reconciler, "LOOKED_WITHIN", timedelta(milliseconds=20))
    request_id = await world.active()

    async def before(call: str) -> None:
        if call == "is_assigned" and DELETE not in kinds(world):
            await asyncio.Event().wait()

    world.cloud.before = before
    throttled(world)
    await world.revoke(world.bob, request_id)
    await world.pass_time(MINUTE)
    assert not world.holds()


async def test_what_a_failed_creation_did_is_taken_away_though_a_deletion_went_before_it(world: World) -> None:
    await world.revoke(world.bob, await world.active())
    await world.settle()
    world.cloud.fail_with.extend([Failure("a time-out at the end", does_the_work=True)] * 3)
    request_id = await world.approved()
    await world.services.schedule.start()
    while kinds(world).count(OperationKind.CREATE) < 4:
        await world.pass_time(5 * SECOND)
    refuse_lists(world)
    await world.pass_time(5 * MINUTE)
    assert not world.holds()
    world.cloud.before = None
    await world.pass_time(HOUR)
    assert await world.status(request_id) is Status.FAILED
