"""The doctor's comparison of clocks."""

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.clocks import compare
from core.adapters.clock import ShiftedClock, SystemClock
from core.domain.replicas import ClockState, judge_clock

MOVED = timedelta(hours=3)


class Sts:
    """AWS, whose clock is so far ahead of the machine's."""

    client = SimpleNamespace(get_caller_identity="get_caller_identity")

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    async def call(self, _priority: object, _method: object) -> dict[str, Any]:
        at = SystemClock().now() + self.ahead
        return {"ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(at, usegmt=True)}}}


async def of_aws(clock: ShiftedClock | SystemClock, ahead: timedelta) -> ClockState:
    database, aws = SimpleNamespace(is_for_one_process=True), SimpleNamespace(sts=Sts(ahead))
    base: Any = SimpleNamespace(clock=clock, database=database, aws=aws)
    (compared,) = [each async for each in compare(base, None)]
    assert compared.other == "AWS"
    assert compared.ahead is not None
    return judge_clock(compared.ahead)


@pytest.mark.parametrize(("wrong", "state"), [(0, ClockState.RIGHT), (-40, ClockState.WRONG)])
async def test_a_clock_that_the_sandbox_moved_is_compared_with_an_aws_that_was_moved_along(
    tmp_path: Path, wrong: int, state: ClockState
) -> None:
    moved = tmp_path / "clock"
    moved.write_text(f"{MOVED.total_seconds():.0f} {wrong}\n", encoding="utf-8")
    assert await of_aws(ShiftedClock(moved), MOVED) is state


async def test_a_machine_whose_clock_is_not_that_of_aws_is_found() -> None:
    assert await of_aws(SystemClock(), timedelta(seconds=40)) is ClockState.WRONG
    assert await of_aws(SystemClock(), timedelta()) is ClockState.RIGHT
