"""Events go out in order, at least once, from one replica at a time, and no destination waits for another."""

import asyncio
import gzip
import json
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from core.domain.alarm import EVENTS_WITHIN, AlarmKind
from core.domain.audit import AuditEvent
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.outgoing_events import Destination, EventKind
from core.ports import UnitOfWork
from core.services.audit.delivery_progress import delivery_states, round_of
from core.services.audit.trail_follower import LONGEST_PAUSE, PAGE, TrailFollower
from core.services.integrity.invariants import CHECKED_EVERY
from core.services.runtime.lease_renewal import LEASE
from tests.contents import alarms_told
from tests.fakes.receiver import FakeReceiver
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, SECOND
from tests.services.world import World

WEBHOOK, BUS = Destination.WEBHOOK, Destination.EVENTBRIDGE
LIFE = ("submitted", "approved", "started", "granted", "ending_soon_told", "end_reached", "ended")
AWAY = UpstreamBusy("it answers HTTP 500", side=Side.RECEIVER)


async def follow(world: World, *to: Destination) -> list[FakeReceiver]:
    """Begin with these destinations; what happens from now on is theirs."""
    world.receivers = {each: FakeReceiver() for each in to}
    world.start()
    await deliver(world)
    return list(world.receivers.values())


def follower_of(world: World) -> TrailFollower:
    assert world.services.follower is not None
    return world.services.follower


async def deliver(world: World, rounds: int = 1, *, apart: timedelta = SECOND) -> None:
    for _ in range(rounds):
        world.clock.move(apart)
        await follower_of(world).work()
        await follower_of(world).done()


async def happen(world: World, *actions: str) -> None:
    async with world.open_unit() as unit:
        for action in actions:
            await unit.audit.append(AuditEvent(action, world.clock.now()))
        await unit.commit()


async def test_events_do_not_wait_for_the_time_that_a_clock_showed_before_it_was_set_back(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    world.clock.move(HOUR)
    hook.fails.append(AWAY)
    await happen(world, "request.first")
    await deliver(world)
    world.clock.move(-HOUR)
    await world.database.draw_near(world.clock.now())
    await deliver(world, 2)
    assert hook.actions == ["request.first"]


async def test_a_new_destination_gets_what_happens_from_now_on_in_order_and_once(world_on_both: World) -> None:
    world = world_on_both
    await happen(world, "request.refused")
    (hook,) = await follow(world, WEBHOOK)
    await happen(world, *(f"request.number_{number}" for number in range(5)))
    await deliver(world, 3)
    assert hook.actions == [f"request.number_{number}" for number in range(5)]
    assert [event.sequence for event in hook.taken] == sorted({event.sequence for event in hook.taken})
    world.start()
    await happen(world, "request.after_a_restart")
    await deliver(world)
    assert hook.actions[5:] == ["request.after_a_restart"]


async def test_a_request_from_its_first_word_to_its_end_goes_out_as_the_trail_has_it(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    await world.active(minutes=30)
    await world.pass_time(HOUR)
    await deliver(world, 3)
    told = [action for action in hook.actions if action.startswith("request.")]
    assert told == [f"request.{what}" for what in LIFE]
    about = {json.loads(event.body)["data"]["request_id"] for event in hook.taken if event.action in told}
    assert about == {"R-1001"}


async def test_a_dead_receiver_holds_up_neither_another_nor_the_trail_and_gets_everything_later(world: World) -> None:
    dead, well = await follow(world, WEBHOOK, BUS)
    dead.down = AWAY
    for number in range(5):
        await happen(world, f"request.number_{number}")
        await deliver(world)
    assert (len(dead.taken), len(well.taken)) == (0, 5)
    dead.down = None
    await deliver(world, 2, apart=LONGEST_PAUSE)
    assert dead.actions == well.actions


async def test_a_receiver_that_never_answers_holds_up_no_other(world: World) -> None:
    silent, well = await follow(world, WEBHOOK, BUS)
    silent.silent = asyncio.Event()
    await happen(world, "request.refused")
    world.clock.move(SECOND)
    await follower_of(world).work()
    await follower_of(world)._working["eventbridge"]
    assert well.actions == ["request.refused"]
    silent.silent.set()
    await follower_of(world).done()
    assert silent.actions == well.actions


async def test_no_event_overtakes_one_that_is_refused(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    hook.fails.extend([UpstreamRefused("HTTP 400", code="400", side=Side.RECEIVER)] * 3)
    await happen(world, "request.one", "request.two")
    await deliver(world, 3)
    assert hook.taken == []
    await deliver(world, 3, apart=MINUTE)
    assert hook.actions == ["request.one", "request.two"]


async def test_tries_come_ever_more_seldom_or_when_the_receiver_asks_for_them(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    hook.fails.append(UpstreamBusy("HTTP 429", retry_after=20 * MINUTE, side=Side.RECEIVER))
    await happen(world, "request.one")
    await deliver(world, 10, apart=MINUTE)
    assert hook.taken == []
    await deliver(world, 11, apart=MINUTE)
    assert hook.actions == ["request.one"]


async def test_settings_choose_by_kind(world: World) -> None:
    hook, bus = await follow(world, WEBHOOK, BUS)
    book = world.book(webhook_events=frozenset({EventKind.ACCESS}), eventbridge_events=frozenset())
    await world.set_policies(book)
    await happen(world, "request.granted", "request.approved", "drift.found", "policies.changed")
    await deliver(world, 2)
    assert hook.actions == ["request.granted", "drift.found"]
    assert bus.taken == []


async def test_a_kind_that_is_chosen_no_more_is_passed_over_by_a_receiver_that_refuses_it(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    hook.fails.append(UpstreamRefused("HTTP 400", code="400", side=Side.RECEIVER))
    await happen(world, "alarm.raised", "request.granted")
    await deliver(world)
    await world.set_policies(world.book(webhook_events=frozenset({EventKind.ACCESS})))
    await deliver(world, 2, apart=MINUTE)
    assert hook.actions == ["request.granted"]


async def test_what_happens_after_a_first_turn_that_came_to_nothing_is_not_lost(
    world_on_both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, look, looks = world_on_both, world_on_both.database.look, count(1)

    def breaking() -> AbstractAsyncContextManager[UnitOfWork]:
        if next(looks) == 2:  # behind it is; then, with the turn claimed, nothing more can be read
            raise UpstreamBusy("the database is away", side=Side.STORAGE)
        return look()

    monkeypatch.setattr(world.database, "look", breaking)
    (hook,) = await follow(world, WEBHOOK)
    await happen(world, "request.one")
    await deliver(world, 2, apart=LEASE)
    assert hook.actions == ["request.one"]


async def test_of_two_replicas_one_sends_and_the_other_goes_on_where_a_dead_one_stopped(world_on_both: World) -> None:
    world = world_on_both
    (hook,) = await follow(world, WEBHOOK)
    async with world.open_unit() as unit:
        dead = await unit.shared_rounds.claim(round_of("webhook"), world.clock.now() + SECOND, LEASE)
        await unit.commit()
    assert dead is not None
    await happen(world, "request.one")
    await deliver(world, 3)
    assert hook.taken == []
    await deliver(world, 2, apart=LEASE)
    assert hook.actions == ["request.one"]


async def test_a_replica_that_was_suspended_sends_nothing_more(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    await happen(world, "request.one")
    world.clock.move(SECOND)
    following = follower_of(world)
    turn = await following._claim(following._deliveries[0])
    assert turn is not None
    world.clock.move(LEASE)
    other = TrailFollower(world.database.look, world.open_unit, following._deliveries, world.clock, world.background)
    await other.work()
    await other.done()
    following._claim = lambda _: asyncio.sleep(0, turn)  # type: ignore[assignment,method-assign]
    await following.work()
    await following.done()
    assert hook.actions == ["request.one"]


async def test_events_go_out_with_a_clock_that_never_stands_still(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    await happen(world, "request.one")
    world.clock.move(SECOND)
    look, real = world.clock.now, follower_of(world)

    class MovingClock:
        def now(self) -> datetime:
            world.clock.move(timedelta(microseconds=1))
            return look()

    fresh = TrailFollower(world.database.look, world.open_unit, real._deliveries, MovingClock(), world.background)
    await fresh.work()
    await fresh.done()
    assert hook.actions == ["request.one"]


async def test_what_was_sent_and_not_noted_is_sent_again_under_the_same_id(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    await happen(world, "request.one", "request.two")
    async with world.open_unit() as unit:
        claimed = await unit.shared_rounds.claim(round_of("webhook"), world.clock.now() + SECOND, LEASE)
        assert claimed is not None
        await unit.commit()
    await deliver(world, 1, apart=2 * LEASE)
    async with world.open_unit() as unit:
        again = await unit.shared_rounds.claim(round_of("webhook"), world.clock.now() + MINUTE, LEASE)
        assert again is not None
        await unit.shared_rounds.release(replace(again, place=claimed.place), world.clock.now())
        await unit.commit()
    await deliver(world, 2, apart=MINUTE)
    assert hook.actions == ["request.one", "request.two"] * 2
    assert len({event.id for event in hook.taken}) == 2


async def test_a_trail_that_was_cut_hides_no_later_event(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    async with world.open_unit() as unit:
        claimed = await unit.shared_rounds.claim(round_of("webhook"), world.clock.now() + SECOND, LEASE)
        assert claimed is not None
        ahead = {**claimed.place, "seq": 10_000}
        await unit.shared_rounds.release(replace(claimed, place=ahead), world.clock.now())
        await unit.commit()
    await deliver(world, 2)
    await happen(world, "request.one")
    await deliver(world, 2)
    assert hook.actions == ["request.one"]


async def test_a_fault_of_the_program_is_tried_again_like_any_other(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    hook.fails.append(KeyError("a fault"))
    await happen(world, "request.one")
    await deliver(world, 2, apart=MINUTE)
    assert hook.actions == ["request.one"]


async def test_a_long_backlog_is_sent_in_turns(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    await happen(world, *["request.one"] * (PAGE + 3))
    await deliver(world)
    assert len(hook.taken) == PAGE
    await deliver(world)
    assert len(hook.taken) == PAGE + 3


async def test_a_destination_that_is_stuck_is_an_alarm_which_clears_when_it_takes_events_again(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    hook.down = AWAY
    await happen(world, "request.one")
    await deliver(world, 4, apart=EVENTS_WITHIN / 4 + MINUTE)
    (state,) = await delivery_states(world.database.look, ["webhook"])
    assert state.progress is not None
    assert (state.waiting, state.progress.error) == (1, "it answers HTTP 500")
    assert await look(world) == [AlarmKind.EVENTS]
    await world.settle()
    told = alarms_told(said.notice for said in world.messenger.said if said.to == AUDIT_CHANNEL)
    assert told == [("events_waiting", "raised")]
    hook.down = None
    await deliver(world, 2, apart=LONGEST_PAUSE)
    assert await look(world) == []
    assert hook.actions[0] == "request.one"


async def look(world: World) -> list[AlarmKind]:
    world.clock.move(CHECKED_EVERY)
    await world.services.health.invariants.work()
    async with world.open_unit() as unit:
        return [alarm.kind for alarm in await unit.alarms.all()]


async def test_the_bucket_gets_what_is_new_every_five_minutes_beside_the_file_of_the_day(world: World) -> None:
    world.archive_every = 5 * MINUTE
    await follow(world)
    await happen(world, "request.one", "request.two")
    await deliver(world, 6, apart=MINUTE)
    await happen(world, "request.three")
    await deliver(world, 6, apart=MINUTE)
    written = [
        [json.loads(line)["action"] for line in gzip.decompress(content).splitlines()]
        for _, (content, _) in sorted(world.archive.files.items())
    ]
    assert written == [["request.one", "request.two"], ["request.three"]]
    assert all(key.startswith("team/recent/year=2026/month=03/day=02/events-") for key in world.archive.files)
    files = world.services.health.invariants._files
    assert files is not None
    assert [each async for each in files.all()] == []
    assert await files.ahead() is None


@pytest.mark.parametrize("more", [0, 1])
async def test_an_object_that_was_written_and_not_noted_is_not_in_the_way(world: World, more: int) -> None:
    world.archive_every = 5 * MINUTE
    await follow(world)
    await happen(world, "request.one")
    world.clock.move(6 * MINUTE)
    following = follower_of(world)
    async with world.open_unit() as unit:
        end = (await unit.audit.anchor()).seq
        page = await unit.audit.page(end - 1, 1)
    await following._deliveries[0].deliver(page)
    await happen(world, *["request.two"] * more)
    await deliver(world, 2, apart=6 * MINUTE)
    assert len(world.archive.files) == 1 + more
    (state,) = await delivery_states(world.database.look, ["archive"])
    assert state.waiting == 0
