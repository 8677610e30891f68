"""Waits for a question that takes a while, and stops it where it must not go on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog

from core.adapters.aws.activity.configuration import GIGABYTE
from core.domain.errors import SourceRefused, SourceTrouble, Upstream

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.25, 3.0, 1.5

log = structlog.get_logger()


class QueryState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class QueryProgress:
    """The progress of a query. ``scanned`` is in bytes, ``reason`` the source's own words."""

    state: QueryState
    reason: str = ""
    scanned: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one query: its time, and the bytes it may scan."""

    patience: timedelta
    most_scanned: int


async def until_done(
    look: Callable[[], Awaitable[QueryProgress]], stop: Callable[[], Awaitable[object]], bounds: Bounds
) -> None:
    """Return once the question is answered.

    Raises SourceRefused when it ends in any other way, takes too long or scans too much; whoever leaves before its
    end, cancelled or by an error, stops it at the source.
    """
    loop = asyncio.get_running_loop()
    give_up_at, pause = loop.time() + bounds.patience.total_seconds(), FIRST_PAUSE
    try:
        while (progress := await look()).state is QueryState.RUNNING:
            _refuse_excess(progress, bounds, is_late=loop.time() + pause > give_up_at)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * GROWTH)
    except BaseException:
        await _stop(stop)
        raise
    if progress.state is not QueryState.DONE:
        raise SourceRefused(_ENDS[progress.state], said=progress.reason)


def _refuse_excess(progress: QueryProgress, bounds: Bounds, *, is_late: bool) -> None:
    if progress.scanned > bounds.most_scanned:
        raise SourceRefused(SourceTrouble.TOO_MUCH, f"{bounds.most_scanned / GIGABYTE:g} GB")
    if is_late:
        raise SourceRefused(SourceTrouble.TOO_SLOW, f"{bounds.patience.total_seconds():.0f} s")


_ENDS = {
    QueryState.FAILED: SourceTrouble.FAILED,
    QueryState.CANCELLED: SourceTrouble.CANCELLED,
    QueryState.TIMED_OUT: SourceTrouble.TOO_SLOW,
}


async def _stop(stop: Callable[[], Awaitable[object]]) -> None:
    """Stop a query. One that cannot be stopped ends by itself; the error that led here is the one to be told."""
    try:
        await stop()
    except Upstream as error:
        log.info("question could not be stopped", because=str(error))
