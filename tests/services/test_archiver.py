"""The archive of the audit trail: every day that is over, once, without a gap, by one replica at a time."""

import gzip
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from core.domain.audit import GENESIS, Anchor, AuditEvent, ChainBreak, Sealed, link, verify
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.services.audit import trail_export
from core.services.audit.archiver import LONGEST_PAUSE
from core.services.audit.trail_proof import SETTLED_AFTER, look_at_ends
from core.services.runtime.lease_renewal import LEASE
from tests.adapters.storage.samples import TRIGGERS, execute
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
        await world.services.archiver.work()  # type: ignore[union-attr]
        await world.services.archiver.done()  # type: ignore[union-attr]
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
    assert await world.services.archiver.behind() <= 30 * MINUTE  # type: ignore[union-attr]
    await go_on(world, MIDNIGHT + HOUR + SETTLED_AFTER)
    assert len(world.archive.files) == 1
    assert await world.services.archiver.behind() == timedelta()  # type: ignore[union-attr]


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
    assert await world.services.archiver.behind() > HOUR  # type: ignore[union-attr]
    await go_on(world, MIDNIGHT + 2 * HOUR + 6 * LONGEST_PAUSE)
    assert len(world.archive.files) == 1


async def test_what_another_has_written_there_is_left_alone(world: World) -> None:
    await happen(world, MIDNIGHT - HOUR)
    key = "team/year=2026/month=03/day=02/audit-2026-03-02.jsonl.gz"
    world.archive.files[key] = (b"", {"last-seq": "1"})
    await go_on(world, MIDNIGHT + 4 * HOUR)
    assert world.archive.files == {key: (b"", {"last-seq": "1"})}
    assert await world.services.archiver.behind() > HOUR  # type: ignore[union-attr]


async def test_a_crash_before_it_was_noted_writes_the_same_file_again(world_on_both: World) -> None:
    world = world_on_both
    await happen(world, MIDNIGHT - HOUR)
    world.clock.move(MIDNIGHT + HOUR - world.clock.now())
    archiving = world.services.archiver
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


async def past_the_triggers(world: World, *statements: str) -> None:
    """Do what only an owner of the database can do."""
    await execute(world.database, *(f"DROP TRIGGER {trigger}" for trigger in TRIGGERS), *statements)


async def rewritten(world: World) -> list[str]:
    """The whole history anew, with its anchor: the chain holds in itself."""
    async with world.open_unit() as unit:
        chain = [event async for event in unit.audit.chain()]
    statements, end = ["DELETE FROM audit_event"], Anchor()
    for event in chain:
        body = event.body.replace("request.approved", "request.rejected")
        sealed = Sealed(event.seq, end.hash, link(event.seq, end.hash, body), body)
        values = f"({sealed.seq}, '{sealed.prev_hash}', '{sealed.hash}', '{body}')".replace(":", r"\:")
        statements.append(f"INSERT INTO audit_event (seq, prev_hash, hash, body) VALUES {values}")  # noqa: S608 - a test's own
        end = Anchor(sealed.seq, sealed.hash)
    return [*statements, f"UPDATE audit_anchor SET hash = '{end.hash}'"]  # noqa: S608 - a test's own


async def cut_off(world: World) -> list[str]:
    """The last event and the anchor: what is left holds in itself, below what was archived."""
    async with world.open_unit() as unit:
        chain = [event async for event in unit.audit.chain()]
    last = chain[-2]
    anchor = f"UPDATE audit_anchor SET seq = {last.seq}, hash = '{last.hash}'"  # noqa: S608 - a test's own
    return [f"DELETE FROM audit_event WHERE seq > {last.seq}", anchor]  # noqa: S608 - a test's own


async def moved_ahead(_: World) -> list[str]:
    """So that what happens next is never archived."""
    return ["UPDATE audit_archive SET seq = seq + 1000"]


@pytest.mark.parametrize("attack", [rewritten, cut_off, moved_ahead])
async def test_no_file_goes_on_behind_a_trail_that_is_not_the_one_that_was_archived(
    world: World, attack: Callable[[World], Awaitable[list[str]]]
) -> None:
    await happen(world, MIDNIGHT - HOUR)
    await go_on(world, MIDNIGHT + HOUR)
    assert len(world.archive.files) == 1
    assert await look_at_ends(world.database.look) is None
    await past_the_triggers(world, *await attack(world))
    assert await look_at_ends(world.database.look) is not None
    if attack is not cut_off:  # as many events again as were cut off must not hide it
        await happen(world, MIDNIGHT + 2 * HOUR, 1)
    await go_on(world, MIDNIGHT + 2 * DAY)
    assert len(world.archive.files) == 1
    async with world.open_unit() as unit:
        archived = await unit.archive.get()
    assert archived.attempts > 0
    assert await world.services.archiver.behind() > DAY  # type: ignore[union-attr]
    async with world.open_unit() as unit:
        chain, anchor = [event async for event in unit.audit.chain()], await unit.audit.anchor()
    assert isinstance(verify(chain, anchor, archived.end), ChainBreak)


async def test_a_trail_that_was_cut_off_and_grew_again_is_not_taken_for_the_old_one(world: World) -> None:
    await happen(world, MIDNIGHT - HOUR)
    await go_on(world, MIDNIGHT + HOUR)
    await past_the_triggers(world, *await cut_off(world))
    await happen(world, MIDNIGHT + 2 * HOUR, 5)
    assert (await look_at_ends(world.database.look)) == ChainBreak(4, "is not the one that was archived")
    await go_on(world, MIDNIGHT + 2 * DAY)
    assert len(world.archive.files) == 1


async def test_a_file_whose_answer_was_lost_stands_though_something_of_its_day_was_sealed_after_it(
    world: World,
) -> None:
    """By a process that was suspended before midnight, for longer than a day takes to be over for good."""
    await happen(world, MIDNIGHT - HOUR)
    world.clock.move(13 * HOUR)
    put = world.archive.put

    async def put_and_lose(*given: Any) -> None:
        await put(*given)
        raise UpstreamBusy("the answer was lost")

    world.archive.put = put_and_lose  # type: ignore[method-assign, assignment]
    await world.services.archiver.work()  # type: ignore[union-attr]
    await world.services.archiver.done()  # type: ignore[union-attr]
    world.archive.put = put  # type: ignore[method-assign]
    await happen(world, MIDNIGHT - SECOND, 1)
    await happen(world, MIDNIGHT + 2 * HOUR)
    await go_on(world, MIDNIGHT + 2 * DAY + 2 * HOUR)
    archived = events(world)
    assert [event["seq"] for file in archived.values() for event in file] == list(range(1, 9))
    assert [len(each) for each in archived.values()] == [4, 4]
