"""Work that is done again and again: how often, how often at once, and what its failures do."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import datetime, timedelta

import pytest

from bot.logs import configure
from bot.ticker import Tick, Ticker, ticking
from core.domain.errors import Conflict, Side, UpstreamBusy, WrongClock
from tests.bot.waiting import turns, until
from tests.fakes.clock import FakeClock

HOUR = 3600.0
pytestmark = pytest.mark.usefixtures("_restored_logging")


class Gate:
    """A tick that waits in the middle until it is let through, and knows how often and how often at once it ran."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.runs = 0
        self.finished = 0
        self.most_at_once = 0
        self._passes = asyncio.Semaphore(1000 if is_open else 0)

    async def __call__(self) -> None:
        self.runs += 1
        self.most_at_once = max(self.most_at_once, self.runs - self.finished)
        await self._passes.acquire()
        self.finished += 1

    def let_through(self, runs: int = 1) -> None:
        for _ in range(runs):
            self._passes.release()


class Seen:
    """The runs that were observed."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, bool]] = []

    def __call__(self, name: str, seconds: float, succeeded_at: datetime | None) -> None:
        assert seconds >= 0
        self.runs.append((name, succeeded_at is not None))


def tick_of(run: Callable[[], Awaitable[object]], name: str = "work", seconds: float = HOUR) -> Tick:
    return Tick(name, seconds, run)


async def test_every_tick_runs_once_at_the_start() -> None:
    one, other = Gate(), Gate()
    async with ticking([tick_of(one), tick_of(other, "other")], FakeClock(), Seen(), lambda: 5):
        await until(lambda: (one.finished, other.finished) == (1, 1))
        await turns()

    assert (one.runs, other.runs) == (1, 1)


async def test_a_run_knows_nothing_of_the_act_that_nudged_it() -> None:
    """The run is for everybody: otherwise it would be taken for a part of the answer to one person."""
    act: ContextVar[str] = ContextVar("act", default="")
    known: list[str] = []

    async def look() -> timedelta:
        known.append(act.get())
        return timedelta(milliseconds=1)

    async with ticking([tick_of(look)], FakeClock(), Seen(), lambda: 5) as ticker:
        await until(lambda: len(known) > 0)
        act.set("Approve, by Bob")
        ticker.nudge("work")
        await until(lambda: len(known) > 3)

    assert set(known) == {""}


async def test_a_tick_comes_again_after_its_interval() -> None:
    gate = Gate()
    async with ticking([tick_of(gate, seconds=0.01)], FakeClock(), Seen(), lambda: 5):
        await until(lambda: gate.finished >= 3)


async def test_a_tick_that_says_when_it_is_wanted_again_is_called_then() -> None:
    runs = 0

    async def work() -> timedelta | None:
        nonlocal runs
        runs += 1
        return timedelta(milliseconds=1) if runs < 3 else None

    async with ticking([tick_of(work)], FakeClock(), Seen(), lambda: 5):
        await until(lambda: runs == 3)
        await turns()
    assert runs == 3


async def test_a_tick_that_wanted_to_come_again_does_not_after_the_stop() -> None:
    runs = 0

    async def work() -> timedelta:
        nonlocal runs
        runs += 1
        return timedelta(milliseconds=5)

    async with ticking([tick_of(work)], FakeClock(), Seen(), lambda: 5):
        await until(lambda: runs == 1)
    known = runs
    await asyncio.sleep(0.02)
    assert runs == known


async def test_a_nudge_runs_a_tick_at_once() -> None:
    gate = Gate()
    async with ticking([tick_of(gate)], FakeClock(), Seen(), lambda: 5) as ticker:
        await until(lambda: gate.finished == 1)
        ticker.nudge("work")
        await until(lambda: gate.finished == 2)


async def test_nudges_while_a_tick_runs_run_it_exactly_once_more() -> None:
    gate = Gate(is_open=False)
    async with ticking([tick_of(gate)], FakeClock(), Seen(), lambda: 5) as ticker:
        await until(lambda: gate.runs == 1)
        for _ in range(10):
            ticker.nudge("work")
        await turns()
        assert gate.runs == 1

        gate.let_through(10)
        await until(lambda: gate.finished == 2)
        await turns()

    assert (gate.runs, gate.most_at_once) == (2, 1)


async def test_a_nudge_during_the_extra_run_is_not_lost() -> None:
    gate = Gate(is_open=False)
    async with ticking([tick_of(gate)], FakeClock(), Seen(), lambda: 5) as ticker:
        await until(lambda: gate.runs == 1)
        ticker.nudge("work")
        gate.let_through()
        await until(lambda: gate.runs == 2)
        ticker.nudge("work")
        gate.let_through(2)
        await until(lambda: gate.finished == 3)


async def test_intervals_that_pass_while_a_tick_runs_are_not_made_up_for() -> None:
    slow, quick = Gate(is_open=False), Gate()
    ticks = [tick_of(slow, seconds=0.01), tick_of(quick, "quick", seconds=0.01)]
    async with ticking(ticks, FakeClock(), Seen(), lambda: 5):
        await until(lambda: quick.finished >= 5)
        assert slow.runs == 1
        slow.let_through(1000)
        await until(lambda: slow.finished >= 2)

    assert slow.most_at_once == 1


async def test_a_failing_tick_is_told_of_and_neither_it_nor_the_others_end() -> None:
    configure("json", to=(out := io.StringIO()))
    seen, other = Seen(), Gate()

    async def fail() -> None:
        raise LookupError("what nobody expected")

    ticks = [tick_of(fail, "failing", seconds=0.01), tick_of(other, "other", seconds=0.01)]
    async with ticking(ticks, FakeClock(), seen, lambda: 5) as ticker:
        await until(lambda: seen.runs.count(("failing", False)) >= 2 and other.finished >= 2)
        assert ticker.last_success("failing") is None

    line = json.loads(out.getvalue().splitlines()[0])
    assert (line["event"], line["tick"], len(line["incident"])) == ("tick failed", "failing", 8)
    assert "what nobody expected" in line["exception"]
    assert ("other", True) in seen.runs


async def test_what_others_do_not_answer_is_a_failure_and_no_incident() -> None:
    configure("json", to=(out := io.StringIO()))
    seen = Seen()

    async def ask() -> None:
        raise UpstreamBusy("The database is away", side=Side.STORAGE)

    async with ticking([tick_of(ask)], FakeClock(), seen, lambda: 5):
        await until(lambda: ("work", False) in seen.runs)

    line = json.loads(out.getvalue().splitlines()[0])
    assert (line["event"], line["level"], line["because"]) == ("tick failed", "warning", "The database is away")
    assert not {"incident", "exception"} & line.keys()


async def test_a_round_that_another_replica_has_taken_over_is_no_fault() -> None:
    configure("json", to=(out := io.StringIO()))
    seen = Seen()

    async def release() -> None:
        raise Conflict("the sweep was claimed anew")

    async with ticking([tick_of(release)], FakeClock(), seen, lambda: 5):
        await until(lambda: "tick was taken over" in out.getvalue())

    assert seen.runs == []
    assert "incident" not in out.getvalue()


async def test_the_last_success_is_told_by_the_clock() -> None:
    clock, gate = FakeClock(), Gate()
    async with ticking([tick_of(gate)], clock, Seen(), lambda: 5) as ticker:
        await until(lambda: ticker.last_success("work") is not None)

        assert ticker.last_success("work") == clock.now()


async def test_a_tick_without_success_for_long_is_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.ticker.time.monotonic", lambda: now)
    stuck, lively = Gate(is_open=False), Gate()
    async with ticking(
        [tick_of(stuck, "stuck", 10), tick_of(lively, "lively", 10)], FakeClock(), Seen(), lambda: 5
    ) as ticker:
        await until(lambda: lively.finished == 1)
        now += 50
        assert ticker.stalled() == ()

        now += 1
        ticker.nudge("lively")
        await until(lambda: lively.finished == 2)
        assert ticker.stalled() == ("stuck",)
        stuck.let_through()


async def test_stopping_lets_a_running_tick_finish_and_begins_no_other() -> None:
    gate = Gate(is_open=False)
    ticker = Ticker([tick_of(gate, seconds=0.01)], FakeClock(), Seen())
    ticker.start()
    await until(lambda: gate.runs == 1)
    ticker.nudge("work")

    asyncio.get_running_loop().call_later(0.03, gate.let_through, 10)
    await ticker.stop(5)
    ticker.nudge("work")
    await turns()

    assert (gate.runs, gate.finished) == (1, 1)


async def test_stopping_does_not_wait_for_ever() -> None:
    gate = Gate(is_open=False)
    ticker = Ticker([tick_of(gate)], FakeClock(), Seen())
    ticker.start()
    await until(lambda: gate.runs == 1)

    async with asyncio.timeout(60):
        await ticker.stop(0.01)

    assert gate.finished == 0


async def test_a_tick_that_nobody_knows_cannot_be_nudged() -> None:
    async with ticking([], FakeClock(), Seen(), lambda: 5) as ticker:
        with pytest.raises(KeyError):
            ticker.nudge("unknown")


async def test_a_tick_that_waits_for_somebody_else_is_not_stalled_and_one_that_fails_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.ticker._LEAST_PATIENCE", -1.0)
    monkeypatch.setattr("bot.ticker._MISSED_INTERVALS", 0)
    configure("json", to=io.StringIO())
    waiting, slow, failing = Gate(is_open=False), Gate(is_open=False), Gate(is_open=False)

    async def fail() -> None:
        if failing.runs:
            await failing()
        failing.runs += 1
        raise LookupError("a fault")

    ticks = [Tick("waits", HOUR, waiting, waits=True), Tick("slow", HOUR, slow), Tick("fails", HOUR, fail, waits=True)]
    async with ticking(ticks, FakeClock(), Seen(), lambda: 0.01) as ticker:
        await until(lambda: failing.runs == 1)
        ticker.nudge("fails")
        await until(lambda: failing.runs == 2 and waiting.runs == 1)
        assert ticker.stalled() == ("fails", "slow")


async def test_while_the_process_may_not_work_only_what_looks_runs() -> None:
    working, looking, may_work = Gate(), Gate(), False
    ticks = [tick_of(working, "working", 0.01), Tick("looking", 0.01, looking, always=True)]
    async with ticking(ticks, FakeClock(), Seen(), lambda: 5, may_work=lambda: may_work) as ticker:
        await until(lambda: looking.finished >= 2)
        ticker.nudge("working")
        await turns()
        assert (working.finished, ticker.last_success("working")) == (0, None)
        may_work = True
        await until(lambda: working.finished >= 1)


async def test_at_rest_nothing_new_begins_and_what_runs_goes_on() -> None:
    slow, other = Gate(is_open=False), Gate()
    async with ticking([tick_of(slow), tick_of(other, "other", 0.01)], FakeClock(), Seen(), lambda: 5) as ticker:
        await until(lambda: slow.runs == 1 and other.finished >= 1)
        ticker.rest()
        await turns()
        finished = other.finished
        ticker.nudge("other")
        await turns()
        assert other.finished == finished
        slow.let_through()
        await until(lambda: slow.finished == 1)


async def test_a_run_in_which_the_clock_is_found_wrong_is_no_fault() -> None:
    configure("json", to=(out := io.StringIO()))
    seen = Seen()

    async def write() -> None:
        raise WrongClock(timedelta(seconds=45))

    async with ticking([tick_of(write)], FakeClock(), seen, lambda: 5):
        await until(lambda: "tick was stopped" in out.getvalue())

    assert seen.runs == []
    assert "incident" not in out.getvalue()
