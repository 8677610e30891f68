"""A place that becomes free is filled; one that hangs, and a claim that fails, stop nothing that is under way."""

import asyncio
import gc
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.domain.errors import UpstreamBusy
from core.services.runtime import worker_pool
from core.services.runtime.worker_pool import WorkerPool
from tests.bot.waiting import turns, until
from tests.simulated_time import in_simulated_time

AWAY = UpstreamBusy("the database is away")


class Queue:
    """Numbers that wait to be worked on; those in ``slow`` take until ``go_on``."""

    def __init__(
        self, *waiting: int, slow: frozenset[int] = frozenset(), due_in: timedelta = worker_pool.LOOKS_AROUND_AFTER
    ) -> None:
        self.waiting = list(waiting)
        self.slow = slow
        self.go_on = asyncio.Event()
        self.done: list[int] = []
        self.begun: list[int] = []
        self.fails: Exception | None = None
        """The error of the next claim."""
        self.pool = WorkerPool(self.claim, self.work, 2, due_in=lambda: due_in)

    async def claim(self, limit: int) -> Sequence[int]:
        await asyncio.sleep(0)
        if self.fails is not None:
            raise self.fails
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def work(self, number: int) -> bool:
        self.begun.append(number)
        await asyncio.sleep(0)
        if number in self.slow:
            await self.go_on.wait()
        self.done.append(number)
        return True


async def test_one_that_hangs_keeps_its_own_place_alone() -> None:
    queue = Queue(0, 1, 2, 3, 4, slow=frozenset({1}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: queue.done == [0, 2, 3, 4])
    queue.go_on.set()
    assert await running == 5


async def test_never_more_than_there_are_places_are_under_way() -> None:
    queue = Queue(0, 1, 2, slow=frozenset({0, 1}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: len(queue.begun) == 2)
    for _ in range(20):
        await asyncio.sleep(0)
    assert queue.begun == [0, 1]
    queue.go_on.set()
    assert await running == 3


async def test_a_claim_that_fails_lets_what_is_under_way_come_to_its_end_and_is_raised_then() -> None:
    queue = Queue(0, 1, slow=frozenset({1}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: len(queue.begun) == 2)
    queue.fails = AWAY
    await until(lambda: queue.done == [0])
    assert not running.done()
    queue.go_on.set()
    with pytest.raises(UpstreamBusy):
        await running
    assert queue.done == [0, 1]


async def test_a_run_that_is_cancelled_cancels_what_it_has_begun() -> None:
    queue = Queue(0, slow=frozenset({0}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: queue.begun == [0])
    running.cancel()
    assert isinstance((await asyncio.gather(running, return_exceptions=True))[0], asyncio.CancelledError)
    queue.go_on.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert queue.done == []


async def test_what_is_handed_on_in_the_course_of_the_work_is_taken_up_at_once() -> None:
    queue = Queue(0, 1, slow=frozenset({1}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: queue.done == [0])
    queue.pool.take_up([7])
    await until(lambda: queue.done == [0, 7])
    queue.go_on.set()
    await running
    assert queue.done == [0, 7, 1]


@pytest.mark.parametrize("fails", [None, AWAY])
async def test_a_run_waits_for_what_was_handed_on_too(fails: Exception | None) -> None:
    queue = Queue(0, slow=frozenset({0, 7}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: queue.begun == [0])
    queue.pool.take_up([7])
    await until(lambda: queue.begun == [0, 7])
    queue.fails = fails
    for _ in range(20):
        await asyncio.sleep(0)
    queue.go_on.set()
    await asyncio.gather(running, return_exceptions=True)
    assert sorted(queue.done) == [0, 7]


async def test_a_run_that_is_cancelled_cancels_what_was_handed_on() -> None:
    queue = Queue(0, slow=frozenset({0, 7}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: queue.begun == [0])
    queue.pool.take_up([7])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    queue.go_on.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert queue.done == []


def test_what_is_known_to_become_due_is_taken_up_then() -> None:
    async def play() -> float:
        queue = Queue(0, slow=frozenset({0}), due_in=timedelta(seconds=3))
        running = asyncio.ensure_future(queue.pool.run())
        await turns()
        queue.waiting.append(1)
        while queue.done != [1]:  # noqa: ASYNC110 - the loop's time is simulated
            await asyncio.sleep(0.01)
        took = asyncio.get_running_loop().time()
        queue.go_on.set()
        await running
        return took

    assert in_simulated_time(play()) == pytest.approx(3, abs=0.1)


async def test_a_run_ends_after_a_while_though_more_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "RUNS_FOR", 0.0)
    queue = Queue(*range(9))
    assert await queue.pool.run() == 2
    assert queue.done == [0, 1]


async def test_a_run_whose_time_is_over_goes_on_for_the_others_while_one_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "RUNS_FOR", 0.0)
    monkeypatch.setattr(worker_pool, "LAST_ONES_WITHIN", 0.0)
    queue = Queue(0, 1, 2, 3, slow=frozenset({0}))
    running = asyncio.ensure_future(queue.pool.run())
    await until(lambda: queue.done == [1, 2, 3])
    assert not running.done()
    queue.go_on.set()
    assert await running == 4


async def test_of_several_that_fail_at_once_none_fails_unheard() -> None:
    async def claim(_: int, left: list[int] = [3, 0]) -> Sequence[int]:  # noqa: B006 - what is left
        return range(left.pop(0))

    async def work(_: int) -> bool:
        raise UpstreamBusy("away")

    unheard: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    with pytest.raises(UpstreamBusy):
        await WorkerPool(claim, work, 3).run()
    gc.collect()
    assert not unheard
