import zlib
from dataclasses import replace

import pytest

from core.adapters.storage.engine import Database
from core.adapters.storage.packed_people import pack, unpack
from core.domain.ids import GroupId, PrincipalId
from core.domain.people import Group, PeopleListing, Principal
from tests.adapters.storage.samples import MINUTE, NOW, commit

ADA = Principal(PrincipalId("1"), "ada", "Ada \u202e Lovelace", ("ada@example.com", ""), external_ids=("idp a1",))
HEIDI = Principal(PrincipalId("2"), "heidi", "", enabled=False)
LISTING = PeopleListing((ADA, HEIDI), (Group(GroupId("g"), "Operators"), Group(GroupId("h"), "", True)), NOW)


async def test_the_last_listing_is_read_as_it_was_stored(database: Database) -> None:
    later = replace(LISTING, users=(HEIDI, ADA), asked_at=NOW + MINUTE)
    async with database.open() as unit:
        assert (await unit.people.get(), await unit.people.asked_at()) == (None, None)
    await commit(database, lambda unit: unit.people.put(LISTING))
    await commit(database, lambda unit: unit.people.put(later))
    async with database.open() as unit:
        assert (await unit.people.get(), await unit.people.asked_at()) == (later, later.asked_at)


async def test_a_listing_is_confirmed_only_as_long_as_it_is_the_stored_one(database: Database) -> None:
    await commit(database, lambda unit: unit.people.put(LISTING))
    async with database.open() as unit:
        assert not await unit.people.confirm(NOW - MINUTE, NOW + MINUTE)
        assert await unit.people.confirm(NOW, NOW + MINUTE)
        assert await unit.people.get() == replace(LISTING, asked_at=NOW + MINUTE)


@pytest.mark.parametrize(
    "packed", [b"damaged", zlib.compress(b"[]"), zlib.compress(b'{"format": 2}'), pack(LISTING)[:-9]]
)
def test_a_listing_that_cannot_be_read_is_none(packed: bytes) -> None:
    assert unpack(packed, NOW) is None
