"""The clock of the sandbox, moved by somebody: the process notices."""

from datetime import timedelta
from pathlib import Path

from bot.lifecycle import BackgroundTasks
from bot.moved_clock import watching
from core.adapters.clock import ShiftedClock, SystemClock
from tests.bot.waiting import until


async def test_each_time_that_somebody_moves_the_clock_is_noticed_and_the_clock_has_moved_by_then(
    tmp_path: Path,
) -> None:
    clock, seen = ShiftedClock(tmp_path / "clock"), list[timedelta]()
    async with watching(clock, lambda: seen.append(clock.shift), BackgroundTasks()):
        for hours in (1, 2):
            beside = tmp_path / "clock.new"
            beside.write_text(f"{hours * 3600}\n")
            beside.replace(tmp_path / "clock")
            await until(lambda: len(seen) == hours)  # noqa: B023 - awaited at once
    assert seen == [timedelta(hours=1), timedelta(hours=2)]


async def test_the_clock_of_the_machine_is_not_watched() -> None:
    background = BackgroundTasks()
    async with watching(SystemClock(), lambda: None, background):
        assert await background.drain(0) == ()
