"""``teambot audit``: proves the trail, holds it against its archive, and writes it out."""

import os
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from bot import __version__
from bot.compose import Infrastructure, archive_files_of, database_of, open_infrastructure
from bot.operator import operator_name
from bot.progress import shown
from bot.said import say, to_file, to_standard_output
from bot.schema import need_schema
from bot.settings import ProcessSettings
from core.adapters.storage.engine import Database
from core.adapters.storage.private_files import PRIVATE
from core.domain.archive import ArchiveFile
from core.domain.audit import Anchor, ChainBreak, Sealed, Walk
from core.domain.audit_format import AuditLines, AuditLineStyle
from core.domain.branches import REJOINED, BranchComparison, Branches, days
from core.domain.request import Actor
from core.ports import UnitOfWork
from core.services.audit.archive_files import ArchiveFiles
from core.services.audit.trail_export import TrailExport, TrailLine, between
from core.services.integrity.archive_rejoin import rejoin as rejoin_as
from handlers.words.counts import noun

BLOCK = 64 * 1024


async def verify(settings: ProcessSettings, noted: str, *, against_archive: bool = False) -> int:
    """Walk the chain, never holding more of it than an event."""
    if against_archive:
        return await _verify_with_archive(settings, noted)
    async with database_of(settings) as database:
        await need_schema(database)
        return await _verify(database, noted, Branches(()))


async def _verify(database: Database, noted: str, branches: Branches) -> int:
    async with database.look() as unit:
        verdict, seen = await _walked(unit, noted, branches)
    if isinstance(verdict, ChainBreak):
        say(f"Event {verdict.seq} {verdict.what}.", err=True)
        return 1
    if noted and not seen:
        say(f"The chain is intact, but does not contain {noted}: history may have been rewritten.", err=True)
        return 1
    events = f"{verdict.seq} {noun(verdict.seq, 'event')}"
    say(f"The chain is intact: {events}. Note this end elsewhere: {verdict.seq}:{verdict.hash}")
    return 0


async def _walked(unit: UnitOfWork, noted: str, branches: Branches) -> tuple[ChainBreak | Anchor, bool]:
    anchor = await unit.audit.anchor()
    walk, seen = Walk((await unit.archive.get()).end), False
    async with shown("Walking the audit trail") as at:
        async for event in unit.audit.chain():
            if (broken := walk.step(event)) is not None:
                return broken, seen
            branches.step(event)
            seen = seen or f"{event.seq}:{event.hash}" == noted
            at(event.seq, anchor.seq)
    return walk.finish(anchor), seen


async def _verify_with_archive(settings: ProcessSettings, noted: str) -> int:
    """And hold the end of each archived day against it."""
    async with open_infrastructure(settings, binds=False) as base:
        await need_schema(base.database)
        branches = Branches([file async for file in _files(settings, base).all()])
        async with base.database.look() as unit:
            upto = (await unit.archive.get()).seq
        code = await _verify(base.database, noted, branches)
    seen = branches.compare(upto)
    _tell(seen)
    return 1 if seen.unexplained or seen.missing else code


def _tell(seen: BranchComparison) -> None:
    if seen.agreeing:
        say(f"{_counted(seen.agreeing)} {'end' if seen.agreeing > 1 else 'ends'} with an event of it.")
    if seen.cut_off:
        say(f"{_named(seen.cut_off)} a history that a restore cut off, as the trail says itself ({REJOINED}).")
    for first, last in seen.missing:
        say(
            f"No file in the archive has events {first} to {last}, which were archived: it was deleted there, or is in "
            "another bucket or under another prefix.",
            err=True,
        )
    if seen.unexplained:
        newest = seen.unexplained[-1]
        say(
            f"{_named(seen.unexplained)} events that the database does not, up to event {newest.end.seq} in "
            f"{newest.key}. Was it restored from a backup? Then say so with `teambot audit rejoin --reason TEXT`, and "
            "the archive goes on behind them. Otherwise keep a copy of the database: the trail was written anew, or "
            "the archive is another installation's.",
            err=True,
        )


def _named(files: Sequence[ArchiveFile]) -> str:
    return f"{_counted(len(files))} ({days(files)}) {'have' if len(files) > 1 else 'has'}"


def _counted(files: int) -> str:
    return f"{files} archived {noun(files, 'day')}"


async def rejoin(settings: ProcessSettings, reason: str) -> int:
    """Say that the database was restored: the archive keeps what it lost, and goes on behind it."""
    if not reason.strip():
        raise click.UsageError("Give the reason with --reason: it is kept in the audit trail.")
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        ahead = await _files(settings, base).ahead()
        if ahead is None:
            say("The archive has nothing that the database lacks, so there is nothing to do.")
            return 0
        await rejoin_as(base.database.open, base.clock, ahead, Actor(name=operator_name()), reason.strip())
    say(
        f"The events that the database lacks stay in the archive, up to event {ahead.end.seq} in {ahead.key}. The "
        "trail says so, "
        "and its next file is that of the day after."
    )
    return 0


def _files(settings: ProcessSettings, base: Infrastructure) -> ArchiveFiles:
    files = archive_files_of(settings, base)
    if files is None:
        raise click.UsageError("There is no archive: TEAMBOT_AUDIT_S3_BUCKET is not set.")
    return files


async def export(
    settings: ProcessSettings,
    style: AuditLineStyle,
    since: datetime | None,
    until: datetime | None,
    *,
    output: Path | None = None,
    resume: bool = False,
    after: int = 0,
) -> int:
    """Write the trail to a file or to standard output, behind what is there already."""
    if since and until and until <= since:
        raise click.UsageError("The period is empty: --since must be before --until.")
    lines = AuditLines(style, __version__)
    keep = between(_utc(since), _utc(until))
    async with database_of(settings) as database:
        await need_schema(database)
        trail = TrailExport(database.look)
        if output is None:
            await _print(b"" if after else lines.heading, trail.lines(lines, keep, after=after))
            return 0
        with to_file(output):
            end = _end_of(output, lines, resume=resume)
        if not await trail.continues(end):
            raise click.ClickException(
                f"{output} ends with event {end.seq}, which is another one in this trail: write to another file."
            )
        with to_file(output), output.open("ab") as opened:
            heading = lines.heading if opened.tell() == 0 else b""
            async with database.look() as unit:
                newest = (await unit.audit.anchor()).seq
            async with shown("Writing the audit trail") as at:
                events = trail.lines(lines, keep, after=max(end.seq, after))
                written = await _write(opened, heading, events, lambda event: at(event.seq, newest))
            os.fsync(opened.fileno())
    say(f"{written} {noun(written, 'event')} written to {output}.", err=True)
    return 0


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _unnoted(event: Sealed) -> None:
    """Nobody waits for it at a terminal."""


async def _print(heading: bytes, events: AsyncGenerator[TrailLine]) -> None:
    with to_standard_output():
        await _write(sys.stdout.buffer, heading, events)


async def _write(
    to: BinaryIO, heading: bytes, events: AsyncGenerator[TrailLine], note: Callable[[Sealed], None] = _unnoted
) -> int:
    count = 0
    to.write(heading)
    async with aclosing(events) as opened:
        async for line in opened:
            to.write(line.text)
            note(line.event)
            count += 1
    to.flush()
    return count


def _end_of(output: Path, lines: AuditLines, *, resume: bool) -> Anchor:
    """The event that a file ends with. A last line that was cut off is taken away: it is written again."""
    if not output.exists() or output.stat().st_size == 0:
        output.touch(PRIVATE)  # whom else it is for, its owner says once: going on leaves the mode as it is
        return Anchor()
    if not resume:
        raise click.ClickException(
            f"{output} exists already: add --resume to continue after its end, or name another file."
        )
    with output.open("r+b") as opened:
        end = _after_last_newline(opened)
        opened.truncate(end)
        last = _last_line(opened, end)
    found = lines.end_of(last)
    if found is None and last not in (lines.heading, b""):
        raise click.ClickException(
            f"{output} does not end with an event as {lines.style}: give the format that it was written in."
        )
    return found or Anchor()


def _after_last_newline(opened: BinaryIO) -> int:
    """The end of the last whole line; the file is read backwards because it may be large."""
    position = opened.seek(0, os.SEEK_END)
    while position > 0:
        begin = max(0, position - BLOCK)
        opened.seek(begin)
        found = opened.read(position - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        position = begin
    return 0


def _last_line(opened: BinaryIO, end: int) -> bytes:
    if end == 0:
        return b""
    line, position = b"", end - 1
    while position > 0:
        begin = max(0, position - BLOCK)
        opened.seek(begin)
        block = opened.read(position - begin)
        found = block.rfind(b"\n")
        line = block[found + 1 :] + line
        if found >= 0:
            break
        position = begin
    return line + b"\n"
