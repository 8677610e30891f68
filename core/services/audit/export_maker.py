"""The maker of one kind of file for the export queue: who may have it, what is in it, what it is called."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from core.domain.commands import ExportKind
from core.domain.ids import RequestId, read_request_id
from core.domain.people import ChatUser, Person
from core.domain.spreadsheet import csv_rows
from core.ports import Export


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The content of a file: rows without the heading, the digest of its bytes, and what it lacks."""

    rows: int
    sha256: str
    lacks: tuple[str, ...] = ()
    """The gaps in it, by names that ``handlers.words.export_words`` has sentences for."""
    alt: str = ""
    """The content of a picture, in words."""


class ExportMaker(Protocol):
    """``subject`` is what a file is of, as ``Export`` carries it."""

    def file_name(self, export: Export) -> str: ...

    async def allowed(self, chat_user: ChatUser, subject: str) -> Person:
        """The asker, read again. Refused or NotFound when it is not for them (rule 22)."""
        ...

    async def write(self, person: Person, subject: str, file: Path) -> ExportFile: ...


def request_of(kind: ExportKind, subject: str) -> RequestId | None:
    """The one request that a file is about, where it is about one."""
    return read_request_id(subject.partition(" ")[0]) if kind is ExportKind.ACTIVITY else None


async def write_bytes(file: Path, content: bytes, *, rows: int, alt: str) -> ExportFile:
    """Write what was made as a whole. ``rows``: how many requests are in it."""
    await asyncio.to_thread(_write, file, content)
    return ExportFile(rows, await asyncio.to_thread(_digest, file), alt=alt)


def _write(file: Path, content: bytes) -> None:
    file.touch(0o600)
    file.write_bytes(content)


async def write_table(
    file: Path, columns: Sequence[str], pages: AsyncIterator[Iterable[Iterable[object]]]
) -> ExportFile:
    """Write pages of rows as CSV, no cell of which a spreadsheet calculates: never more in memory than a page."""
    rows = 0
    with _opened(file) as opened:
        opened.write(csv_rows([columns]))
        async for page in pages:
            table = list(page)
            opened.write(csv_rows(table))
            rows += len(table)
    return ExportFile(rows, await asyncio.to_thread(_digest, file))


def _opened(file: Path) -> TextIO:
    """For its owner alone. Spreadsheets tell UTF-8 by its mark alone; what it cannot hold becomes its escape."""
    file.touch(0o600)
    return file.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
