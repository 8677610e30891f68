"""A SQLite database that is new for every test and costs next to nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.adapters.storage.engine import Database


class QuickSqlite:
    """One engine for all tests: each engine compiles every statement anew, which takes longer than most tests."""

    def __init__(self, file: Path, template: bytes) -> None:
        self._file = file
        self._template = template
        self._database = Database(f"sqlite+aiosqlite:///{file}")

    def fresh(self, content: bytes = b"") -> Database:
        """The same database, as the migrations left it or with this content. The one before must have been closed."""
        self.clear()
        self._file.write_bytes(content or self._template)
        self._database.is_closed = False
        self._database._turn = asyncio.Lock()  # of the event loop of this test
        self._database.on_work = lambda _: None
        return self._database

    def content(self) -> bytes:
        """The content of the database, once it is closed."""
        return self._file.read_bytes()

    def clear(self) -> None:
        for left in self._file.parent.glob(f"{self._file.name}*"):
            left.unlink()


class NoThread:
    """In place of the thread that aiosqlite has for each connection: handing over costs more than a statement."""

    daemon = True

    def __init__(self, **_: object) -> None:
        pass

    def start(self) -> None:
        pass


class AtOnce:
    """In place of the queue to that thread: what is put in is done. Other work gets its turn before it is heard of.

    Where no other work is due, nothing is let by, and it is heard of without a round of the event loop.
    """

    def put_nowait(self, item: "tuple[asyncio.Future[Any] | None, Callable[[], Any]]") -> None:
        future, function = item
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - whoever waits for it is told
            if future is not None:
                _tell(future, future.set_exception, error)
        else:
            if future is not None:
                _tell(future, future.set_result, result)


def _tell(future: "asyncio.Future[Any]", settle: Callable[[Any], None], outcome: object) -> None:
    loop: Any = future.get_loop()
    if loop._ready or (loop._scheduled and loop._scheduled[0].when() <= loop.time()):  # as asyncio's own loop has them
        loop.call_soon(_settle, settle, future, outcome)
    else:
        settle(outcome)


def _settle(settle: Callable[[Any], None], future: "asyncio.Future[Any]", outcome: object) -> None:
    if not future.done():
        settle(outcome)
