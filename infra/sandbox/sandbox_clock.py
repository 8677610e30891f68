"""The clock of the sandbox: the machine's own, moved ahead by hand, and by a file for whoever lives in another process.

It only ever goes forward, as clocks do.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path


class SandboxClock:
    """``file`` holds the seconds that this clock is ahead of the machine's; it is written whole or not at all."""

    def __init__(self, file: Path, machine: Callable[[], float] = time.time) -> None:
        self.file = file
        self._machine = machine
        self._ahead = timedelta()
        self._write()

    @property
    def ahead(self) -> timedelta:
        return self._ahead

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.fromtimestamp(self._machine(), UTC) + self._ahead

    def timestamp(self) -> float:
        """Seconds since 1970, as Slack counts."""
        return self._machine() + self._ahead.total_seconds()

    def move(self, by: timedelta) -> None:
        """Go ahead. ValueError for a way back, which would undo what has happened already."""
        if by < timedelta():
            raise ValueError(f"the clock of the sandbox goes forward only, not by {by}")
        self._ahead += by
        self._write()

    def _write(self) -> None:
        """A new file in place of the old one: nobody reads half a number."""
        fresh = self.file.with_name(f"{self.file.name}.new")
        fresh.write_text(f"{self._ahead.total_seconds():.0f}\n", encoding="utf-8")
        fresh.replace(self.file)
