"""The running bot proves its audit trail over and over, and a break is told once, in Slack."""

from datetime import timedelta

import pytest

from core.domain.audit import AuditEvent, ChainBreak
from core.domain.errors import UpstreamBusy
from core.domain.notice_content import TrailBroken
from core.domain.notices import Notice
from core.services.audit import trail_monitor
from core.services.audit.trail_monitor import WALK_AGAIN_AFTER
from tests.adapters.storage.samples import TRIGGERS, execute
from tests.contents import content_of
from tests.services.company import AUDIT_CHANNEL, HOUR, SECOND
from tests.services.trouble import Kind, Trouble
from tests.services.world import World

TAMPERED = {
    "changed": ("UPDATE audit_event SET body = '{}' WHERE seq = 3", ChainBreak(3, "was changed")),
    "removed": ("DELETE FROM audit_event WHERE seq = 3", ChainBreak(3, "is missing or out of order")),
    "put before": (
        "INSERT INTO audit_event (seq, prev_hash, hash, body) VALUES (-1, 'aa', 'bb', '{}')",
        ChainBreak(-1, "was inserted"),
    ),
    "refiled": (
        "UPDATE audit_event SET request_id = 1042 WHERE seq = 3",
        ChainBreak(3, "is not filed under the request that it is about"),
    ),
    "cut": (
        "DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)",
        ChainBreak(10, "is missing: the trail was anchored at it"),
    ),
    "anchored elsewhere": (
        "UPDATE audit_anchor SET hash = 'ff'",
        ChainBreak(10, "is not what the trail was anchored at"),
    ),
}


@pytest.fixture
async def trail(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Ten events, read three at a time, and nobody keeps them from being changed."""
    monkeypatch.setattr(trail_monitor, "STRETCH", 3)
    while len(await world.events()) < 10:
        async with world.open_unit() as unit:
            await unit.audit.append(AuditEvent("request.approved", world.clock.now()))
            await unit.commit()
    await execute(world.database, *(f"DROP TRIGGER {trigger}" for trigger in TRIGGERS))
    return world


async def looks(world: World, times: int = 1) -> list[bool]:
    """Some rounds, and everything sent that they leave to be said."""
    found = []
    for _ in range(times):
        found.append(await world.services.health.trail.look())
        world.clock.move(15 * SECOND)
    await world.services.dispatcher.deliver()
    await world.services.dispatcher.deliver()
    return found


def told(world: World, to: str) -> list[Notice]:
    return [said.notice for said in world.messenger.said if said.to == to and said.notice.topic.startswith("trail")]


@pytest.mark.parametrize("how", TAMPERED)
async def test_a_break_is_told_once_to_the_admins_and_the_audit_channel(trail: World, how: str) -> None:
    statement, expected = TAMPERED[how]
    await looks(trail, 3)
    await execute(trail.database, statement)
    trail.clock.move(WALK_AGAIN_AFTER)
    await looks(trail, 5)
    for to in (AUDIT_CHANNEL, "UFRANK"):
        assert [notice.content for notice in told(trail, to)] == [TrailBroken(expected.seq, expected.what)], to


async def test_a_break_that_could_not_be_told_is_told_as_soon_as_it_can_be(trail: World) -> None:
    statement, expected = TAMPERED["changed"]
    await execute(trail.database, statement)
    watch = trail.services.health.trail
    watch._open_unit = Trouble(1, Kind.FAIL).units(trail.open_unit)
    with pytest.raises(UpstreamBusy):
        await watch.look()
    await looks(trail, 2)
    assert [notice.content for notice in told(trail, "UFRANK")] == [TrailBroken(expected.seq, expected.what)]


async def test_a_trail_that_is_whole_is_not_spoken_of(trail: World) -> None:
    assert await looks(trail, 8) == [False] * 8
    trail.clock.move(WALK_AGAIN_AFTER)
    assert await looks(trail, 4) == [False] * 4
    assert told(trail, AUDIT_CHANNEL) == []


async def test_events_that_come_while_it_is_walked_are_walked_too(trail: World) -> None:
    for _ in range(20):
        await looks(trail)
        async with trail.open_unit() as unit:
            await unit.audit.append(AuditEvent("request.approved", trail.clock.now()))
            await unit.commit()
    assert told(trail, AUDIT_CHANNEL) == []


async def test_a_break_is_not_told_again_after_a_restart_nor_by_another_replica(trail: World) -> None:
    await execute(trail.database, TAMPERED["changed"][0])
    await looks(trail, 4)
    trail.start()
    assert await looks(trail, 4) == [True] * 4
    assert len(told(trail, AUDIT_CHANNEL)) == 1


async def test_what_happens_afterwards_does_not_make_a_break_unseen(trail: World) -> None:
    """The next event goes behind the anchor: the ends then look alike again, and the gap lies in between."""
    await execute(trail.database, TAMPERED["cut"][0])
    async with trail.open_unit() as unit:
        await unit.audit.append(AuditEvent("request.approved", trail.clock.now()))
        await unit.commit()
    await looks(trail, 4)
    (notice,) = told(trail, AUDIT_CHANNEL)
    assert content_of(notice, TrailBroken).seq == 10


async def test_a_second_break_is_told_too(trail: World) -> None:
    await execute(trail.database, TAMPERED["changed"][0])
    await looks(trail, 4)
    await execute(trail.database, "UPDATE audit_event SET body = '[]' WHERE seq = 2")
    trail.clock.move(WALK_AGAIN_AFTER)
    await looks(trail, 4)
    assert [content_of(notice, TrailBroken).seq for notice in told(trail, AUDIT_CHANNEL)] == [3, 2]


async def test_when_all_of_it_is_proved_again_that_is_told_and_a_later_break_is_news(trail: World) -> None:
    async with trail.open_unit() as unit:
        third = (await unit.audit.page(2, 1))[0]
    body = third.body.replace(":", r"\:")
    restore = f"UPDATE audit_event SET body = '{body}' WHERE seq = 3"  # noqa: S608 - a test's own
    for _ in range(2):
        await execute(trail.database, TAMPERED["changed"][0])
        trail.clock.move(HOUR)
        await looks(trail, 4)
        await execute(trail.database, restore)
        trail.clock.move(HOUR)
        await looks(trail, 4)
    topics = [notice.topic.value for notice in told(trail, "UFRANK")]
    assert topics == ["trail_broken", "trail_whole"] * 2
    assert await looks(trail) == [False]


async def test_a_walk_that_was_under_way_when_it_broke_does_not_call_it_whole(trail: World) -> None:
    """Another replica has seen the beginning before it was changed."""
    other = type(trail.services.health.trail)(trail.database.look, trail.open_unit, trail.clock)
    other_began = await other._stretch()
    assert other_began is None
    await execute(trail.database, TAMPERED["changed"][0])
    trail.clock.move(timedelta(seconds=1))
    await looks(trail, 4)
    assert await other.look()
    await trail.services.dispatcher.deliver()
    assert [notice.topic.value for notice in told(trail, AUDIT_CHANNEL)] == ["trail_broken"]


async def test_an_admin_reads_it_on_home_until_it_is_mended(trail: World) -> None:
    await execute(trail.database, TAMPERED["changed"][0])
    await looks(trail, 4)
    await trail.services.administration.warnings.look()
    _, report = await trail.services.administration.warnings.report(trail.frank.chat)
    assert report is not None
    assert ChainBreak(3, "was changed") in [warning.broken for warning in report.warnings]
