"""One conversation is written to by one at a time: in this process, and over all replicas."""

import asyncio
from datetime import timedelta

import pytest

from core.adapters.storage.engine import Database
from core.domain.errors import Side, UpstreamBusy
from handlers.bot_connector import turns as turns_module
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.turns import TURN, ConversationTurns
from tests.fakes.clock import FakeClock
from tests.handlers.teams.bot_connector import CHANNEL, TENANT

OTHER = "19:other@thread.tacv2"


@pytest.fixture
async def two(database: Database, book: ConversationBook, clock: FakeClock) -> list[ConversationTurns]:
    for conversation in (CHANNEL, OTHER):
        await book.place(conversation)
    return [ConversationTurns(database.open, clock, TENANT, name) for name in ("one", "two")]


async def test_twenty_writers_on_two_replicas_never_meet(two: list[ConversationTurns]) -> None:
    inside: list[int] = []
    most = 0

    async def write(number: int) -> None:
        nonlocal most
        async with two[number % 2].of(CHANNEL):
            inside.append(number)
            most = max(most, len(inside))
            await asyncio.sleep(0)
            inside.remove(number)

    await asyncio.gather(*(write(number) for number in range(10)))
    assert most == 1
    assert two[0]._here == {}


async def test_another_conversation_waits_for_nobody(two: list[ConversationTurns]) -> None:
    async with asyncio.timeout(60), two[0].of(CHANNEL), two[0].of(OTHER):
        await asyncio.sleep(0)


async def test_who_waits_too_long_comes_back_later(
    two: list[ConversationTurns], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "PATIENCE", 0.05)
    async with two[0].of(CHANNEL):
        with pytest.raises(UpstreamBusy) as caught:
            async with two[1].of(CHANNEL):
                pytest.fail("two are in")
    assert (caught.value.retry_after, caught.value.side) == (timedelta(seconds=1), Side.TEAMS)
    async with two[1].of(CHANNEL):
        pass


async def test_whoever_died_in_the_middle_holds_it_up_no_longer_than_a_turn(
    two: list[ConversationTurns], clock: FakeClock
) -> None:
    died = two[0].of(CHANNEL)
    await died.__aenter__()
    clock.move(TURN + timedelta(seconds=1))
    async with two[1].of(CHANNEL):
        await died.__aexit__(None, None, None)  # it was only asleep, and gives back what is not its own any more


async def test_what_fails_inside_gives_the_turn_back(two: list[ConversationTurns]) -> None:
    with pytest.raises(UpstreamBusy, match="away"):
        async with two[0].of(CHANNEL):
            raise UpstreamBusy("away")
    async with two[1].of(CHANNEL):
        pass
