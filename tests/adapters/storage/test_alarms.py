"""Alarms stand once of each kind, and rounds that replicas share are made by one of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.adapters.storage.engine import Database
from core.domain.alarm import Alarm, WaitingWork, WorkWaiting
from core.domain.errors import Conflict
from tests.adapters.storage.samples import MINUTE, NOW, all_at_once, commit, execute

ALARM = Alarm(WorkWaiting(WaitingWork.COMMANDS, NOW), NOW)


async def test_one_that_stands_is_not_raised_again_and_says_what_was_found_last(database: Database) -> None:
    assert await commit(database, lambda unit: unit.alarms.put(ALARM))
    newer = Alarm(WorkWaiting(WaitingWork.ASSIGNMENTS, NOW), NOW + MINUTE)
    assert not await commit(database, lambda unit: unit.alarms.put(newer))
    (found,) = await commit(database, lambda unit: unit.alarms.all())
    assert found == replace(newer, raised_at=NOW)


async def test_of_many_who_raise_or_clear_it_one_does(database: Database) -> None:
    raised = await all_at_once([commit(database, lambda unit: unit.alarms.put(ALARM)) for _ in range(8)])
    assert sorted(map(str, raised)) == ["False"] * 7 + ["True"]
    cleared = await all_at_once([commit(database, lambda unit: unit.alarms.remove(ALARM.kind)) for _ in range(8)])
    assert [found for found in cleared if found is not None] == [ALARM]


async def test_an_alarm_of_another_release_is_left_alone(database: Database) -> None:
    await execute(database, f"INSERT INTO alarm VALUES ('of_tomorrow', '{NOW:%Y-%m-%d %H:%M:%S}', '{{}}')")  # noqa: S608 - a test's own
    assert await commit(database, lambda unit: unit.alarms.all()) == ()


async def test_a_round_is_made_by_one_and_goes_on_where_it_was_left(database: Database) -> None:
    first = await commit(database, lambda unit: unit.shared_rounds.claim("all", NOW, MINUTE))
    assert first is not None
    assert first.place == {}
    assert await commit(database, lambda unit: unit.shared_rounds.claim("all", NOW, MINUTE)) is None
    assert await commit(database, lambda unit: unit.shared_rounds.claim("another", NOW, MINUTE)) is not None
    moved = replace(first, place={"after": "here"})
    await commit(database, lambda unit: unit.shared_rounds.hold(moved, NOW + 2 * MINUTE))
    assert await commit(database, lambda unit: unit.shared_rounds.claim("all", NOW + MINUTE, MINUTE)) is None
    await commit(database, lambda unit: unit.shared_rounds.release(moved, NOW + timedelta(hours=1)))
    assert await commit(database, lambda unit: unit.shared_rounds.claim("all", NOW + 3 * MINUTE, MINUTE)) is None
    later = await commit(database, lambda unit: unit.shared_rounds.claim("all", NOW + timedelta(hours=1), MINUTE))
    assert later is not None
    assert later.place == {"after": "here"}


async def test_whoever_was_overtaken_writes_no_more(database: Database) -> None:
    slow = await commit(database, lambda unit: unit.shared_rounds.claim("all", NOW, MINUTE))
    assert slow is not None
    assert await commit(database, lambda unit: unit.shared_rounds.claim("all", NOW + MINUTE, MINUTE)) is not None
    for write in (
        lambda unit: unit.shared_rounds.hold(slow, NOW),
        lambda unit: unit.shared_rounds.release(slow, NOW),
    ):
        with pytest.raises(Conflict):
            await commit(database, write)
