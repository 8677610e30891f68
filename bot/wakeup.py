"""Hears from PostgreSQL that another replica has left work, so that ticks need not wait for their interval.

Only shortens the wait: a notification may be lost with its connection, and nothing depends on hearing one. On
SQLite there is one process, and nothing to hear.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import structlog
from sqlalchemy.engine import make_url

from bot.lifecycle import BackgroundTasks
from core.adapters.storage.address import connect_arguments
from core.adapters.storage.errors import driver_errors

CHANNEL = "teambot"
ANSWERED_WITHIN = 30.0
"""Seconds for a probe of the connection."""

OnWake = Callable[[Collection[str] | None], None]
"""Told what kinds of work there are; None: of any kind."""

log = structlog.get_logger()


class Wakeup:
    """One connection of its own that listens. Made by ``listening``.

    A connection that dies without a word is noticed by a probe every ``probe_every`` seconds, which must be answered
    within ``ANSWERED_WITHIN``. After a loss the next attempt waits ``retry_after`` seconds, doubling up to a minute.
    """

    def __init__(
        self, address: Callable[[], str], on_wake: OnWake, *, probe_every: float = 30, retry_after: float = 1
    ) -> None:
        self._address = address
        self._on_wake = on_wake
        self._probe_every = probe_every
        self._retry_after = retry_after

    async def listen(self) -> None:
        """Listen until cancelled, connecting anew whenever the connection is lost."""
        import asyncpg  # noqa: PLC0415 - a bot on SQLite does not load it

        pause = self._retry_after
        while True:
            try:
                connection = await asyncpg.connect(**connect_arguments(make_url(self._address())), timeout=10)
            except _lost() as error:
                log.warning("cannot listen to the database", error=str(error), again_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60)
                continue
            pause = self._retry_after
            try:
                await self._until_lost(connection)
            except _lost() as error:
                log.warning("stopped hearing the database", error=str(error))
            finally:
                connection.terminate()

    def _hear(self, *heard: object) -> None:
        """A notification as PostgreSQL passes it on: connection, process, channel and payload."""
        kinds = str(heard[-1])
        self._on_wake(kinds.split(",") if kinds else None)

    async def _until_lost(self, connection: Any) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, self._hear)
        self._on_wake(None)  # for what was said while nobody listened
        while not lost.is_set():
            try:
                await asyncio.wait_for(lost.wait(), self._probe_every)
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=ANSWERED_WITHIN)
        log.warning("stopped hearing the database", error="the connection was closed")


def _lost() -> tuple[type[Exception], ...]:
    """The errors of a lost connection; TimeoutError is an OSError."""
    return (OSError, *driver_errors())


@asynccontextmanager
async def listening(
    address: Callable[[], str], on_wake: OnWake, background: BackgroundTasks, *, probe_every: float = 30
) -> AsyncIterator[None]:
    """Call ``on_wake`` whenever the channel is notified, for the length of an ``async with``; nothing on SQLite.

    ``address`` is asked for at every connection: its password may have changed.
    """
    if make_url(address()).get_backend_name() != "postgresql":
        yield
        return
    task = background.start(Wakeup(address, on_wake, probe_every=probe_every).listen(), "wakeup")
    try:
        yield
    finally:
        while not task.done():  # a library on the way may have taken the first one for a time-out of its own
            task.cancel()
            await asyncio.wait({task}, timeout=1)
