"""Reads what is in the archive, and holds it against the trail: after a restore that is the older of the two."""

import asyncio
import gzip
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

from core.domain.archive import ArchiveFile, behind, file_of, is_day_file
from core.ports import AuditArchive, OpenUnit
from core.services.audit.trail_export import TrailExport

_OPERATION = re.compile(r'aws_request_id"+: ?"+([0-9A-Za-z-]+)')
"""In every format: JSON, and JSON in a cell of CSV, where quotes stand twice."""


class ArchiveFiles:
    def __init__(self, look: OpenUnit, archive: AuditArchive, prefix: str) -> None:
        self._look = look
        self._archive = archive
        self._prefix = prefix
        self._trail = TrailExport(look)

    async def ahead(self) -> ArchiveFile | None:
        """The newest file, when its end is no event of the trail: then the trail is an older one, or another.

        One may be there that is not noted yet, by a process that died then: its end is an event of the trail.
        """
        for key in reversed(await self.unknown()):
            file = file_of(key, await self._archive.facts(key))
            if file is not None:
                return None if await self._trail.continues(file.end) else file
        return None

    async def unknown(self) -> Sequence[str]:
        """Keys of files behind the last one that the trail knows of, in order: as a rule none."""
        async with self._look() as unit:
            next_day = (await unit.archive.get()).next_day
        after = behind(self._prefix, next_day and next_day - timedelta(days=1))
        return list(filter(is_day_file, await self._archive.keys(self._prefix, after)))

    async def lost_operations(self) -> frozenset[str]:
        """AWS's names for what the files tell of that the trail lost; none when it lost nothing."""
        if await self.ahead() is None:
            return frozenset()
        found: set[str] = set()
        with tempfile.TemporaryDirectory(prefix="teambot-archive-") as folder:
            file = Path(folder) / "day.gz"
            for key in await self.unknown():
                await self._archive.fetch(key, file)
                found |= await asyncio.to_thread(_operations_in, file)
        return frozenset(found)

    async def all(self) -> AsyncIterator[ArchiveFile]:
        """Every file of the trail, in order; those of others under the same prefix are left out."""
        for key in filter(is_day_file, await self._archive.keys(self._prefix)):
            file = file_of(key, await self._archive.facts(key))
            if file is not None:
                yield file


def _operations_in(file: Path) -> set[str]:
    with gzip.open(file, "rt", encoding="utf-8", errors="replace") as lines:
        return {found for line in lines for found in _OPERATION.findall(line)}
