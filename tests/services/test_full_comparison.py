"""AWS against the book on demand: each way to disagree is found, one that was stopped goes on, repairs are safe."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.alarm import Alarm, AlarmKind, DatabaseWentBack
from core.domain.errors import Conflict, NotFound, UpstreamBusy
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.reconciliation import Discord
from core.domain.request import Actor, Status
from core.domain.settings import UnknownAssignments
from core.services.integrity.full_comparison import ComparisonReport, FullComparison
from core.services.notifications.alarms import raise_
from core.services.provisioning.drift import SWEEP_EVERY
from core.services.provisioning.manual_close import close_as
from core.services.provisioning.unknown_assignments import UnknownAssignmentDecisions
from core.services.runtime.lease_renewal import LEASE
from tests.databases import POSTGRESQL_AT_NIGHT
from tests.services import backup
from tests.services.company import HOUR, MINUTE, READ, SECOND, TARGET
from tests.services.world import World

OPERATOR = Actor("operator root")
OTHER = Target(TARGET.account, READ)


def service(world: World) -> FullComparison:
    policy_context = world.services.schedule._policy_context
    return FullComparison(world.open_unit, policy_context, world.cloud, world.services.health.recovery, world.clock)


def settling(world: World) -> UnknownAssignmentDecisions:
    return UnknownAssignmentDecisions(world.open_unit, world.cloud, world.clock)


async def run(world: World, *, repair: bool = False) -> ComparisonReport:
    since = world.clock.now() - 24 * HOUR
    return await service(world).run(since, lambda _done, _whole: None, by=OPERATOR if repair else None)


def told(report: ComparisonReport) -> list[tuple[Discord, PrincipalId, Target]]:
    return [(each.discord, each.principal, each.target) for each in report.findings]


@POSTGRESQL_AT_NIGHT
async def test_where_they_agree_nothing_is_found(world_on_both: World) -> None:
    world = world_on_both
    await world.active()
    report = await run(world)
    assert (report.findings, report.unseen) == ((), 0)
    assert report.targets > 1


async def test_every_way_to_disagree_is_found_and_nothing_is_changed(world_on_both: World, tmp_path: Path) -> None:
    world = world_on_both
    lost = await world.active(minutes=240)
    ended = await world.active(world.dan, minutes=240)
    saved = await backup.take(world.database, tmp_path)
    await world.revoke(world.dan, ended)
    await world.active(world.dan, OTHER, minutes=240)
    world = await backup.restore(world, saved)
    world.clock.move(6 * MINUTE)
    world.cloud.remove(world.ada.id, TARGET)
    world.cloud.make(world.ada.id, OTHER)
    report = await run(world)
    assert sorted(told(report)) == sorted(
        [
            (Discord.UNKNOWN, world.ada.id, OTHER),
            (Discord.FORGOTTEN, world.dan.id, OTHER),
            (Discord.MISSING, world.ada.id, TARGET),
            (Discord.ENDED, world.dan.id, TARGET),
        ]
    )
    assert [each.request_id for each in report.findings if each.discord is Discord.MISSING] == [lost]
    assert await world.status(ended) is Status.ACTIVE
    assert world.holds(world.dan, OTHER)
    await run(world, repair=True)
    await world.settle()
    assert await world.status(ended) is Status.ENDED
    assert not world.holds(world.dan, OTHER)
    assert world.holds(world.ada, OTHER), "nobody here made it: it stays"
    assert world.cloud.taken_from_others == []
    await world.background.drained()
    await world.database.close()


async def test_what_is_ours_and_left_behind_is_taken_away_by_a_repair(world: World) -> None:
    world.cloud.give(world.ada.id, TARGET)
    async with world.open_unit() as unit:
        await unit.assignments.adopt(world.ada.id, TARGET, world.clock.now())
        (held,) = await unit.assignments.claim_due(world.clock.now(), SECOND, 1)
        await unit.assignments.save(replace(held, next_try_at=None))
        await unit.commit()
    assert told(await run(world)) == [(Discord.LEFT, world.ada.id, TARGET)]
    await run(world, repair=True)
    await world.settle()
    assert not world.holds()


async def test_one_that_was_stopped_goes_on_and_forgets_nothing_that_it_found(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    looked: list[Target] = []
    asking = world.cloud.users_assigned

    async def stopped(target: Target) -> frozenset[PrincipalId]:
        if len(looked) == 2:
            raise UpstreamBusy("AWS is away")
        looked.append(target)
        return await asking(target)

    world.cloud.users_assigned = stopped  # type: ignore[method-assign]
    with pytest.raises(UpstreamBusy):
        await run(world)
    first, whole = list(looked), []

    async def noting(target: Target) -> frozenset[PrincipalId]:
        looked.append(target)
        return await asking(target)

    world.cloud.users_assigned = noting  # type: ignore[method-assign]
    report = await service(world).run(world.clock.now(), lambda done, of: whole.append((done, of)))
    assert whole[0] == (2, report.targets)
    assert len(looked) == len(set(looked)) == report.targets
    assert looked[:2] == first
    assert told(report) == [(Discord.UNKNOWN, world.ada.id, TARGET)]


async def test_two_at_once_are_refused_and_one_that_was_killed_is_gone_on_with(world_on_both: World) -> None:
    world = world_on_both
    async with world.open_unit() as unit:
        assert await unit.shared_rounds.claim("reconcile", world.clock.now(), LEASE) is not None
        await unit.commit()
    with pytest.raises(Conflict):
        await run(world)
    world.clock.move(LEASE + SECOND)
    assert (await run(world)).findings == ()


async def test_a_repair_clears_the_alarm_that_asked_for_it(world: World) -> None:
    async with world.open_unit() as unit:
        await raise_(unit, DatabaseWentBack("x"), world.clock)
        await unit.commit()
    await run(world)
    assert [alarm.kind for alarm in await standing(world)] == [AlarmKind.WENT_BACK]
    await run(world, repair=True)
    assert not await standing(world)


async def standing(world: World) -> Sequence[Alarm]:
    async with world.open_unit() as unit:
        return await unit.alarms.all()


async def sweep(world: World) -> None:
    for _ in range(2):
        world.clock.move(SWEEP_EVERY)
        await world.services.drift.sweep()
        await world.settle()


async def test_what_is_adopted_ends_at_the_stated_time(world_on_both: World) -> None:
    world = world_on_both
    world.cloud.make(world.ada.id, TARGET)
    await sweep(world)
    names = (await world.services.organizations.current()).names_of(TARGET)
    assert names is not None
    adopted = await settling(world).adopt(world.ada.principal, TARGET, names, 2 * HOUR, OPERATOR, "ticket 4711")
    assert await world.services.drift.found() == []
    await world.settle()
    request = await world.request(adopted.id)
    assert (request.status, request.decided_by, request.justification) == (
        Status.ACTIVE,
        "operator root",
        "ticket 4711",
    )
    assert world.cloud.begun == [], "it is there: nothing is asked of AWS"
    await world.pass_time(2 * HOUR + 5 * MINUTE)
    assert await world.status(adopted.id) is Status.ENDED
    assert not world.holds()
    assert "drift.adopted" in await world.actions(adopted.id)


async def test_what_is_adopted_after_a_deletion_of_ours_and_then_taken_by_hand_is_not_made_again(world: World) -> None:
    """Rule 19."""
    await world.revoke(world.ada, await world.active())
    await world.pass_time(HOUR)
    world.cloud.make(world.ada.id, TARGET)
    await sweep(world)
    names = (await world.services.organizations.current()).names_of(TARGET)
    assert names is not None
    await settling(world).adopt(world.ada.principal, TARGET, names, 8 * HOUR, OPERATOR, "ticket 4711")
    await world.pass_time(HOUR)
    begun = len(world.cloud.begun)
    world.cloud.remove(world.ada.id, TARGET)
    await world.pass_time(HOUR)
    assert len(world.cloud.begun) == begun
    assert "drift.found" in await world.actions()


@POSTGRESQL_AT_NIGHT
async def test_what_is_ignored_is_reported_no_more_and_never_removed_by_the_setting(world_on_both: World) -> None:
    world = world_on_both
    book = world.book()
    settings = replace(book.settings, unknown_assignments=UnknownAssignments.REMOVE)
    await world.set_policies(replace(book, settings=settings))
    world.cloud.make(world.ada.id, TARGET)
    await settling(world).ignore(world.ada.principal, TARGET, OPERATOR, "break glass")
    for _ in range(6):
        await sweep(world)
    assert world.holds()
    assert await world.services.drift.found() == []
    assert "drift" not in world.messenger.topics("UFRANK")
    assert told(await run(world)) == []
    world.cloud.remove(world.ada.id, TARGET)
    await sweep(world)
    world.cloud.make(world.ada.id, TARGET)
    assert told(await run(world)) == [(Discord.UNKNOWN, world.ada.id, TARGET)], "another one is not the ignored one"


async def test_what_is_removed_goes_the_ordinary_way_and_says_who_had_it_removed(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    await settling(world).remove(world.ada.principal, TARGET, OPERATOR, "nobody needs it")
    await world.settle()
    assert not world.holds()
    (event,) = [event for event in await world.events() if event["action"] == "drift.removed"]
    assert (event["actor"]["name"], event["facts"]["reason"]) == ("operator root", "nobody needs it")


async def test_what_is_the_bots_own_or_not_there_is_refused(world: World) -> None:
    await world.active()
    with pytest.raises(Conflict):
        await settling(world).remove(world.ada.principal, TARGET, OPERATOR, "x")
    with pytest.raises(NotFound):
        await settling(world).ignore(world.ada.principal, OTHER, OPERATOR, "x")


async def test_what_is_removed_is_not_taken_for_gone_by_a_look_from_before_it_was_made(world: World) -> None:
    """Rule 20: access was lost long ago, somebody makes it anew, and the next look is at a list that is behind."""
    number = await world.active(minutes=30)
    world.cloud.remove(world.ada.id, TARGET)
    for _ in range(2):
        await world.services.drift.look_again()
        await world.pass_time(6 * MINUTE)
    assert not (await world.assignment()).ours
    world.cloud.down = UpstreamBusy("AWS is away")
    await world.pass_time(20 * MINUTE)
    await close_as(world.open_unit, world.clock, number, OPERATOR, "nobody can end it")
    world.cloud.down = None
    world.cloud.make(world.ada.id, TARGET)
    await settling(world).remove(world.ada.principal, TARGET, OPERATOR, "nobody needs it")
    world.cloud.lists_behind = 3 * SECOND
    await world.settle()
    assert not world.holds()
