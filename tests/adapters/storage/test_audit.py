from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from core.adapters.storage.engine import Database
from core.adapters.storage.mapping import columns_of_sealed
from core.adapters.storage.tables import AuditEventRow
from core.domain.audit import GENESIS, Anchor, ChainBreak, Sealed, link, request_of, seal, verify
from core.domain.errors import UpstreamRefused
from core.domain.ids import RequestId
from tests.adapters.storage.samples import PENDING, all_at_once, commit, event, execute, stored


async def filled(database: Database, count: int = 5) -> None:
    async with database.open() as unit:
        for number in range(count):
            await unit.audit.append(event(number))
        await unit.commit()


async def trail(database: Database) -> tuple[Sequence[Sealed], Anchor]:
    async with database.open() as unit:
        return [sealed async for sealed in unit.audit.chain()], await unit.audit.anchor()


async def verified(database: Database) -> ChainBreak | Anchor:
    return verify(*await trail(database))


async def test_an_empty_trail_holds_and_is_anchored_at_its_beginning(database: Database) -> None:
    assert await trail(database) == ([], Anchor())
    assert await verified(database) == Anchor(0, GENESIS)


async def test_events_are_sealed_one_behind_the_other(database: Database) -> None:
    await filled(database, 2)
    await filled(database, 1)
    chain, anchor = await trail(database)
    assert chain[0] == seal(Anchor(), event(0))
    assert [sealed.seq for sealed in chain] == [1, 2, 3]
    assert verify(chain, anchor) == anchor == Anchor(3, chain[2].hash)


async def test_an_event_can_be_read_in_the_unit_of_work_that_appends_it(database: Database) -> None:
    async with database.open() as unit:
        await unit.audit.append(event())
        assert len(await unit.audit.of_request(RequestId(1001))) == 1
        assert (await unit.audit.anchor()).seq == 1
    assert await verified(database) == Anchor()


async def test_the_events_of_a_request_come_oldest_first(database: Database) -> None:
    async with database.open() as unit:
        for number, request_id in enumerate((1001, 1002, None, 1001)):
            await unit.audit.append(event(number, request_id=request_id))
        await unit.commit()
    async with database.open() as unit:
        assert [sealed.seq for sealed in await unit.audit.of_request(RequestId(1001))] == [1, 4]


async def test_sixty_simultaneous_appends_leave_one_chain(database: Database, database_url: str) -> None:
    replica = Database(database_url)
    appends = [
        commit((database, replica)[n % 2], lambda unit, n=n: unit.audit.append(event(n)))  # type: ignore[misc]
        for n in range(60)
    ]
    outcomes = await all_at_once(appends)
    await replica.close()
    assert outcomes == [None] * 60
    end = await verified(database)
    assert isinstance(end, Anchor)
    assert end.seq == 60


async def test_an_event_appended_before_other_writes_does_not_make_its_unit_hold_up_others(database: Database) -> None:
    """Two units that append first and then want the same row would wait for each other for ever."""
    (request,) = await stored(database, PENDING)

    async def work() -> None:
        async with database.open() as unit:
            await unit.audit.append(event())
            now = await unit.requests.get(request.id)
            assert now is not None
            await unit.requests.put_off(request.id, now.created_at)
            await unit.audit.append(event())
            await unit.commit()

    assert await all_at_once([work() for _ in range(10)]) == [None] * 10
    assert await verified(database) == (await trail(database))[1]


async def test_a_trail_of_several_pages_is_read_whole(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.adapters.storage.repositories.audit.PAGE", 2)
    for count in (4, 1):
        await filled(database, count)
        chain, anchor = await trail(database)
        assert len(chain) == anchor.seq


async def test_a_trail_that_grows_while_it_is_verified_holds(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    await filled(database, 3)
    async with database.open() as unit:
        anchor = await unit.audit.anchor()
        await filled(database, 2)
        chain = [sealed async for sealed in unit.audit.chain()]
        assert verify(chain, anchor) == await unit.audit.anchor() == anchor
    assert (await trail(database))[1].seq == 5
    await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET body = 'x'",
        "DELETE FROM audit_event",
        "DELETE FROM audit_anchor",
        "UPDATE audit_anchor SET seq = 1",
    ],
)
async def test_no_statement_of_ours_can_change_the_trail(database: Database, statement: str) -> None:
    await filled(database)
    async with database.engine.connect() as connection:
        with pytest.raises(Exception, match="append-only"):
            await connection.execute(text(statement))
    assert isinstance(await verified(database), Anchor)


_EVENT = "INTO audit_event (seq, prev_hash, hash, body) VALUES"
_ANCHOR = f"INTO audit_anchor (id, seq, hash) VALUES (1, 5, '{'f' * 64}')"
REPLACING = {
    "sqlite": [
        f"INSERT OR REPLACE {_EVENT} (3, 'other', 'hash', '{{}}')",
        f"REPLACE {_EVENT} (99, '{GENESIS}', 'hash', '{{}}')",
        f"INSERT OR REPLACE {_ANCHOR}",
        "UPDATE OR REPLACE audit_event SET seq = 2 WHERE seq = 3",
        f"INSERT {_EVENT} (3, 'other', 'hash', '{{}}') ON CONFLICT (seq) DO UPDATE SET body = 'x'",
    ],
    "postgresql": [
        f"INSERT {_EVENT} (3, 'other', 'hash', '{{}}') ON CONFLICT (seq) DO UPDATE SET body = 'x'",
        f"INSERT {_EVENT} (99, '{GENESIS}', 'hash', '{{}}') ON CONFLICT (prev_hash) DO UPDATE SET body = 'x'",
        f"INSERT {_ANCHOR} ON CONFLICT (id) DO UPDATE SET seq = 5",
    ],
}
"""Statements that begin with INSERT, and put a row in the place of another."""


@pytest.mark.parametrize("which", range(5))
async def test_no_row_of_the_trail_is_put_in_the_place_of_another(database: Database, which: int) -> None:
    await filled(database)
    before = await trail(database)
    for statement in REPLACING[database.engine.dialect.name][which : which + 1]:
        async with database.engine.connect() as connection:
            with pytest.raises(Exception, match="append-only"):
                await connection.execute(text(statement))
    assert await trail(database) == before


@pytest.mark.parametrize(("seq", "prev_hash"), [(3, GENESIS), (2, "other")])
async def test_the_chain_cannot_fork(database: Database, seq: int, prev_hash: str) -> None:
    await filled(database, 2)
    with pytest.raises(IntegrityError):
        await insert_event(database, Sealed(seq, prev_hash, "hash", "{}"))


async def insert_event(database: Database, sealed: Sealed, about: RequestId | None = None) -> None:
    """Past the anchor, as somebody would who writes to the table."""
    async with database.engine.begin() as connection:
        await connection.execute(insert(AuditEventRow).values(**columns_of_sealed(sealed, about)))


async def test_an_anchor_that_is_gone_is_said_and_nothing_is_sealed(database: Database) -> None:
    await tampered(database, "DELETE FROM audit_anchor")
    with pytest.raises(UpstreamRefused):
        await filled(database)


TRIGGERS = ("audit_event_update", "audit_event_delete", "audit_anchor_delete", "audit_anchor_update")


async def tampered(database: Database, *statements: str) -> None:
    """Do what only an owner of the database can: change the trail past its triggers."""
    if database.engine.dialect.name == "sqlite":
        await execute(database, *(f"DROP TRIGGER {trigger}" for trigger in TRIGGERS))
    await execute(database, *statements)


REHASHED = link(3, "0" * 64, "{}")
FORGED = f"UPDATE audit_event SET body = '{{}}', hash = '{REHASHED}' WHERE seq = 3"  # noqa: S608


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["UPDATE audit_event SET body = '{}' WHERE seq = 3"], ChainBreak(3, "was changed")),
        (
            [FORGED],
            ChainBreak(3, "was changed"),
        ),
        (["UPDATE audit_event SET hash = 'x' WHERE seq = 3"], ChainBreak(3, "was changed")),
        (["DELETE FROM audit_event WHERE seq = 3"], ChainBreak(3, "is missing or out of order")),
        (["DELETE FROM audit_event WHERE seq = 1"], ChainBreak(1, "is missing or out of order")),
        (["DELETE FROM audit_event WHERE seq = 5"], ChainBreak(5, "is missing: the trail was anchored at event 5")),
        (
            ["UPDATE audit_event SET request_id = 4711 WHERE seq = 4"],
            ChainBreak(4, "is not filed under the request that it is about"),
        ),
        (["DELETE FROM audit_event"], ChainBreak(1, "is missing: the trail was anchored at event 5")),
        (
            [
                "UPDATE audit_event SET seq = 99 WHERE seq = 2",
                "UPDATE audit_event SET seq = 2 WHERE seq = 3",
                "UPDATE audit_event SET seq = 3 WHERE seq = 99",
            ],
            ChainBreak(2, "does not follow the event before it"),
        ),
    ],
    ids=[
        "changed",
        "changed and hashed anew",
        "hash changed",
        "removed",
        "first removed",
        "last removed",
        "hidden from its request",
        "all removed",
        "moved",
    ],
)
async def test_verification_finds_tampering(database: Database, statements: Sequence[str], found: ChainBreak) -> None:
    await filled(database)
    await tampered(database, *statements)
    assert await verified(database) == found


@pytest.mark.parametrize(
    ("inserted", "found"),
    [
        (Sealed(0, "x", "y", "{}"), ChainBreak(0, "was inserted")),
        (Sealed(-7, "x", "y", "{}"), ChainBreak(-7, "was inserted")),
        (Sealed(6, "x", "y", "{}"), ChainBreak(6, "does not follow the event before it")),
    ],
    ids=["before", "far before", "behind"],
)
async def test_verification_finds_what_was_inserted(database: Database, inserted: Sealed, found: ChainBreak) -> None:
    await filled(database)
    await insert_event(database, inserted)
    assert await verified(database) == found


async def test_verification_finds_an_event_behind_the_anchor_even_when_it_is_well_sealed(database: Database) -> None:
    await filled(database, 2)
    _, anchor = await trail(database)
    forged = seal(anchor, replace(event(), action="request.approved"))
    await insert_event(database, forged, request_of(forged))
    assert await verified(database) == ChainBreak(3, "is not what the trail was anchored at")
