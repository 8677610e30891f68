"""The clock of the machine, and one that can be set ahead. Nothing else in the program asks for the time of day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class SystemClock:
    """The time of day as the machine has it."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 -- this is the Clock port


class ShiftedClock:
    """The machine's clock, ahead by the seconds written in a small file. For the sandbox only.

    Somebody trying the product out wants to see access end without waiting for hours. The file is read anew
    whenever it was written; while it is missing, or holds no number, the clock is not shifted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written_at: int | None = None
        self._shift = timedelta()

    def now(self) -> datetime:
        self._look()
        return datetime.now(UTC) + self._shift  # noqa: TID251 -- this is the Clock port

    def _look(self) -> None:
        written_at = self._mtime()
        if written_at != self._written_at:
            self._shift = self._read()
            self._written_at = written_at

    def _mtime(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None

    def _read(self) -> timedelta:
        try:
            return timedelta(seconds=float(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, OverflowError):
            return timedelta()
