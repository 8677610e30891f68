"""The end of work in the background, and the order in which the process shuts down."""

import asyncio
import io
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bot.lifecycle import BackgroundTasks, draining, run_until_stopped, stop_on_signals
from bot.logs import configure
from core.domain.errors import Reason, Refusal, Refused, Side, UpstreamBusy
from tests.bot.waiting import until

pytestmark = pytest.mark.usefixtures("_restored_logging")


async def forever() -> None:
    await asyncio.Event().wait()


async def refuse() -> None:
    raise Refused(Refusal(Reason.NOT_PERMITTED, detail="admins"))


async def fail() -> None:
    raise LookupError("what nobody expected")


@pytest.fixture
def out() -> io.StringIO:
    configure("json", to=(out := io.StringIO()))
    return out


async def test_work_is_done_and_its_result_can_be_had() -> None:
    async def answer() -> int:
        return 42

    assert await BackgroundTasks().start(answer(), "answer") == 42


async def test_work_that_is_over_is_not_held_on_to() -> None:
    background = BackgroundTasks()
    await background.start(asyncio.sleep(0), "short")
    await until(lambda: len(background) == 0)


async def test_a_no_by_the_rules_is_no_failure(out: io.StringIO) -> None:
    background = BackgroundTasks()
    background.start(refuse(), "a screen that is for admins")
    await background.drain(5)

    assert out.getvalue() == ""


async def test_a_failure_is_written_down_with_an_incident_and_its_traceback(out: io.StringIO) -> None:
    background = BackgroundTasks()
    background.start(fail(), "doomed")
    await background.drain(5)

    (line,) = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (line["event"], line["level"], line["work"]) == ("background work failed", "error", "doomed")
    assert len(line["incident"]) == 8
    assert "what nobody expected" in line["exception"]


async def test_what_others_did_not_answer_is_no_incident(out: io.StringIO) -> None:
    async def ask() -> None:
        raise UpstreamBusy("The database is away", side=Side.STORAGE)

    background = BackgroundTasks()
    background.start(ask(), "act of somebody")
    await background.drain(5)

    (line,) = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (line["event"], line["level"], line["work"]) == (
        "background work was not done",
        "warning",
        "act of somebody",
    )
    assert (line["because"], "incident" in line) == ("The database is away", False)


async def test_a_failure_leaves_other_work_alone() -> None:
    background = BackgroundTasks()
    other = background.start(asyncio.sleep(0, "done"), "other")
    background.start(fail(), "doomed")

    assert await background.drain(5) == ()
    assert other.result() == "done"


async def test_draining_waits_for_what_is_running_and_for_what_that_starts() -> None:
    background, done = BackgroundTasks(), list[str]()

    async def second() -> None:
        await asyncio.sleep(0)
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        background.start(second(), "second")
        done.append("first")

    background.start(first(), "first")

    assert await background.drain(5) == ()
    assert done == ["first", "second"]


async def test_draining_cuts_off_what_takes_too_long_and_names_it(out: io.StringIO) -> None:
    background = BackgroundTasks()
    tasks = [background.start(forever(), name) for name in ("b", "a")]
    begun = asyncio.get_running_loop().time()

    assert await background.drain(0.05) == ("a", "b")
    assert asyncio.get_running_loop().time() - begun < 30
    assert all(task.cancelled() for task in tasks)
    assert '"work": ["a", "b"]' in out.getvalue()


async def test_draining_ends_even_when_work_will_not_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.lifecycle._TIME_TO_CANCEL", 0.01)
    background, let_go = BackgroundTasks(), asyncio.Event()

    async def stubborn() -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    task = background.start(stubborn(), "stubborn")
    await asyncio.sleep(0)

    assert await background.drain(0) == ("stubborn",)
    let_go.set()
    await task


async def test_nothing_is_started_after_the_end() -> None:
    background = BackgroundTasks()
    await background.drain(0)

    with pytest.raises(RuntimeError, match="late was not started"):
        background.start(forever(), "late")


async def test_background_work_is_drained_when_its_block_is_left() -> None:
    async with draining(lambda: 5) as background:
        task = background.start(asyncio.sleep(0, "done"), "work")

    assert task.result() == "done"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_asks_to_stop_and_a_second_one_forces_it(number: signal.Signals) -> None:
    forced: list[int] = []
    with stop_on_signals(forced.append) as stop:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 60)
        assert forced == []

        os.kill(os.getpid(), number)
        await until(lambda: forced == [number])


async def test_signals_have_their_old_meaning_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals():
        pass

    assert signal.getsignal(signal.SIGTERM) == before


@asynccontextmanager
async def part(name: str, seen: list[str], at_end: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
    seen.append(f"{name} begins")
    try:
        yield
    finally:
        seen.append(f"{name} ends")
        at_end()


def stop_now() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def test_what_was_started_last_is_taken_down_first() -> None:
    seen: list[str] = []

    async def start(parts: AsyncExitStack) -> None:
        await parts.enter_async_context(part("database", seen))
        await parts.enter_async_context(part("web", seen))
        stop_now()

    await run_until_stopped(start)

    assert seen == ["database begins", "web begins", "web ends", "database ends"]


async def test_a_start_that_fails_takes_down_what_had_been_started() -> None:
    seen: list[str] = []

    async def start(parts: AsyncExitStack) -> None:
        await parts.enter_async_context(part("database", seen))
        raise OSError("port in use")

    with pytest.raises(OSError, match="port in use"):
        await run_until_stopped(start)

    assert seen == ["database begins", "database ends"]


async def test_a_part_that_fails_to_end_does_not_keep_the_others() -> None:
    seen: list[str] = []

    def fail_at_end() -> None:
        raise OSError("cannot close")

    async def start(parts: AsyncExitStack) -> None:
        await parts.enter_async_context(part("database", seen))
        await parts.enter_async_context(part("web", seen, fail_at_end))
        stop_now()

    with pytest.raises(OSError, match="cannot close"):
        await run_until_stopped(start)

    assert seen[-1] == "database ends"


async def test_a_part_that_never_ends_keeps_the_process_only_so_long(out: io.StringIO) -> None:
    forced, end = [], asyncio.Event()

    @asynccontextmanager
    async def stubborn() -> AsyncIterator[None]:
        yield
        await end.wait()

    def force(number: int) -> None:
        forced.append(number)
        end.set()

    async def start(parts: AsyncExitStack) -> None:
        await parts.enter_async_context(stubborn())
        stop_now()

    await run_until_stopped(start, force, stopped_within=0.01)

    assert forced == [signal.SIGTERM]
    assert "did not stop in time" in out.getvalue()


async def test_a_signal_is_heard_while_something_is_still_starting() -> None:
    seen: list[str] = []

    async def start(parts: AsyncExitStack) -> None:
        await parts.enter_async_context(part("database", seen))
        asyncio.get_running_loop().call_soon(stop_now)
        await forever()

    async with asyncio.timeout(60):
        await run_until_stopped(start)

    assert seen == ["database begins", "database ends"]


async def test_what_cannot_start_is_told_to_whoever_started_it() -> None:
    async def start(_: AsyncExitStack) -> None:
        await fail()

    with pytest.raises(LookupError):
        await run_until_stopped(start)
