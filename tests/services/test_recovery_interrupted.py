"""Restores after more than one misfortune: a look that is broken off, a revocation that something came after."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.request import LeftBehind, Status
from core.services.integrity.recovery import NOTED_EVERY, TOLD_WITHIN
from tests.services import backup
from tests.services.backup import Restore
from tests.services.company import HOUR, MINUTE, TARGET
from tests.services.world import World


async def goes_on(world: World, length: timedelta) -> None:
    until = world.clock.now() + length
    while world.clock.now() < until:
        await world.services.health.recovery.work()
        await world.pass_time(NOTED_EVERY)


async def test_a_process_that_ends_while_aws_is_away_leaves_the_look_to_one_that_begins_an_hour_later(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    saved = await backup.take(world.database, tmp_path)
    await world.active(minutes=240)
    again = await restored(world, saved)
    again.clock.move(10 * MINUTE)
    again.cloud.down = UpstreamBusy("AWS is away")
    with pytest.raises(UpstreamBusy):
        await again.services.health.recovery.work()
    again.cloud.down = None
    again.clock.move(HOUR)
    again.start()
    await again.settle()
    assert not again.holds()


async def test_a_process_that_ends_before_aws_has_told_all_leaves_the_rest_to_one_that_begins_an_hour_later(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    saved = await backup.take(world.database, tmp_path)
    await world.active(minutes=240)
    again = await restored(world, saved)
    again.clock.move(5 * MINUTE)
    again.callers.late = 10 * MINUTE
    await again.services.health.recovery.work()
    assert again.holds()
    again.clock.move(HOUR)
    again.start()
    await goes_on(again, TOLD_WITHIN)
    assert not again.holds()


async def test_a_process_that_goes_on_over_a_restore_looks_before_it_notes_that_it_runs(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    await goes_on(world, TOLD_WITHIN + 2 * MINUTE)
    saved = await backup.take(world.database, tmp_path)
    world.clock.move(HOUR)
    recovery = world.services.health.recovery
    await recovery.work()
    await world.active(minutes=240)
    again = await restored(world, saved)
    again.clock.move(10 * MINUTE)
    recovery._open_unit, recovery._clock = again.open_unit, again.clock
    await recovery.work()
    await again.settle()
    assert not again.holds()


async def test_a_revocation_that_was_lost_holds_though_the_same_was_granted_anew_since(
    world_on_both: World, tmp_path: Path, restored: Restore
) -> None:
    world = world_on_both
    revoked = await world.active(minutes=240)
    saved = await backup.take(world.database, tmp_path)
    await world.revoke(world.ada, revoked)
    await world.settle()
    world.clock.move(10 * MINUTE)
    await world.active(minutes=30)
    again = await restored(world, saved)
    await goes_on(again, TOLD_WITHIN)
    assert await again.status(revoked) is Status.ENDED
    assert not again.holds()


async def test_what_somebody_made_in_place_of_what_was_revoked_outlives_the_request_that_comes_back(
    world: World, tmp_path: Path, restored: Restore
) -> None:
    revoked = await world.active(minutes=60)
    saved = await backup.take(world.database, tmp_path)
    await world.revoke(world.ada, revoked)
    await world.settle()
    world.clock.move(10 * MINUTE)
    world.cloud.make_by_operation(world.ada.id, TARGET)
    again = await restored(world, saved)
    await goes_on(again, TOLD_WITHIN)
    assert (await again.request(revoked)).left_behind is LeftBehind.FOREIGN
    await again.pass_time(HOUR)
    assert again.holds()
    assert again.cloud.taken_from_others == []
