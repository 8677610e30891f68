from core.adapters.storage.engine import Database
from core.domain.people import ChatUser, Pin, PinState
from tests.adapters.storage.samples import ADA, ADA_IN_CHAT, BOB, MINUTE, NOW, commit

PIN = Pin(ADA_IN_CHAT, ADA)
OTHER = Pin(ChatUser("T2", ADA_IN_CHAT.user), ADA)
SUSPENDED = Pin(ADA_IN_CHAT, ADA, PinState.SUSPENDED, claimed=BOB)


async def test_a_pin_is_known_by_platform_team_and_user(database: Database) -> None:
    await commit(database, lambda unit: unit.pins.put(PIN, NOW))
    async with database.open() as unit:
        assert await unit.pins.get(ADA_IN_CHAT) == PIN
        assert await unit.pins.get(OTHER.chat_user) is None
        assert await unit.pins.get(ChatUser("T1", ADA_IN_CHAT.user, "teams")) is None


async def test_pins_of_a_principal_come_newest_first(database: Database) -> None:
    await commit(database, lambda unit: unit.pins.put(PIN, NOW))
    await commit(database, lambda unit: unit.pins.put(OTHER, NOW + MINUTE))
    async with database.open() as unit:
        assert await unit.pins.of_principal(ADA) == (OTHER, PIN)
        assert await unit.pins.of_principal(BOB) == ()


async def test_a_suspended_pin_is_listed_until_it_is_released(database: Database) -> None:
    await commit(database, lambda unit: unit.pins.put(PIN, NOW))
    await commit(database, lambda unit: unit.pins.put(SUSPENDED, NOW + MINUTE))
    async with database.open() as unit:
        assert await unit.pins.suspended() == (SUSPENDED,)
    await commit(database, lambda unit: unit.pins.put(PIN, NOW + 2 * MINUTE))
    async with database.open() as unit:
        assert await unit.pins.suspended() == ()
        assert await unit.pins.get(ADA_IN_CHAT) == PIN
