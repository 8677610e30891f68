"""A restored database finds its own assignments again, ends what has ended, and leaves alone what others did."""

import itertools
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from core.adapters.storage.watch_tables import SharedRoundRow
from core.domain.alarm import AlarmKind
from core.domain.assignment import OperationKind
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.notice_content import AlarmRaised
from core.domain.organization import Target
from core.domain.request import Status
from core.ports import UnitOfWork
from core.services.integrity.recovery import NOTED_EVERY, TOLD_WITHIN
from tests.contents import content_of
from tests.databases import POSTGRESQL_AT_NIGHT
from tests.services import backup
from tests.services.backup import Restore
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, READ, TARGET
from tests.services.group_world import JOINING, with_groups
from tests.services.world import World

DENIED = UpstreamRefused("not authorized to perform: cloudtrail:LookupEvents", code="AccessDeniedException")


async def standing(world: World) -> list[AlarmKind]:
    async with world.open_unit() as unit:
        return [alarm.kind for alarm in await unit.alarms.all()]


async def goes_on(world: World, length: timedelta) -> None:
    """The process runs for so long, and notes that it does."""
    until = world.clock.now() + length
    while world.clock.now() < until:
        await world.services.health.recovery.work()
        await world.pass_time(NOTED_EVERY)


async def test_what_was_granted_since_the_backup_goes_on_or_is_taken_away_and_what_ended_is_ended(
    world_on_both: World, tmp_path: Path, restored: Restore
) -> None:
    world = world_on_both
    ended = await world.active(minutes=240)
    scheduled = await world.approved(world.dan, minutes=60)
    saved = await backup.take(world.database, tmp_path)
    await goes_on(world, 2 * MINUTE)
    assert await world.status(scheduled) is Status.ACTIVE
    granted_at = (await world.request(scheduled)).window_start_at
    assert granted_at is not None
    await world.revoke(world.ada, ended)
    other = Target(TARGET.account, READ)
    lost = await world.active(world.ada, other, minutes=240)
    await world.settle()
    assert world.holds(world.ada, other)
    assert not world.holds(world.ada)
    again = await restored(world, saved)
    await again.settle()
    assert AlarmKind.WENT_BACK in await standing(again)
    on, over = await again.request(scheduled), await again.request(ended)
    assert (on.status, on.window_start_at, on.end_at) == (Status.ACTIVE, granted_at, granted_at + HOUR)
    assert over.status is Status.ENDED
    assert not again.holds(world.ada, other), f"{lost} is unknown to the book: what it granted is taken away"
    assert again.holds(world.dan)
    await again.pass_time(HOUR)
    assert not again.holds(world.dan)
    assert again.cloud.taken_from_others == []
    lines = [said.notice for said in again.messenger.said if said.to == AUDIT_CHANNEL]
    (told,) = [notice for notice in lines if notice.topic == "alarm"]
    for words in ("Dan Bricklin: PowerUser", "(granted ", "(ended "):
        assert words in str(content_of(told, AlarmRaised).wrong)
    assert await again.asked(world.dan, other) > lost + 500, "no number is given again that people may know"


class Died(BaseException):
    """The process, at the unit of work that it was told to die at; it opens none after that."""


def dies_at(world: World, number: int) -> Callable[[], bool]:
    """Let the look for what is lost die when it opens its unit of work of that number; whether it has."""
    recovery = world.services.health.recovery
    opened, open_unit = itertools.count(1), recovery._open_unit
    died = False

    def open_or_die() -> AbstractAsyncContextManager[UnitOfWork]:
        nonlocal died
        died = died or next(opened) >= number
        if died:
            raise Died
        return open_unit()

    recovery._open_unit = open_or_die
    return lambda: died


@pytest.mark.parametrize(
    "has_run", [True, pytest.param(False, marks=pytest.mark.nightly)], ids=["noted", "never noted"]
)
async def test_wherever_a_process_dies_in_the_look_the_next_one_does_and_tells_all_of_it(
    world: World, tmp_path: Path, *, has_run: bool
) -> None:
    ended = await world.active(minutes=240)
    if not has_run:
        async with world.database.engine.begin() as connection:
            await connection.execute(delete(SharedRoundRow))
    saved = await backup.take(world.database, tmp_path)
    await world.revoke(world.ada, ended)
    other = Target(TARGET.account, READ)
    await world.active(world.dan, other, minutes=240)
    await world.active(world.ada, other, minutes=240)
    await world.settle()
    said = len(world.messenger.said)
    for number in itertools.count(1):
        again = await backup.restore(world, saved)
        del again.messenger.said[said:]
        again.clock.move(NOTED_EVERY)
        has_died = dies_at(again, number)
        with suppress(Died):
            await again.services.health.recovery.work()
        again.start()
        again.clock.move(MINUTE)
        await again.settle()
        assert await again.status(ended) is Status.ENDED
        assert again.cloud.taken_from_others == []
        alarms = [each.notice.content for each in again.messenger.said[said:]]
        told = [str(alarm.wrong) for alarm in alarms if isinstance(alarm, AlarmRaised)]
        lines = [text for text in told if "Ada Lovelace: " in text and "Dan Bricklin: " in text]
        assert len(set(told)) == 1, f"dead at {number}: {told}"
        assert len(lines) == len(told)
        assert await again.asked(again.dan, other) > ended + 500
        assert not any(again.holds(who, other) for who in (again.dan, again.ada))
        await again.background.drained()
        await again.database.close()
        if not has_died():
            assert number > 8
            return


@POSTGRESQL_AT_NIGHT
async def test_what_aws_proves_late_is_taken_away_then(world_on_both: World, tmp_path: Path, restored: Restore) -> None:
    """As after a failover that lost the intent, when AWS had done already what it was asked."""
    world = world_on_both
    request_id = await world.approved(minutes=60)
    saved = await backup.take(world.database, tmp_path)
    await world.settle()
    again = await restored(world, saved)
    again.callers.late = 10 * MINUTE
    await again.settle()
    assert (await again.request(request_id)).failure == "already_assigned"
    assert again.holds()
    await goes_on(again, TOLD_WITHIN)
    assert not again.holds(), "its request had failed by the time AWS told that it was ours"


async def test_what_others_did_meanwhile_stays_theirs(world: World, tmp_path: Path, restored: Restore) -> None:
    kept = await world.active(minutes=240)
    saved = await backup.take(world.database, tmp_path)
    other = Target(TARGET.account, READ)
    world.cloud.make_by_operation(world.dan.id, TARGET)
    world.cloud.make_by_operation(world.ada.id, other)
    world.cloud.remove_by_operation(world.ada.id, TARGET)
    again = await restored(world, saved)
    await goes_on(again, TOLD_WITHIN)
    assert await standing(again) == []
    assert again.holds(world.dan)
    assert again.holds(world.ada, other)
    assert await again.status(kept) is Status.ACTIVE
    assert again.cloud.taken_from_others == []


async def test_what_somebody_made_anew_after_the_bot_took_it_away_is_not_ours(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    saved = await backup.take(world.database, tmp_path)
    number = await world.active()
    await world.revoke(world.ada, number)
    await world.settle()
    world.clock.move(MINUTE)
    world.cloud.make_by_operation(world.ada.id, TARGET)
    again = await restored(world, saved)
    await goes_on(again, TOLD_WITHIN)
    assert again.holds()
    assert again.cloud.taken_from_others == []


async def test_where_it_cannot_be_proved_who_asked_nothing_is_taken_away_and_it_is_reported(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    saved = await backup.take(world.database, tmp_path)
    await world.active(minutes=60)
    again = await restored(world, saved)
    again.callers.down = DENIED
    await goes_on(again, TOLD_WITHIN)
    assert again.holds()
    for _ in range(2):
        again.clock.move(6 * MINUTE)
        await again.services.drift.sweep()
    assert [unknown.principal for unknown in await again.services.drift.found()] == [world.ada.id]


async def test_the_archived_trail_proves_it_as_well(world: World, tmp_path: Path, restored: Restore) -> None:
    saved = await backup.take(world.database, tmp_path)
    world.clock.move(11 * HOUR)  # an hour before midnight
    await world.active(minutes=240)
    await archive(world, 90 * MINUTE)
    again = await restored(world, saved)
    again.callers.down = DENIED
    await again.settle()
    assert not again.holds()


async def archive(world: World, until: timedelta) -> None:
    world.clock.move(until)
    await world.services.archiver.work()  # type: ignore[union-attr]
    await world.services.archiver.done()  # type: ignore[union-attr]
    assert world.archive.files


async def test_while_aws_is_away_the_look_waits_and_begins_where_it_would_have(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    saved = await backup.take(world.database, tmp_path)
    await world.active(minutes=240)
    again = await restored(world, saved)
    again.cloud.down = UpstreamBusy("AWS is away")
    for _ in range(5):
        with pytest.raises(UpstreamBusy):
            await again.services.health.recovery.work()
        again.clock.move(10 * MINUTE)
    again.cloud.down = None
    await again.services.health.recovery.work()
    await again.settle()
    assert not again.holds()


@POSTGRESQL_AT_NIGHT
async def test_a_process_that_begins_anew_on_a_whole_database_learns_nothing(world_on_both: World) -> None:
    world = world_on_both
    await world.active(minutes=240)
    number = await world.active(world.dan, minutes=30)
    for _ in range(3):
        await goes_on(world, 5 * MINUTE)
        world.start()
    await world.revoke(world.dan, number)
    await world.settle()
    world.start()
    await goes_on(world, TOLD_WITHIN)
    assert await standing(world) == []
    assert "assignment.learnt" not in await world.actions()


async def test_of_several_replicas_one_looks(world_on_both: World) -> None:
    world = world_on_both
    await world.services.health.recovery.work()
    before = world.cloud.calls["changes"]
    world.start()
    await world.services.health.recovery.work()
    assert world.cloud.calls["changes"] == before


async def test_what_still_goes_on_is_judged_when_it_is_over(world: World, tmp_path: Path, restored: Restore) -> None:
    saved = await backup.take(world.database, tmp_path)
    world.cloud.takes = 5 * MINUTE
    await world.approved(minutes=240)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    assert [kind for kind, _ in world.cloud.begun] == [OperationKind.CREATE]
    again = await restored(world, saved)
    await again.settle()
    assert not again.holds()
    await goes_on(again, TOLD_WITHIN)
    assert not again.holds()
    assert [kind for kind, _ in again.cloud.begun] == [OperationKind.CREATE, OperationKind.DELETE]


async def with_joining(world: World) -> World:
    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    return world


async def test_memberships_that_were_made_since_the_backup_go_on_or_are_taken_away(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    await with_joining(world)
    scheduled = await world.approved(world.dan, JOINING, minutes=60)
    saved = await backup.take(world.database, tmp_path)
    await goes_on(world, 2 * MINUTE)
    await world.settle()
    assert await world.status(scheduled) is Status.ACTIVE
    await world.active(world.ada, JOINING, minutes=240)
    world.cloud.make(world.grace.id, JOINING)
    again = await restored(world, saved)
    await again.settle()
    assert AlarmKind.WENT_BACK in await standing(again)
    assert await again.status(scheduled) is Status.ACTIVE
    assert not again.holds(world.ada, JOINING), "no request wants it any more"
    assert again.holds(world.grace, JOINING), "somebody else's"
    await again.pass_time(HOUR)
    await again.settle()
    assert not again.holds(world.dan, JOINING)
    assert again.cloud.taken_from_others == []


async def test_a_membership_that_somebody_made_in_place_of_ours_is_not_ours(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    await with_joining(world)
    saved = await backup.take(world.database, tmp_path)
    await world.active(world.ada, JOINING, minutes=240)
    world.cloud.remove(world.ada.id, JOINING)
    world.clock.move(MINUTE)
    world.cloud.make(world.ada.id, JOINING)
    again = await restored(world, saved)
    await goes_on(again, TOLD_WITHIN)
    assert again.holds(world.ada, JOINING)
    assert again.cloud.taken_from_others == []
