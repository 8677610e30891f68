"""The archive of the audit trail: every day that is over, once, without a gap, by one replica at a time."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from core.domain.audit import GENESIS, AuditEvent, Sealed, verify
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.services import trail_export
from core.services.archiving import LEASE, LONGEST_PAUSE, SETTLED_AFTER
from tests.services.company import HOUR, MINUTE, SECOND
from tests.services.world import World

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
"""The world begins at noon of the second."""


async def happen(world: World, at: datetime, count: int = 3) -> None:
    async with world.open_unit() as unit:
        for number in range(count):
            await unit.audit.append(AuditEvent("request.approved", at + number * SECOND, facts={"n": number}))
        await unit.commit()


async def go_on(world: World, until: datetime) -> None:
    """The rounds of the archive from now until then."""
    while world.clock.now() < until:
        await world.services.archiving.work()  # type: ignore[union-attr]
        await world.services.archiving.done()  # type: ignore[union-attr]
        world.clock.move(30 * MINUTE)


def events(world: World) -> dict[str, list[dict[str, Any]]]:
    return {
        key: [json.loads(line) for line in gzip.decompress(content).splitlines()]
        for key, (content, _) in sorted(world.archive.files.items())
    }


async def test_each_day_that_is_over_is_a_file_under_its_date_and_together_they_are_the_chain(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail_export, "PAGE", 2)
    await happen(world, MIDNIGHT - HOUR)
    await happen(world, MIDNIGHT + HOUR)
    await happen(world, MIDNIGHT + 3 * DAY + HOUR)
    await go_on(world, MIDNIGHT + 3 * DAY + 2 * HOUR)
    archived = events(world)
    assert list(archived) == [
        "team/year=2026/month=03/day=02/audit-2026-03-02.jsonl.gz",
        "team/year=2026/month=03/day=03/audit-2026-03-03.jsonl.gz",
    ]
    told = [event for day in archived.values() for event in day]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert told[0]["prev_hash"] == GENESIS
    assert all(later["prev_hash"] == earlier["hash"] for earlier, later in pairwise(told))
    facts = world.archive.files[next(iter(archived))][1]
    assert facts["last-hash"] == archived[next(iter(archived))][-1]["hash"]


async def test_what_is_archived_proves_the_chain_without_the_database(world: World) -> None:
    await happen(world, MIDNIGHT - HOUR)
    await go_on(world, MIDNIGHT + 2 * HOUR)
    async with world.open_unit() as unit:
        anchor = await unit.audit.anchor()
    chain = []
    for event in [event for day in events(world).values() for event in day]:
        place = {name: event.pop(name) for name in ("seq", "prev_hash", "hash")}
        body = json.dumps(event, sort_keys=True, separators=(",", ":"))
        chain.append(Sealed(body=body, **place))
    assert verify(chain, anchor) == anchor


async def test_a_day_is_not_over_until_it_has_settled(world: World) -> None:
    await happen(world, MIDNIGHT - HOUR)
    await go_on(world, MIDNIGHT + SETTLED_AFTER)
    assert world.archive.files == {}
    assert await world.services.archiving.behind() <= 30 * MINUTE  # type: ignore[union-attr]
    await go_on(world, MIDNIGHT + HOUR + SETTLED_AFTER)
    assert len(world.archive.files) == 1
    assert await world.services.archiving.behind() == timedelta()  # type: ignore[union-attr]


async def test_an_event_that_was_sealed_late_goes_into_the_next_file_and_none_is_lost(world: World) -> None:
    await happen(world, MIDNIGHT - HOUR)
    await happen(world, MIDNIGHT + HOUR, 1)
    await happen(world, MIDNIGHT - SECOND, 1)
    await go_on(world, MIDNIGHT + DAY + HOUR)
    seqs = [[event["seq"] for event in day] for day in events(world).values()]
    assert [seq for day in seqs for seq in day] == list(range(1, sum(map(len, seqs)) + 1))
    assert len(seqs[1]) == 2


async def test_a_bucket_that_is_away_is_tried_again_and_the_delay_is_told(world: World) -> None:
    await happen(world, MIDNIGHT - HOUR)
    world.archive.fails.extend([UpstreamBusy("S3 is away"), UpstreamRefused("AccessDenied", code="AccessDenied")] * 3)
    await go_on(world, MIDNIGHT + 2 * HOUR)
    assert world.archive.files == {}
    assert await world.services.archiving.behind() > HOUR  # type: ignore[union-attr]
    await go_on(world, MIDNIGHT + 2 * HOUR + 6 * LONGEST_PAUSE)
    assert len(world.archive.files) == 1


async def test_what_another_has_written_there_is_left_alone(world: World) -> None:
    await happen(world, MIDNIGHT - HOUR)
    key = "team/year=2026/month=03/day=02/audit-2026-03-02.jsonl.gz"
    world.archive.files[key] = (b"", {"last-seq": "1"})
    await go_on(world, MIDNIGHT + 4 * HOUR)
    assert world.archive.files == {key: (b"", {"last-seq": "1"})}
    assert await world.services.archiving.behind() > HOUR  # type: ignore[union-attr]


async def test_a_crash_before_it_was_noted_writes_the_same_file_again(world_on_both: World) -> None:
    world = world_on_both
    await happen(world, MIDNIGHT - HOUR)
    world.clock.move(MIDNIGHT + HOUR - world.clock.now())
    archiving = world.services.archiving
    assert archiving is not None
    async with world.open_unit() as unit:
        dead = await unit.archive.claim(world.clock.now(), LEASE)
        await unit.commit()
    assert dead is not None
    assert await archiving._next(dead) is not None
    async with world.open_unit() as unit:
        before = await unit.archive.get()
    assert len(world.archive.files) == 1
    await go_on(world, world.clock.now() + HOUR)
    async with world.open_unit() as unit:
        assert (await unit.archive.get()).seq == before.seq
    assert len(world.archive.files) == 1


async def test_two_replicas_never_write_the_same_day_at_once(world_on_both: World) -> None:
    world = world_on_both
    async with world.open_unit() as unit:
        first = await unit.archive.claim(world.clock.now(), LEASE)
        assert await unit.archive.claim(world.clock.now(), LEASE) is None
        await unit.commit()
    world.clock.move(LEASE + SECOND)
    async with world.open_unit() as unit:
        second = await unit.archive.claim(world.clock.now(), LEASE)
        await unit.commit()
    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1
