"""A SQLite database that is new for every test and costs next to nothing."""

import asyncio
from pathlib import Path

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
        self._database._turn = asyncio.Lock()  # of the event loop of this test
        return self._database

    def content(self) -> bytes:
        """What the database holds, once it is closed."""
        return self._file.read_bytes()

    def clear(self) -> None:
        for left in self._file.parent.glob(f"{self._file.name}*"):
            left.unlink()
