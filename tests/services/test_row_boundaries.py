"""One row that cannot be moved holds up no other, however many of them there are (rule 17)."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from core.domain.errors import UpstreamBusy
from core.domain.ids import PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.ports import UnitOfWork
from core.services.requests import schedule
from core.services.runtime.row_boundaries import PAUSE_FIRST, PAUSE_LONGEST
from tests.services.company import HOUR, MINUTE, POWER, READ, SANDBOX, SECOND, STAGING, TARGET
from tests.services.world import World, expiry_of

LOCKED = UpstreamBusy("canceling statement due to lock timeout")
BROKEN = KeyError("Status")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Drawing a hundred tracebacks takes longer than all the rest."""
    with capture_logs():
        yield


def cannot_write(world: World, *stuck: RequestId, error: Exception = LOCKED) -> list[RequestId]:
    """From now on writing these requests fails; the ids of every try are returned as they come."""
    opened, tries = world.database.open, list[RequestId]()

    @asynccontextmanager
    async def open_unit() -> AsyncIterator[UnitOfWork]:
        async with opened() as unit:
            save = unit.requests.save

            async def refuse(before: Request, after: Request) -> Request:
                if before.id in stuck:
                    tries.append(before.id)
                    raise error
                return await save(before, after)

            unit.requests.save = refuse  # type: ignore[method-assign]
            yield unit

    world.open_unit = open_unit
    world.start()
    return tries


@pytest.mark.parametrize("error", [LOCKED, BROKEN])
async def test_one_that_cannot_be_written_keeps_no_other_from_ending(world: World, error: Exception) -> None:
    stuck = await world.active(minutes=15)
    others = [await world.active(world.dan, target, minutes=20) for target in (TARGET, Target(SANDBOX, POWER))]
    tries = cannot_write(world, stuck, error=error)
    await world.pass_time(30 * MINUTE)
    assert {await world.status(other) for other in others} == {Status.ENDED}
    assert await world.status(stuck) is Status.ACTIVE
    assert world.services.schedule.stuck()["ends"] == 1
    world.open_unit = world.database.open
    world.start()
    await world.settle()
    assert await world.status(stuck) is Status.ENDED
    assert set(tries) == {stuck}


async def test_what_is_stuck_pauses_longer_and_longer_and_is_tried_for_ever(world: World) -> None:
    stuck = await world.active(minutes=15)
    tries = cannot_write(world, stuck)
    world.clock.move(HOUR)
    for _ in range(60):
        await world.services.schedule.end()
        await world.services.schedule.end()
        world.clock.move(PAUSE_FIRST)
    assert len(tries) == 6  # after 1, 3, 7, 15 and 31 seconds
    world.clock.move(PAUSE_LONGEST)
    await world.services.schedule.end()
    assert len(tries) == 7


async def test_a_batch_of_stuck_ones_does_not_hide_what_is_behind_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "BATCH", 2)
    targets = (TARGET, Target(STAGING, READ), Target(STAGING, POWER), Target(SANDBOX, POWER))
    stuck = [await world.active(world.ada, target, minutes=15) for target in targets]
    last = await world.active(world.dan, minutes=30)
    cannot_write(world, *stuck)
    world.clock.move(HOUR)
    await world.services.schedule.end()
    assert await world.status(last) is Status.REVOKING


async def test_one_round_ends_more_than_a_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "BATCH", 2)
    targets = (TARGET, Target(STAGING, READ), Target(STAGING, POWER), Target(SANDBOX, POWER))
    active = [await world.active(world.ada, target, minutes=15) for target in targets]
    world.clock.move(HOUR)
    await world.services.schedule.end()
    assert {await world.status(each) for each in active} == {Status.REVOKING}


async def expired(world: World) -> tuple[RequestId, RequestId]:
    first, second = await world.asked(minutes=30), await world.asked(world.dan)
    world.go_to(expiry_of(await world.request(second)))
    return first, second


async def warned(world: World) -> tuple[RequestId, RequestId]:
    first, second = await world.active(minutes=30), await world.active(world.dan, minutes=30)
    world.clock.move(25 * MINUTE)
    return first, second


async def reminded(world: World) -> tuple[RequestId, RequestId]:
    first, second = await world.asked(), await world.asked(world.dan)
    world.clock.move(20 * MINUTE)
    return first, second


async def alarmed(world: World) -> tuple[RequestId, RequestId]:
    first, second = await world.active(), await world.active(world.dan)
    for each in (first, second):
        await world.revoke(world.bob, each)
    world.clock.move(10 * MINUTE)
    return first, second


async def started(world: World) -> tuple[RequestId, RequestId]:
    return await world.approved(), await world.approved(world.dan)


async def run(world: World, name: str) -> None:
    rounds = world.services.schedule
    await (rounds.raise_alarms(5 * MINUTE) if name == "raise_alarms" else getattr(rounds, name)())


def is_expired(request: Request) -> bool:
    return request.status is Status.EXPIRED


def is_warned(request: Request) -> bool:
    return request.ending_soon_told


def is_reminded(request: Request) -> bool:
    return request.reminders == 1


def is_alarmed(request: Request) -> bool:
    return request.alarmed_at is not None


def is_started(request: Request) -> bool:
    return request.status is Status.GRANTING


@pytest.mark.parametrize(
    ("name", "prepare", "is_done"),
    [
        ("expire", expired, is_expired),
        ("warn", warned, is_warned),
        ("remind", reminded, is_reminded),
        ("raise_alarms", alarmed, is_alarmed),
        ("start", started, is_started),
    ],
)
async def test_every_round_goes_on_behind_what_is_stuck(
    world: World, name: str, prepare: Callable[..., object], is_done: Callable[[Request], bool]
) -> None:
    world.says_nothing = True
    first, second = await prepare(world)  # type: ignore[misc]
    cannot_write(world, first, error=BROKEN)
    await run(world, name)
    assert [is_done(await world.request(each)) for each in (first, second)] == [False, True]
    world.open_unit = world.database.open
    world.start()
    world.clock.move(MINUTE)
    await run(world, name)
    assert is_done(await world.request(first))


async def test_a_start_that_meets_a_fault_leaves_its_turn_to_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "BATCH", 1)
    stuck, other = await world.approved(), await world.approved(world.dan)
    tries = cannot_write(world, stuck, error=BROKEN)
    for _ in range(20):
        await world.services.schedule.start()
        world.clock.move(2 * SECOND)
    assert await world.status(other) is Status.GRANTING
    assert 1 < len(tries) < 4


async def test_a_request_that_cannot_be_read_hides_no_other(world: World) -> None:
    unreadable, other = await world.active(minutes=15), await world.active(world.dan, minutes=20)
    async with world.database.engine.begin() as connection:
        await connection.execute(text("UPDATE request SET left_behind = 'newer' WHERE id = :id"), {"id": unreadable})
    world.clock.move(HOUR)
    await world.services.schedule.end()
    assert await world.status(other) is Status.REVOKING


async def test_one_target_that_cannot_be_compared_stops_no_sweep(world: World) -> None:
    real = world.cloud.users_assigned

    async def broken(target: Target) -> frozenset[PrincipalId]:
        if target == TARGET:
            raise BROKEN
        return await real(target)

    world.cloud.users_assigned = broken  # type: ignore[method-assign]
    world.cloud.make(world.grace.id, Target(STAGING, POWER))
    for _ in range(4):
        await world.services.drift.sweep()
        world.clock.move(timedelta(minutes=10))
    assert [unknown.target for unknown in await world.services.drift.found()] == [Target(STAGING, POWER)]


@pytest.mark.parametrize(("error", "level", "tells"), [(LOCKED, "warning", "because"), (BROKEN, "error", "incident")])
async def test_an_outage_is_logged_in_a_line_and_a_fault_of_ours_with_its_incident(
    world: World, error: Exception, level: str, tells: str
) -> None:
    request_id = await world.active(minutes=15)
    cannot_write(world, request_id, error=error)
    world.clock.move(2 * HOUR)
    with capture_logs() as said:
        await world.services.schedule.end()
    (line,) = [line for line in said if line.get("row") == request_id]
    assert (line["log_level"], tells in line, "exc_info" in line) == (level, True, level == "error")
