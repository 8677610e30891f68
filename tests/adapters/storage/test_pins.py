from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.adapters.storage.engine import Database
from core.domain.people import ChatUser, KnownAs, Pin, PinState
from core.ports import UnitOfWork
from tests.adapters.storage.samples import ADA, ADA_IN_CHAT, BOB, MINUTE, NOW, commit

PIN = Pin(ADA_IN_CHAT, ADA)
OTHER = Pin(ChatUser("slack", "T2", ADA_IN_CHAT.user), ADA)
SUSPENDED = Pin(ADA_IN_CHAT, ADA, PinState.SUSPENDED, claimed=BOB)


def put(pin: Pin) -> Callable[[UnitOfWork], Awaitable[None]]:
    return lambda unit: unit.pins.put(pin, NOW)


async def test_a_pin_is_known_by_platform_team_and_user(database: Database) -> None:
    await commit(database, lambda unit: unit.pins.put(PIN, NOW))
    async with database.open() as unit:
        assert await unit.pins.get(ADA_IN_CHAT) == PIN
        assert await unit.pins.get(OTHER.chat_user) is None
        assert await unit.pins.get(ChatUser("teams", "T1", ADA_IN_CHAT.user)) is None


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


async def test_what_a_principal_was_called_and_when_the_admins_were_told_is_kept(database: Database) -> None:
    known_as = KnownAs("ada@example.com", ("ada@example.com", "a@x.y"), ("https://idp.example 1",))
    await commit(database, lambda unit: unit.pins.put(replace(SUSPENDED, known_as=known_as), NOW))
    await commit(database, lambda unit: unit.pins.put(OTHER, NOW))
    async with database.open() as unit:
        assert await unit.pins.last_told_at() is None
        found = await unit.pins.get(ADA_IN_CHAT)
    assert found is not None
    assert (found.known_as, found.pinned_at, found.told_at) == (known_as, NOW, None)
    renamed = KnownAs("countess@example.com")
    await commit(database, lambda unit: unit.pins.call(ADA_IN_CHAT, renamed))
    await commit(database, lambda unit: unit.pins.tell(ADA_IN_CHAT, NOW + MINUTE))
    async with database.open() as unit:
        assert await unit.pins.last_told_at() == NOW + MINUTE
        found = await unit.pins.get(ADA_IN_CHAT)
        other = await unit.pins.get(OTHER.chat_user)
    assert found is not None
    assert other is not None
    assert (found, found.known_as, found.told_at) == (SUSPENDED, renamed, NOW + MINUTE)
    assert (other.known_as, other.told_at) == (None, None)


async def test_what_waits_for_a_release_is_found_by_state_account_and_where_it_leads(database: Database) -> None:
    second = Pin(ChatUser("slack", "T1", "U2"), ADA, PinState.SECOND)
    for pin in (SUSPENDED, OTHER, second):
        await commit(database, put(pin))
    async with database.open() as unit:
        assert set(await unit.pins.held()) == {SUSPENDED, second}
        assert await unit.pins.suspended() == (SUSPENDED,)
        assert await unit.pins.claiming(BOB) == (SUSPENDED,)
        assert await unit.pins.claiming(ADA) == ()
        assert set(await unit.pins.of_account(ADA_IN_CHAT)) == {SUSPENDED, OTHER}
        assert await unit.pins.of_account(ChatUser("teams", "T1", ADA_IN_CHAT.user)) == ()


async def test_a_pin_can_be_forgotten_and_others_stay(database: Database) -> None:
    for pin in (PIN, OTHER):
        await commit(database, put(pin))
    await commit(database, lambda unit: unit.pins.forget(PIN.chat_user))
    async with database.open() as unit:
        await unit.pins.acquire()
        assert await unit.pins.of_account(ADA_IN_CHAT) == (OTHER,)
