"""Holds the archive against the trail: each file ends with an event of it, or of a history that a restore cut off."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core.domain.archive import ArchiveFile
from core.domain.audit import Sealed

REJOINED = "audit.rejoined"


@dataclass(frozen=True, slots=True)
class BranchComparison:
    """``unexplained``: files that end with no event of the trail, and of which the trail says nothing."""

    agreeing: int
    cut_off: tuple[ArchiveFile, ...]
    unexplained: tuple[ArchiveFile, ...]


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

    def compare(self) -> BranchComparison:
        strange = [file for file in self._files if self._wanted[file.end.seq] != file.end.hash]
        cut_off = tuple(file for file in strange if self._is_explained(file))
        return BranchComparison(len(self._files) - len(strange), cut_off, tuple(f for f in strange if f not in cut_off))

    def _note(self, event: Sealed) -> None:
        """That an operator has said up to which day, and behind which event, the archive has another history."""
        body = json.loads(event.body)
        if body["action"] == REJOINED:
            seq = int(str(body["facts"]["last_in_both"]).partition(":")[0])
            self._rejoined.append((date.fromisoformat(body["facts"]["archive_day"]), seq))

    def _is_explained(self, file: ArchiveFile) -> bool:
        return any(file.day <= day and file.first > seq for day, seq in self._rejoined)


def days(files: Sequence[ArchiveFile]) -> str:
    """``2026-11-26`` or ``2026-11-26 to 2026-11-28``."""
    first, last = files[0].day, files[-1].day
    return first.isoformat() if first == last else f"{first} to {last}"
