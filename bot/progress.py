"""The progress of a command, for somebody who waits at a terminal.

A line on standard error that is drawn over itself, from the second second on; nothing where that is no terminal.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TextIO

AFTER, EVERY = 1.0, 0.2
"""Seconds before it is first drawn, and between two drawings."""
_CLEAR = "\r\x1b[K"


class Progress:
    """A name and a progress so far. Called with how many are done, and of how many where that is known."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._begun = time.monotonic()
        self._done = self._whole = 0

    def __call__(self, done: int, whole: int = 0) -> None:
        self._done, self._whole = done, whole

    def line(self) -> str:
        """``Walking the audit trail: 12,300 of 40,000 (30 %)``; without a number the seconds that it has taken."""
        if self._whole:
            share = 100 * min(self._done, self._whole) // self._whole
            return f"{self._label}: {self._done:,} of {self._whole:,} ({share} %)"
        if self._done:
            return f"{self._label}: {self._done:,}"
        return f"{self._label}: {time.monotonic() - self._begun:.0f} s"


@asynccontextmanager
async def shown(
    label: str, stream: TextIO | None = None, *, after: float = AFTER, every: float = EVERY
) -> AsyncIterator[Progress]:
    """Show it for the length of an ``async with``, and leave no trace of it."""
    stream, progress = stream or sys.stderr, Progress(label)
    if not stream.isatty():
        yield progress
        return
    drawing = asyncio.ensure_future(_draw(progress, stream, after, every))
    try:
        yield progress
    finally:
        drawing.cancel()
        with suppress(asyncio.CancelledError):
            await drawing


async def _draw(progress: Progress, stream: TextIO, after: float, every: float) -> None:
    await asyncio.sleep(after)
    try:
        while True:
            stream.write(f"{_CLEAR}{progress.line()}")
            stream.flush()
            await asyncio.sleep(every)
    finally:
        stream.write(_CLEAR)
        stream.flush()
