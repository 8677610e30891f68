from dataclasses import replace

from core.adapters.storage.engine import Database
from core.domain.people import ChatUser
from core.ports import OpenedHome
from tests.adapters.storage.samples import ADA, ADA_IN_CHAT, BOB, MINUTE, NOW, commit

HOME = OpenedHome(ADA_IN_CHAT, ADA, NOW, '{"mine": "1042"}', "Approved: R-1042.")
OF_BOB = OpenedHome(ChatUser("slack", "T1", "U-BOB"), BOB, NOW + MINUTE)


async def put(database: Database, *homes: OpenedHome) -> None:
    for home in homes:
        await commit(database, lambda unit, new=home: unit.homes.put(new))  # type: ignore[misc]


async def test_a_home_is_known_by_its_user_and_is_as_it_was_last_drawn(database: Database) -> None:
    later = replace(HOME, drawn_at=NOW + MINUTE, pages="", said="")
    await put(database, HOME)
    async with database.open() as unit:
        assert await unit.homes.get(ADA_IN_CHAT) == HOME
        assert await unit.homes.get(OF_BOB.chat_user) is None
    await put(database, later)
    async with database.open() as unit:
        assert await unit.homes.get(ADA_IN_CHAT) == later


async def test_homes_are_found_by_principal_and_by_when_they_were_drawn(database: Database) -> None:
    elsewhere = replace(HOME, chat_user=ChatUser("slack", "T2", "U-ADA"), drawn_at=NOW - MINUTE)
    await put(database, HOME, elsewhere, OF_BOB)
    async with database.open() as unit:
        assert await unit.homes.of_principal(ADA, NOW - MINUTE) == (HOME, elsewhere)
        assert await unit.homes.of_principal(ADA, NOW) == (HOME,)
        assert await unit.homes.opened(NOW, 10) == (OF_BOB, HOME)
        assert await unit.homes.opened(NOW, 1) == (OF_BOB,)
