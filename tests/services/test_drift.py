"""Holders of a target under management without a request are reported, and removed only where the settings say so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.drift import REMOVED_AFTER, Unknown, managed_targets
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.people import Group
from core.domain.settings import UnknownAssignments
from core.services.provisioning import drift
from core.services.provisioning.drift import AT_A_TIME, SWEEP_EVERY
from tests.services.company import AUDIT_CHANNEL, MANAGEMENT, MINUTE, READ, SECOND, TARGET
from tests.services.world import World


async def sweep(world: World) -> None:
    """One whole sweep, and what it leads to."""
    world.clock.move(SWEEP_EVERY)
    await world.services.drift.sweep()
    await world.settle()


async def tell(world: World) -> None:
    """One look proves nothing; the second is told."""
    await sweep(world)
    await sweep(world)


async def remove_unknown(world: World) -> None:
    book = world.book()
    settings = replace(book.settings, unknown_assignments=UnknownAssignments.REMOVE)
    await world.set_policies(replace(book, settings=settings))


async def test_what_somebody_was_given_by_hand_is_told_once_and_stays(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    for _ in range(5):
        await sweep(world)
    assert (world.ada.id, TARGET) in world.cloud.assigned
    assert world.messenger.topics("UFRANK") == ["drift"]
    assert world.messenger.topics(AUDIT_CHANNEL) == ["drift"]
    assert [unknown.principal for unknown in await world.services.drift.found()] == [world.ada.id]


async def test_where_the_setting_says_so_it_is_removed_after_admins_had_time_to_object(world: World) -> None:
    await remove_unknown(world)
    world.cloud.make(world.ada.id, TARGET)
    await tell(world)
    told_at = world.clock.now()
    while world.clock.now() - told_at < REMOVED_AFTER:
        assert (world.ada.id, TARGET) in world.cloud.assigned
        await sweep(world)
    assert (world.ada.id, TARGET) not in world.cloud.assigned
    assert not await world.services.drift.found()
    assert not (await world.assignment()).ours


async def test_the_time_to_object_begins_with_the_report_and_not_with_the_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To name what was found takes calls of its own."""
    directory, took = world.principals, timedelta(minutes=4)
    found = directory.groups

    async def slowly() -> Sequence[Group]:
        world.clock.move(took)
        return await found()

    await remove_unknown(world)
    world.cloud.make(world.ada.id, TARGET)
    await sweep(world)
    monkeypatch.setattr(directory, "groups", slowly)
    await sweep(world)
    monkeypatch.undo()
    (unknown,) = await world.services.drift.found()
    assert unknown.told_at == world.clock.now()


async def test_access_under_a_request_is_nobodys_drift_at_any_time(world: World) -> None:
    await remove_unknown(world)
    request_id = await world.active()
    for _ in range(3):
        await sweep(world)
        assert not await world.services.drift.found()
    assert (world.ada.id, TARGET) in world.cloud.assigned
    await world.revoke(world.ada, request_id)
    await sweep(world)
    assert "drift" not in world.messenger.topics("UFRANK")


async def test_what_is_under_no_policy_is_left_alone(world: World) -> None:
    await remove_unknown(world)
    unmanaged = Target(MANAGEMENT, READ)
    world.cloud.make(world.ada.id, unmanaged)
    for _ in range(4):
        await sweep(world)
    assert (world.ada.id, unmanaged) in world.cloud.assigned
    assert world.messenger.topics("UFRANK") == []


async def test_what_is_gone_by_itself_is_forgotten_and_told_anew_when_it_comes_back(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    await tell(world)
    world.cloud.remove(world.ada.id, TARGET)
    await sweep(world)
    assert not await world.services.drift.found()
    world.cloud.make(world.ada.id, TARGET)
    await tell(world)
    assert world.messenger.topics("UFRANK") == ["drift", "drift"]


async def test_one_look_that_shows_something_is_told_to_nobody(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    await sweep(world)
    world.cloud.remove(world.ada.id, TARGET)
    await sweep(world)
    assert world.messenger.topics("UFRANK") == []


async def test_a_target_that_aws_refuses_to_tell_of_holds_up_no_other(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    refused: list[str] = []

    async def refuse_the_first(call: str) -> None:
        if call == "users_assigned" and not refused:
            refused.append(call)
            raise UpstreamRefused("gone", code="ResourceNotFoundException")

    world.cloud.before = refuse_the_first
    for _ in range(3):
        await sweep(world)
    assert refused
    assert await world.services.drift.found()


async def test_ours_that_was_left_behind_is_taken_away_whatever_the_setting(world: World) -> None:
    """As after a restore of the database from before the end of a request."""
    world.cloud.make(world.ada.id, TARGET)
    async with world.database.open() as unit:
        await unit.assignments.adopt(world.ada.id, TARGET, world.clock.now())
        (held,) = await unit.assignments.claim_due(world.clock.now(), SECOND, 1)
        await unit.assignments.save(replace(held, next_try_at=None))
        await unit.commit()
    await sweep(world)
    assert (world.ada.id, TARGET) not in world.cloud.assigned


async def test_a_sweep_goes_on_where_aws_interrupted_it(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    world.cloud.down = UpstreamBusy("AWS is away")
    await sweep(world)
    assert not await world.services.drift.found()
    world.cloud.down = None
    world.clock.move(MINUTE)
    await world.services.drift.sweep()
    assert await world.services.drift.found()


async def test_a_sweep_goes_on_after_a_restart_and_no_replica_repeats_it(
    world_on_both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_on_both
    monkeypatch.setattr(drift, "AT_A_TIME", 1)
    monkeypatch.setattr(drift, "NEXT_PART_AFTER", 0 * SECOND)
    looked: list[Target] = []
    asking = world.cloud.users_assigned

    async def note(target: Target) -> frozenset[PrincipalId]:
        looked.append(target)
        return await asking(target)

    monkeypatch.setattr(world.cloud, "users_assigned", note)
    rules = await world.services.schedule._policy_context.rules()
    for _ in (managed := [*managed_targets(rules.book, rules.organization)]):
        world.start()
        await world.services.drift.sweep()
    await world.services.drift.sweep()  # the next one is not due yet
    assert looked == managed
    assert len(managed) > 1


async def test_what_was_seen_once_is_looked_at_again_and_told_before_a_long_sweep_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift, "AT_A_TIME", 0)
    world.cloud.make(world.ada.id, TARGET)
    async with world.database.open() as unit:
        await unit.unknowns.put(Unknown(world.ada.id, TARGET, world.clock.now()))
        await unit.commit()
    world.clock.move(SWEEP_EVERY - MINUTE)
    await world.services.drift.sweep()
    assert [unknown.confirmed_at for unknown in await world.services.drift.found()] == [None]
    for _ in range(2):
        world.clock.move(drift.TOLD_WITHIN)
        await world.services.drift.sweep()
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["drift"]


async def test_a_call_looks_at_a_few_targets_only(world: World) -> None:
    asked = 0

    async def count(call: str) -> None:
        nonlocal asked
        asked += call == "users_assigned"

    world.cloud.before = count
    await sweep(world)
    assert 0 < asked <= AT_A_TIME


async def test_several_replicas_look_at_no_more_targets_in_a_minute_than_one(
    world_on_both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_on_both
    monkeypatch.setattr(drift, "AT_A_TIME", 1)
    replicas = (world.services.drift, world._services().drift)
    for minute in (1, 2):
        for replica in replicas:
            await replica.sweep()
        assert world.cloud.calls["users_assigned"] == minute
        world.clock.move(MINUTE)


async def test_two_replicas_tell_of_it_once(world_on_both: World) -> None:
    world = world_on_both
    world.cloud.make(world.ada.id, TARGET)
    await sweep(world)
    world.start()
    await tell(world)
    assert world.messenger.topics("UFRANK") == ["drift"]
