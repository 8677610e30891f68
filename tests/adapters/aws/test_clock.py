from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.adapters.clock import ShiftedClock, SystemClock


def shift_of(clock: ShiftedClock) -> timedelta:
    """To the second."""
    return timedelta(seconds=round((clock.now() - datetime.now(UTC)).total_seconds()))


def test_the_system_clock_is_the_machine_s_in_aware_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()

    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_a_shifted_clock_is_ahead_by_what_the_file_says_as_soon_as_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "shift"
    clock = ShiftedClock(file)
    assert shift_of(clock) == timedelta(0)
    file.write_text("3600\n")
    assert shift_of(clock) == timedelta(hours=1)
    file.write_text("7200.4")
    assert shift_of(clock) == timedelta(hours=2)
    file.unlink()
    assert shift_of(clock) == timedelta(0)


@pytest.mark.parametrize("text", ["", "an hour", "1e999", "nan"])
def test_a_file_that_holds_no_number_shifts_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "shift"
    file.write_text(text)

    assert shift_of(ShiftedClock(file)) == timedelta(0)
