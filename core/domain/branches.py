"""Holds the archive against the trail: each file ends with an event of it, or of a history that a restore cut off."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from core.domain.archive import ArchiveFile
from core.domain.audit import Sealed

REJOINED = "audit.rejoined"


@dataclass(frozen=True, slots=True)
class BranchComparison:
    """``unexplained``: files that end with no event of the trail, and of which the trail says nothing.

    ``missing``: the first and the last number of events that were archived, and are in none of the files there.
    """

    agreeing: int
    cut_off: tuple[ArchiveFile, ...]
    unexplained: tuple[ArchiveFile, ...]
    missing: tuple[tuple[int, int], ...] = ()


class Branches:
    """Told every event of the trail in order, it knows at the end which files are its own."""

    def __init__(self, files: Iterable[ArchiveFile]) -> None:
        self._files = tuple(files)
        self._wanted = {file.end.seq: "" for file in self._files}
        self._rejoined: list[tuple[date, int]] = []

    def step(self, event: Sealed) -> None:
        if event.seq in self._wanted:
            self._wanted[event.seq] = event.hash
        if REJOINED in event.body:
            self._note(event)

    def compare(self, upto: int = 0) -> BranchComparison:
        """``upto``: the event that the last file ends with, as far as the trail knows."""
        strange = [file for file in self._files if self._wanted[file.end.seq] != file.end.hash]
        cut_off = tuple(file for file in strange if self._is_explained(file))
        agreeing = [file for file in self._files if file not in strange]
        unexplained = tuple(file for file in strange if file not in cut_off)
        return BranchComparison(len(agreeing), cut_off, unexplained, tuple(_missing(agreeing, upto)))

    def _note(self, event: Sealed) -> None:
        """That an operator has said up to which day, and behind which event, the archive has another history."""
        body = json.loads(event.body)
        if body["action"] == REJOINED:
            seq = int(str(body["facts"]["last_in_both"]).partition(":")[0])
            self._rejoined.append((date.fromisoformat(body["facts"]["archive_day"]), seq))

    def _is_explained(self, file: ArchiveFile) -> bool:
        return any(file.day <= day and file.first > seq for day, seq in self._rejoined)


def _missing(files: Iterable[ArchiveFile], upto: int) -> Iterator[tuple[int, int]]:
    """Events between the files and behind the last. A bucket may let go of the first: before them none is missed."""
    end: int | None = None
    for file in sorted(files, key=lambda each: each.first):
        if end is not None and file.first > end + 1:
            yield end + 1, file.first - 1
        end = max(end or 0, file.end.seq)
    if upto > (end or 0):
        yield (end or 0) + 1, upto


def days(files: Sequence[ArchiveFile]) -> str:
    """``2026-11-26`` or ``2026-11-26 to 2026-11-28``."""
    first, last = files[0].day, files[-1].day
    return first.isoformat() if first == last else f"{first} to {last}"
