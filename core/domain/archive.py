"""The files of the archive: which day each is of, and which event it ends with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from core.domain.audit import Anchor, Sealed

_DAY = re.compile(r"/audit-(\d{4}-\d{2}-\d{2})\.[a-z]+\.gz$")
_MOST_DIGITS = 18
_LAST = "~"
"""Sorts behind every name in a folder."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One day of the trail. ``first`` is the number of its first event."""

    key: str
    day: date
    first: int
    end: Anchor


def folder_of(prefix: str, day: date) -> str:
    """The folder for the file of a day, partitioned as Athena and others read it."""
    return f"{prefix}year={day:%Y}/month={day:%m}/day={day:%d}/"


def recent_key(prefix: str, at: datetime, first: int, last: Sealed, style: str) -> str:
    """The key of an object with the events from ``first`` to ``last``, in a folder apart from the files of days.

    It names where it ends in the chain: after a restore other events may have the same numbers.
    """
    return folder_of(f"{prefix}recent/", at.date()) + f"events-{first:012}-{last.seq:012}-{last.hash[:12]}.{style}.gz"


def is_day_file(key: str) -> bool:
    """True for a key that the file of a day may have."""
    return _DAY.search(key) is not None


def behind(prefix: str, day: date | None) -> str:
    """The place in the order of keys behind the file of a day; the very beginning when there is none."""
    return f"{folder_of(prefix, day)}{_LAST}" if day else ""


def file_of(key: str, facts: Mapping[str, str]) -> ArchiveFile | None:
    """Read what a file was written with; None for one that is none of ours."""
    named = _DAY.search(key)
    first, last = _number(facts.get("first-seq", "")), _number(facts.get("last-seq", ""))
    if named is None or first is None or last is None:
        return None
    try:
        day = date.fromisoformat(named[1])
    except ValueError:
        return None
    return ArchiveFile(key, day, first, Anchor(last, facts.get("last-hash", "")))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None
