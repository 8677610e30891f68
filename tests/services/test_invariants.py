"""Invariants are checked in production too; one that fails is reported once, and once when it holds again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core.domain.alarm import ARCHIVED_WITHIN, PAST_END_AFTER, WAITING_AFTER, AlarmKind
from core.domain.audit import AuditEvent
from core.domain.commands import CancelRequest
from core.domain.errors import UpstreamBusy
from core.domain.notices import ADMINS, Form, Notice, Plain, Topic
from core.domain.policy_warnings import WarningKind
from core.services.integrity.invariants import CHECKED_EVERY, ROUND
from tests.contents import alarms_told
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, SECOND, TARGET
from tests.services.world import World

DAY = timedelta(days=1)


async def broken(world: World) -> set[AlarmKind]:
    return {wrong.kind for wrong in (await world.services.health.invariants.broken())[0]}


async def check(world: World) -> list[AlarmKind]:
    """The next check, and the alarms that stand after it."""
    world.clock.move(CHECKED_EVERY)
    await world.services.health.invariants.work()
    async with world.open_unit() as unit:
        return [alarm.kind for alarm in await unit.alarms.all()]


def alarms(world: World, to: str) -> list[tuple[str, str]]:
    return alarms_told(said.notice for said in world.messenger.said if said.to == to)


async def access_past_its_end(world: World) -> None:
    request_id = await world.active(minutes=30)
    world.cloud.down = UpstreamBusy("AWS is away")
    world.clock.move(30 * MINUTE)
    await world.services.schedule.end()
    assert (await world.request(request_id)).revoking_at is not None
    world.clock.move(PAST_END_AFTER + SECOND)


async def a_lease_of_the_dead(world: World) -> None:
    async with world.open_unit() as unit:
        await unit.sweeps.claim(world.clock.now(), MINUTE)
        await unit.commit()
    world.clock.move(MINUTE + WAITING_AFTER)


async def a_lease_of_another_time(world: World) -> None:
    async with world.open_unit() as unit:
        await unit.sweeps.claim(world.clock.now() + HOUR, MINUTE)
        await unit.commit()


async def a_message_that_waits(world: World) -> None:
    async with world.open_unit() as unit:
        await unit.outbox.put([Notice(Form.DIRECT, Plain(Topic.OLD_PICTURE), ADMINS)], world.clock.now())
        await unit.commit()
    world.clock.move(WAITING_AFTER + SECOND)


async def an_act_that_waits(world: World) -> None:
    async with world.open_unit() as unit:
        command = world.ending(CancelRequest, world.ada, 1001)
        held = await unit.inbox.put(command, world.clock.now())
        await unit.inbox.retry(held.id, world.clock.now() + HOUR, "away")
        await unit.commit()
    world.clock.move(WAITING_AFTER + SECOND)


async def a_form_that_nobody_judges(world: World) -> None:
    await world.services.form_options.look_ahead(world.ada.chat, TARGET)
    assert await world.services.commands.file(world.form(world.ada), MINUTE) is not None
    world.clock.move(WAITING_AFTER + SECOND)


async def an_assignment_that_nobody_looks_at(world: World) -> None:
    await world.active(minutes=60)
    await world.services.drift.look_again()
    world.clock.move(WAITING_AFTER + SECOND)


async def an_archive_that_does_not_follow(world: World) -> None:
    async with world.open_unit() as unit:
        await unit.audit.append(AuditEvent("request.approved", world.clock.now()))
        await unit.commit()
    world.clock.move(DAY + ARCHIVED_WITHIN + HOUR)


async def an_archive_of_later_days(world: World) -> None:
    key = "team/year=2026/month=03/day=01/audit-2026-03-01.jsonl.gz"
    world.archive.files[key] = (b"", {"first-seq": "1", "last-seq": "70", "last-hash": "ab"})


Break = Callable[[World], Awaitable[None]]
WAYS: dict[AlarmKind, list[Break]] = {
    AlarmKind.PAST_END: [access_past_its_end],
    AlarmKind.LEASES: [a_lease_of_the_dead, a_lease_of_another_time],
    AlarmKind.MESSAGES: [a_message_that_waits],
    AlarmKind.WORK: [an_act_that_waits, a_form_that_nobody_judges, an_assignment_that_nobody_looks_at],
    AlarmKind.ARCHIVE: [an_archive_that_does_not_follow],
    AlarmKind.ARCHIVE_AHEAD: [an_archive_of_later_days],
}
EVERY = [pytest.param(kind, way, id=way.__name__) for kind, ways in WAYS.items() for way in ways]


@pytest.mark.parametrize(("kind", "way"), EVERY)
async def test_each_way_to_break_an_invariant_is_found(world: World, kind: AlarmKind, way: Break) -> None:
    assert await broken(world) == set()
    await way(world)
    assert kind in await broken(world)


async def test_in_ordinary_days_all_of_them_hold_at_every_check(world: World) -> None:
    request_id = await world.active(minutes=60)
    for _ in range(50):
        assert await check(world) == []
        await world.settle()
    assert (await world.request(request_id)).is_over
    assert alarms(world, AUDIT_CHANNEL) == []


async def test_what_is_broken_is_told_once_and_once_more_when_it_holds_again(world_on_both: World) -> None:
    world = world_on_both
    await access_past_its_end(world)
    for _ in range(3):
        assert AlarmKind.PAST_END in await check(world)
    world.cloud.down = None
    await world.settle()
    assert await check(world) == []
    await check(world)
    await world.settle()
    past_end = [("access_past_its_end", "raised"), ("access_past_its_end", "cleared")]
    for reader in (AUDIT_CHANNEL, "UFRANK"):
        assert [told for told in alarms(world, reader) if told[0] == "access_past_its_end"] == past_end
    actions = [action for action in await world.actions() if action.startswith("alarm.")]
    assert actions.count("alarm.raised") == actions.count("alarm.cleared") > 0


async def test_of_several_replicas_one_checks_and_each_alarm_is_told_once(world_on_both: World) -> None:
    world = world_on_both
    await a_lease_of_the_dead(world)
    await world.services.health.invariants.work()
    world.start()
    await world.services.health.invariants.work()
    async with world.open_unit() as unit:
        assert await unit.shared_rounds.claim(ROUND, world.clock.now(), MINUTE) is None
    await world.settle()
    assert alarms(world, AUDIT_CHANNEL) == [("leases_past_their_limit", "raised")]


async def test_a_replica_that_dies_while_it_checks_keeps_it_from_the_others_for_its_lease_alone(world: World) -> None:
    async with world.open_unit() as unit:
        assert await unit.shared_rounds.claim(ROUND, world.clock.now(), CHECKED_EVERY) is not None
        await unit.commit()
    await a_message_that_waits(world)
    assert AlarmKind.MESSAGES in await check(world)


async def test_one_that_cannot_be_checked_keeps_no_other_from_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_message_that_waits(world)

    async def fault() -> None:
        raise RuntimeError("a fault")

    monkeypatch.setitem(world.services.health.invariants._questions, AlarmKind.PAST_END, fault)
    with pytest.raises(RuntimeError, match="a fault"):
        await check(world)
    async with world.open_unit() as unit:
        assert [alarm.kind for alarm in await unit.alarms.all()] == [AlarmKind.MESSAGES]


async def test_an_archive_that_is_away_hides_no_access_past_its_end_from_whoever_asks(world: World) -> None:
    await access_past_its_end(world)
    world.archive.down = UpstreamBusy("S3 is away")
    found, unknown = await world.services.health.invariants.broken()
    assert AlarmKind.PAST_END in {wrong.kind for wrong in found}
    assert [str(error) for error in unknown] == ["S3 is away"]


async def test_alarms_that_stand_are_first_among_the_warnings_of_admins(world: World) -> None:
    await a_lease_of_the_dead(world)
    await world.services.health.invariants.work()
    await world.services.administration.warnings.look()
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    first = report.warnings[0]
    assert (first.kind, first.alarm and first.alarm.kind) == (WarningKind.ALARM, AlarmKind.LEASES)
