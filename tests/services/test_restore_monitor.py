"""A database that went back is noticed, and its audit trail never goes on as if nothing had happened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alarm import AlarmKind
from core.domain.audit import AuditEvent
from core.domain.branches import REJOINED, Branches
from core.domain.errors import UpstreamBusy
from core.domain.request import Actor
from core.services.audit.archive_files import ArchiveFiles
from core.services.integrity.archive_rejoin import rejoin
from tests.contents import alarms_told
from tests.services import backup
from tests.services.backup import Restore
from tests.services.company import AUDIT_CHANNEL, HOUR
from tests.services.trouble import Kind, Trouble
from tests.services.world import World

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
"""The world begins at noon of the second."""
OPERATOR = Actor("operator root")


async def happen(world: World, count: int = 3) -> None:
    async with world.open_unit() as unit:
        for number in range(count):
            await unit.audit.append(AuditEvent("request.approved", world.clock.now(), facts={"n": number}))
        await unit.commit()


async def archive_until(world: World, until: datetime) -> None:
    while world.clock.now() < until:
        world.clock.move(2 * HOUR)
        await world.services.archiver.work()  # type: ignore[union-attr]
        await world.services.archiver.done()  # type: ignore[union-attr]


async def alarms(world: World) -> list[AlarmKind]:
    async with world.open_unit() as unit:
        return [alarm.kind for alarm in await unit.alarms.all()]


def told(world: World) -> list[tuple[str, str]]:
    return alarms_told(said.notice for said in world.messenger.said if said.to == AUDIT_CHANNEL)


def days(world: World) -> list[str]:
    return sorted(key.rpartition("/")[2].partition(".")[0] for key in world.archive.files)


async def branches(world: World) -> tuple[int, int, int]:
    """The numbers of archived days that are of the trail, were cut off by a restore, and are explained by nothing."""
    found = Branches([file async for file in ArchiveFiles(world.database.look, world.archive, "team/").all()])
    async with world.database.look() as unit:
        async for event in unit.audit.chain():
            found.step(event)
    seen = found.compare()
    return seen.agreeing, len(seen.cut_off), len(seen.unexplained)


async def test_a_trail_that_is_older_than_its_archive_is_told_and_goes_on_when_an_operator_says_so(
    world_on_both: World, tmp_path: Path, restored: Restore
) -> None:
    world = world_on_both
    await happen(world)
    await archive_until(world, MIDNIGHT + HOUR)
    saved = await backup.take(world.database, tmp_path)
    for day in (1, 2):
        await happen(world)
        await archive_until(world, MIDNIGHT + day * DAY + HOUR)
    lost = days(world)
    assert len(lost) == 3
    again = await restored(world, saved)
    await again.services.health.invariants.work()
    assert await alarms(again) == [AlarmKind.ARCHIVE_AHEAD]
    await happen(again)
    await archive_until(again, MIDNIGHT + 5 * DAY)
    assert days(again) == lost, "nothing is archived beside what was lost"
    assert await branches(again) == (1, 0, 2)
    ahead = await ArchiveFiles(again.database.look, again.archive, "team/").ahead()
    assert ahead is not None
    await rejoin(again.open_unit, again.clock, ahead, OPERATOR, "restored the backup")
    assert await alarms(again) == []
    await archive_until(again, MIDNIGHT + 7 * DAY)
    assert days(again)[:3] == lost
    assert len(days(again)) > 3
    assert await branches(again) == (len(days(again)) - 2, 2, 0)
    (event,) = [event for event in await again.events() if event["action"] == REJOINED]
    assert (event["actor"]["name"], event["facts"]["reason"]) == ("operator root", "restored the backup")
    await again.settle()
    assert [alarm for alarm in told(again) if alarm[0] == "audit_archive_ahead"] == [
        ("audit_archive_ahead", "raised"),
        ("audit_archive_ahead", "cleared"),
    ]


async def test_a_trail_that_was_written_anew_is_explained_by_nothing(world: World) -> None:
    await happen(world)
    await archive_until(world, MIDNIGHT + HOUR)
    for key, (content, facts) in world.archive.files.items():
        world.archive.files[key] = (content, {**facts, "last-hash": "of another history"})
    assert await branches(world) == (0, 0, 1)


async def test_without_a_restore_the_archive_is_never_ahead(world: World) -> None:
    for day in (0, 1, 3):
        await happen(world)
        await archive_until(world, MIDNIGHT + day * DAY + HOUR)
        await world.services.health.invariants.work()
        assert await alarms(world) == []
    async with world.open_unit() as unit:  # a file that was written by a process that died before it was noted
        await unit.archive.skip_to((MIDNIGHT + DAY).date(), world.clock.now())
        await unit.commit()
    await world.services.health.invariants.work()
    assert await alarms(world) == []


async def test_while_the_bucket_is_away_nothing_is_concluded(world: World) -> None:
    world.archive.down = UpstreamBusy("S3 is away")
    await world.services.health.invariants.work()
    assert await alarms(world) == []


async def test_a_process_notices_that_commits_are_gone_that_it_has_seen(
    world_on_both: World, tmp_path: Path, restored: Restore
) -> None:
    """As after a failover to a standby that lacked the last of them."""
    world = world_on_both
    await world.asked()
    saved = await backup.take(world.database, tmp_path)
    await world.services.health.restores.look()
    assert await alarms(world) == []
    await world.asked(minutes=30)
    watch = world.services.health.restores
    await watch.look()
    again = await restored(world, saved)
    watch._look, watch._alarms._open_unit = again.database.look, Trouble(1, Kind.FAIL).units(again.open_unit)
    with pytest.raises(UpstreamBusy):  # the database has just come back, and is busy
        await watch.look()
    await watch.look()
    await watch.look()
    assert await alarms(again) == [AlarmKind.WENT_BACK]
    await again.settle()
    assert told(again) == [("database_went_back", "raised")]
