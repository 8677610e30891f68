import asyncio
from datetime import timedelta

import pytest

from core.adapters.aws.cache import CROWDED, Cache
from core.domain.errors import Side, UpstreamBusy
from core.ports import watching
from tests.fakes.clock import FakeClock

MINUTE = timedelta(minutes=1)
NOW = timedelta(0)


class Source:
    """Answers with how often it has been asked, once it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def ask(self) -> int:
        self.asked += 1
        number, error = self.asked, self.error
        await self.open.wait()
        if error:
            raise error
        return number


@pytest.fixture
def cache(clock: FakeClock) -> Cache[str, int]:
    return Cache(clock, MINUTE)


async def test_an_answer_serves_for_less_than_its_greatest_age(cache: Cache[str, int], clock: FakeClock) -> None:
    source = Source()
    first = await cache.get("a", source.ask)
    clock.move(MINUTE - timedelta(seconds=1))
    second = await cache.get("a", source.ask)
    clock.move(timedelta(seconds=1))

    assert (first, second, await cache.get("a", source.ask)) == (1, 1, 2)


async def test_each_key_has_its_own_answer(cache: Cache[str, int]) -> None:
    source = Source()

    assert [await cache.get(key, source.ask) for key in "aba"] == [1, 2, 1]


async def test_whoever_asks_at_once_waits_for_one_answer(cache: Cache[str, int]) -> None:
    source = Source()

    assert set(await asyncio.gather(*(cache.get("a", source.ask) for _ in range(50)))) == {1}


async def test_a_fresh_answer_is_never_one_that_was_asked_for_before(cache: Cache[str, int]) -> None:
    source = Source()
    await cache.get("a", source.ask)
    source.open.clear()
    waiting = [asyncio.ensure_future(cache.get("a", source.ask, within=NOW)) for _ in range(2)]
    await asyncio.sleep(0)
    source.open.set()

    assert await asyncio.gather(*waiting) == [2, 3]


async def test_a_fresh_answer_serves_those_who_come_later(cache: Cache[str, int], clock: FakeClock) -> None:
    source = Source()
    await cache.get("a", source.ask)
    clock.move(timedelta(seconds=50))
    await cache.get("a", source.ask, within=NOW)
    clock.move(timedelta(seconds=50))

    assert await cache.get("a", source.ask) == 2


async def test_a_slow_old_answer_never_replaces_a_newer_one(cache: Cache[str, int], clock: FakeClock) -> None:
    source = Source()
    source.open.clear()
    slow = asyncio.ensure_future(cache.get("a", source.ask))
    await asyncio.sleep(0)
    clock.move(timedelta(seconds=1))
    quick = Source()
    quick.asked = 10
    await cache.get("a", quick.ask, within=NOW)
    source.open.set()
    await slow

    assert await cache.get("a", source.ask) == 11


async def test_who_waits_for_the_question_of_another_waits_for_aws_too(cache: Cache[str, int]) -> None:
    answer = asyncio.Event()

    async def ask() -> int:
        await answer.wait()
        return 1

    first = asyncio.ensure_future(cache.get("key", ask))
    await asyncio.sleep(0)
    with watching() as pending:
        second = asyncio.ensure_future(cache.get("key", ask))
        await asyncio.sleep(0)
        assert pending.side is Side.AWS
    answer.set()
    assert await first == await second == 1
    assert pending.side is None


async def test_an_error_reaches_everybody_who_waits_and_is_not_kept(cache: Cache[str, int]) -> None:
    source = Source()
    source.error = UpstreamBusy("away")
    source.open.clear()
    waiting = [asyncio.ensure_future(cache.get("a", source.ask)) for _ in range(3)]
    await asyncio.sleep(0)
    source.open.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)

    assert [str(error) for error in told] == ["away"] * 3
    assert source.asked == 1
    source.error = None
    assert await cache.get("a", source.ask) == 2


async def test_when_the_one_who_asks_goes_away_another_asks(cache: Cache[str, int]) -> None:
    source = Source()
    source.open.clear()
    first, second = (asyncio.ensure_future(cache.get("a", source.ask)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.open.set()

    assert await second == 2
    assert first.cancelled()


async def test_a_clock_that_is_set_back_makes_everything_old(cache: Cache[str, int], clock: FakeClock) -> None:
    source = Source()
    await cache.get("a", source.ask)
    clock.move(-timedelta(hours=1))

    assert await cache.get("a", source.ask) == 2
    assert await cache.get("a", source.ask) == 2


async def test_old_answers_do_not_pile_up(cache: Cache[str, int], clock: FakeClock) -> None:
    source = Source()
    for number in range(CROWDED):
        await cache.get(str(number), source.ask)
    clock.move(MINUTE)
    await cache.get("last", source.ask)

    assert list(cache._answers) == ["last"]
