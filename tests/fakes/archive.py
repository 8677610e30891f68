"""A bucket in memory: each key is written once."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.domain.errors import UpstreamRefused
from core.ports import STANDS_THERE


class FakeArchive:
    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.fails: deque[Exception] = deque()
        """Raised by the next calls instead of writing."""
        self.down: Exception | None = None
        """Raised when it is looked into."""

    async def put(self, key: str, file: Path, facts: Mapping[str, str]) -> None:
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails.popleft()
        there = self.files.get(key)
        if there is None:
            self.files[key] = (file.read_bytes(), dict(facts))  # noqa: ASYNC240
        elif there[1] != dict(facts):
            raise UpstreamRefused(f"{key} is there already, with other events", code=STANDS_THERE)

    async def keys(self, prefix: str, after: str = "") -> Sequence[str]:
        await asyncio.sleep(0)
        if self.down is not None:
            raise self.down
        return sorted(key for key in self.files if key.startswith(prefix) and key > after)

    async def facts(self, key: str) -> Mapping[str, str]:
        await asyncio.sleep(0)
        return self.files[key][1]

    async def fetch(self, key: str, into: Path) -> None:
        await asyncio.sleep(0)
        into.write_bytes(self.files[key][0])  # noqa: ASYNC240
