"""Keeps the audit trail a second time: every day that is over becomes a file in a bucket, once, without a gap.

A file holds the events behind those of the file before it, up to the last one before an event of a later day. So
the files together are the chain, and each names its end: what the database is later held against.
"""

import asyncio
import gzip
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import structlog

from core.domain.alarm import ARCHIVED_WITHIN
from core.domain.archive import ArchiveFile, file_of, folder_of
from core.domain.audit import Anchor, Sealed, moment_of
from core.domain.audit_format import AuditLines
from core.domain.errors import Conflict, Side, Upstream, UpstreamRefused
from core.ports import STANDS_THERE, Archived, AuditArchive, Background, Clock, OpenUnit
from core.services.audit.archive_files import ArchiveFiles
from core.services.audit.trail_export import TrailExport, TrailLine
from core.services.audit.trail_proof import SETTLED_AFTER, archived_behind, day_of, look_at_ends
from core.services.runtime.lease_renewal import LEASE, renewing
from core.services.runtime.retries import doubled

LOOK_AGAIN_AFTER = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
BROKEN, AHEAD = "trail_broken", "archive_ahead"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Day:
    """The content of one file."""

    day: date
    first: Sealed
    last: Sealed
    count: int

    @property
    def facts(self) -> dict[str, str]:
        """The facts stored with the file: the end of the chain at that time among it."""
        return {
            "first-seq": str(self.first.seq),
            "last-seq": str(self.last.seq),
            "last-hash": self.last.hash,
            "events": str(self.count),
        }


class AuditArchiver:
    def __init__(
        self,
        look: OpenUnit,
        open_unit: OpenUnit,
        archive: AuditArchive,
        clock: Clock,
        background: Background,
        *,
        lines: AuditLines,
        prefix: str,
    ) -> None:
        self._look = look
        self._open_unit = open_unit
        self._archive = archive
        self._clock = clock
        self._background = background
        self._lines = lines
        self._prefix = prefix
        self._trail = TrailExport(look)
        self._files = ArchiveFiles(look, archive, prefix)
        self._working: asyncio.Task[None] | None = None

    async def work(self) -> int:
        """Begin to archive what is over, unless that is going on here or elsewhere. Nobody waits for it."""
        if self._working is not None and not self._working.done():
            return 0
        async with self._open_unit() as unit:
            archived = await unit.archive.claim(self._clock.now(), LEASE)
            await unit.commit()
        if archived is None:
            return 0
        self._working = self._background.start(self._carry(archived), "audit archive")
        return 1

    async def done(self) -> None:
        """Wait for what was begun here."""
        if self._working is not None:
            await self._working

    async def behind(self) -> timedelta:
        """The time for which the oldest day that is over has waited to be archived."""
        return await archived_behind(self._look, self._clock)

    async def _carry(self, archived: Archived) -> None:
        try:
            await self._try(archived)
        except Conflict:  # it took longer than the lease, and another replica has taken it over
            log.warning("audit archive was taken over")

    async def _try(self, archived: Archived) -> None:
        try:
            while (done := await self._next(archived)) is not None:
                archived = done
        except Upstream as error:
            await self._put_off(archived, error)
        else:
            await self._release(archived, LOOK_AGAIN_AFTER)

    async def _put_off(self, archived: Archived, error: Upstream) -> None:
        pause = doubled(archived.attempts, timedelta(minutes=1), LONGEST_PAUSE)
        behind = await self.behind()
        is_broken = isinstance(error, UpstreamRefused) and error.code in {BROKEN, AHEAD}
        say = log.error if is_broken or behind > ARCHIVED_WITHIN else log.warning
        say("audit archive to be tried again", because=str(error), again_in=str(pause), behind=str(behind))
        await self._release(archived, pause, str(error))

    async def _next(self, archived: Archived) -> Archived | None:
        """Archive one day; None when none is over that was not archived."""
        await self._refuse_another_trail()
        file = await renewing(self._put(archived), lambda: self._hold(archived))
        if file is None:
            return None
        async with self._open_unit() as unit:
            await unit.archive.advance(archived, file.end, file.day + timedelta(days=1))
            claimed = await unit.archive.claim(self._clock.now(), LEASE)
            await unit.commit()
        log.info("audit trail archived", day=file.day.isoformat(), first=file.first, last=file.end.seq)
        return claimed

    async def _put(self, archived: Archived) -> ArchiveFile | None:
        with tempfile.TemporaryDirectory(prefix="teambot-archive-") as folder:
            file = Path(folder) / "day.gz"
            day = await self._write(archived, file)
            if day is None:
                return None
            await self._refuse_an_older_trail()
            await self._hold(archived)
            key = self._key(day.day)
            try:
                await self._archive.put(key, file, day.facts)
            except UpstreamRefused as refused:
                stands = await self._standing(key, archived) if refused.code == STANDS_THERE else None
                if stands is None:
                    raise
                return stands
        return ArchiveFile(key, day.day, day.first.seq, Anchor(day.last.seq, day.last.hash))

    async def _standing(self, key: str, archived: Archived) -> ArchiveFile | None:
        """The file that an earlier try wrote there, before something late of that day was sealed: the next one has it.

        None where what stands there is no part of this trail, or has a gap before it.
        """
        file = file_of(key, await self._archive.facts(key))
        follows = file is not None and file.first == archived.seq + 1 and file.end.seq >= file.first
        return file if file is not None and follows and await self._trail.continues(file.end) else None

    async def _refuse_another_trail(self) -> None:
        """Each file goes on behind the one before, or there is none."""
        if (broken := await look_at_ends(self._look)) is not None:
            raise UpstreamRefused(f"The audit trail is broken: event {broken.seq} {broken.what}.", code=BROKEN).at(
                Side.STORAGE
            )

    async def _refuse_an_older_trail(self) -> None:
        """Files that the trail knows nothing of are not gone on behind: two histories would stand side by side."""
        if (ahead := await self._files.ahead()) is not None:
            raise UpstreamRefused(
                f"The archive goes on to event {ahead.end.seq} in {ahead.key}, which this trail does not have.",
                code=AHEAD,
            ).at(Side.STORAGE)

    async def _write(self, archived: Archived, file: Path) -> _Day | None:
        """Write the next day that is over into a file that is the same whenever it is written."""
        over = (self._clock.now() - SETTLED_AFTER).date()
        first = last = None
        count, day = 0, date.max
        with file.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
            packed.write(self._lines.heading)
            async with aclosing(self._events(archived)) as events:
                async for line in events:
                    if first is None:
                        first, day = line.event, day_of(line.event, archived)
                    if day >= over or moment_of(line.event).date() > day:
                        break
                    packed.write(line.text)
                    last, count = line.event, count + 1
        return _Day(day, first, last, count) if first and last else None

    def _events(self, archived: Archived) -> AsyncGenerator[TrailLine]:
        return self._trail.lines(self._lines, lambda _: True, after=archived.seq)

    def _key(self, day: date) -> str:
        return f"{folder_of(self._prefix, day)}audit-{day:%Y-%m-%d}.{self._lines.style}.gz"

    async def _hold(self, archived: Archived) -> None:
        async with self._open_unit() as unit:
            await unit.archive.hold(archived, self._clock.now() + LEASE)
            await unit.commit()

    async def _release(self, archived: Archived, pause: timedelta, error: str = "") -> None:
        async with self._open_unit() as unit:
            await unit.archive.release(archived, self._clock.now() + pause, error)
            await unit.commit()
