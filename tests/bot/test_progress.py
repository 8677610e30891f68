"""The progress of a command: shown at a terminal where somebody waits, and nowhere else."""

import asyncio
import io

import pytest

from bot.progress import Progress, shown
from tests.bot.waiting import until


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_it_is_drawn_over_itself_and_leaves_no_trace() -> None:
    terminal = Terminal()
    async with shown("Counting", terminal, after=0, every=0.001) as at:
        await until(lambda: "Counting: " in terminal.getvalue())
        at(5)
        await until(lambda: "Counting: 5" in terminal.getvalue())
        at(1500, 3000)
        await until(lambda: "Counting: 1,500 of 3,000 (50 %)" in terminal.getvalue())

    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "\n" not in terminal.getvalue()


async def test_what_is_done_at_once_is_not_shown() -> None:
    terminal = Terminal()
    async with shown("Counting", terminal, after=3600) as at:
        at(1, 2)
        await asyncio.sleep(0)

    assert terminal.getvalue() == ""


async def test_where_there_is_no_terminal_nothing_is_written() -> None:
    file = io.StringIO()
    async with shown("Counting", file, after=0, every=0) as at:
        at(1, 2)
        await asyncio.sleep(0)

    assert file.getvalue() == ""


async def test_a_failure_in_it_passes_through_and_the_line_is_cleared() -> None:
    terminal = Terminal()

    async def fail() -> None:
        async with shown("Counting", terminal, after=0, every=0.001):
            await until(lambda: terminal.getvalue() != "")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await fail()

    assert terminal.getvalue().endswith("\r\x1b[K")


def test_more_than_was_expected_is_no_more_than_all_of_it() -> None:
    progress = Progress("Counting")
    progress(12, 10)

    assert progress.line() == "Counting: 12 of 10 (100 %)"
