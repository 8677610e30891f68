"""One event that a receiver never takes is passed over by an operator, and nothing else is."""

import pytest

from core.domain.audit import Sealed
from core.domain.errors import Conflict, Side, UpstreamBusy, UpstreamRefused
from core.domain.outgoing_events import Destination
from core.domain.request import Actor
from core.services.audit.delivery_progress import round_of
from core.services.audit.event_skip import SKIPPED, EventSkip
from core.services.audit.trail_follower import LONGEST_PAUSE, LOOK_AGAIN_AFTER
from core.services.runtime.lease_renewal import LEASE
from tests.services.company import MINUTE, SECOND
from tests.services.test_trail_follower import BUS, WEBHOOK, deliver, follow, follower_of, happen
from tests.services.world import World

REFUSED = UpstreamRefused("it answers HTTP 413", code="413", side=Side.RECEIVER)
ROOT = Actor(name="operator root")


def skip_of(world: World) -> EventSkip:
    return EventSkip(world.open_unit, world.clock)


async def end_of(world: World) -> Sealed:
    async with world.open_unit() as unit:
        (event,) = await unit.audit.page((await unit.audit.anchor()).seq - 1, 1)
    return event


async def test_the_event_that_is_refused_is_passed_over_and_what_follows_goes_out(world_on_both: World) -> None:
    world = world_on_both
    hook, bus = await follow(world, WEBHOOK, BUS)
    hook.down = REFUSED
    await happen(world, "request.too_long")
    stuck = await end_of(world)
    await happen(world, "request.next")
    await deliver(world, 3)
    refused = await skip_of(world).refused("webhook")
    assert refused is not None
    assert (refused.event, refused.error, refused.body["action"]) == (stuck, "it answers HTTP 413", "request.too_long")

    await skip_of(world).skip(Destination.WEBHOOK, stuck.seq, ROOT, "too long for it")
    hook.down = None
    world.start()
    await deliver(world, 2)

    assert hook.actions == ["request.next", SKIPPED]
    assert bus.actions == ["request.too_long", "request.next", SKIPPED], "only that destination goes without it"
    event = (await world.events())[-1]
    facts = event["facts"]
    assert (event["actor"]["name"], facts["destination"], facts["event"], facts["event_id"], facts["reason"]) == (
        *("operator root", "webhook", stuck.seq, stuck.hash, "too long for it"),
    )
    assert await skip_of(world).refused("webhook") is None


async def test_the_bot_that_runs_goes_on_at_once(world: World) -> None:
    """Whenever the next try would have been."""
    (hook,) = await follow(world, WEBHOOK)
    hook.fails.append(UpstreamBusy("it answers HTTP 503", retry_after=20 * MINUTE, side=Side.RECEIVER))
    await happen(world, "request.too_long", "request.next")
    await deliver(world, 3, apart=MINUTE)
    assert hook.taken == []
    stuck = await skip_of(world).refused("webhook")
    assert stuck is not None
    await skip_of(world).skip(Destination.WEBHOOK, stuck.event.seq, ROOT, "too long for it")
    await deliver(world, apart=LOOK_AGAIN_AFTER)
    assert hook.actions == ["request.next", SKIPPED]


async def test_nothing_is_passed_over_but_what_is_refused_now(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    at = (await end_of(world)).seq
    await happen(world, "request.waits", "request.next")
    for seq in (at, at + 1, at + 2, 10**9):
        with pytest.raises(Conflict, match="no other does"):
            await skip_of(world).skip(Destination.WEBHOOK, seq, ROOT, "why")
    hook.down = REFUSED
    await deliver(world, 2)
    for seq in (at, at + 2):
        with pytest.raises(Conflict, match=f"event {at + 1} does"):
            await skip_of(world).skip(Destination.WEBHOOK, seq, ROOT, "why")
    for never_sent_to in (Destination.SNS, Destination.EVENTBRIDGE):
        with pytest.raises(Conflict):
            await skip_of(world).skip(never_sent_to, at + 1, ROOT, "why")
    hook.down = None
    await deliver(world, 2, apart=LONGEST_PAUSE)
    assert hook.actions == ["request.waits", "request.next"]


async def test_what_is_being_sent_at_the_moment_is_not_passed_over(world: World) -> None:
    (hook,) = await follow(world, WEBHOOK)
    hook.down = REFUSED
    await happen(world, "request.one")
    await deliver(world)
    stuck = await end_of(world)
    async with world.open_unit() as unit:
        claimed = await unit.shared_rounds.claim(round_of("webhook"), world.clock.now() + MINUTE, LEASE)
        await unit.commit()
    assert claimed is not None
    with pytest.raises(Conflict, match="at this moment"):
        await skip_of(world).skip(Destination.WEBHOOK, stuck.seq, ROOT, "why")
    async with world.open_unit() as unit:
        await unit.shared_rounds.release(claimed, world.clock.now())
        await unit.commit()
    world.clock.move(SECOND)
    await skip_of(world).skip(Destination.WEBHOOK, stuck.seq, ROOT, "why")
    assert follower_of(world).destinations == ["webhook"]
