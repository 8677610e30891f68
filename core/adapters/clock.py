"""The clock of the machine, and one that can be set ahead. Nothing else in the program asks for the time of day."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from core.ports import ClockReading


class SystemClock:
    """The time of day as the machine has it."""

    def now(self) -> datetime:
        return self.read().at

    def read(self) -> ClockReading:
        return ClockReading(datetime.now(UTC), timedelta(seconds=time.monotonic()))  # noqa: TID251 -- this is the Clock port


class ShiftedClock:
    """The machine's clock, ahead by the seconds written in a small file. For the sandbox only.

    Somebody trying the product out wants to see access end without waiting for hours. A second number in the file is
    by how many seconds the machine's own clock is wrong: a fault, to be seen and found. The file is read anew whenever
    it was written; while it is missing, or holds no number, the clock is as the machine has it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._machine = SystemClock()
        self._written_at: int | None = None
        self._shift = self._error = timedelta()

    def now(self) -> datetime:
        return self.read().at + self._shift

    @property
    def shift(self) -> timedelta:
        """The time by which it is ahead, as the file says now."""
        self._look()
        return self._shift

    def read(self) -> ClockReading:
        self._look()
        machine = self._machine.read()
        return ClockReading(machine.at + self._error, machine.steady)

    def _look(self) -> None:
        written_at = self._mtime()
        if written_at != self._written_at:
            self._shift, self._error = self._numbers()
            self._written_at = written_at

    def _mtime(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None

    def _numbers(self) -> tuple[timedelta, timedelta]:
        try:
            shift, *error = (timedelta(seconds=float(each)) for each in self._path.read_text(encoding="utf-8").split())
        except (OSError, ValueError, OverflowError):
            return timedelta(), timedelta()
        return shift, sum(error, timedelta())


ProcessClock: TypeAlias = SystemClock | ShiftedClock
