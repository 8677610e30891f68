"""Reads a file of JSON, or of JSON a line, packed or not, up to a size. Knows nothing of what it says."""

import gzip
import io
import json
import zlib
from pathlib import Path
from typing import Any

from core.domain.errors import InvalidPolicies, Problem

LARGEST = 32 * 1024 * 1024
"""Bytes, unpacked. A table of AWS TEAM has some kilobytes for each policy."""
_PACKED = b"\x1f\x8b"


def unusable(message: str) -> InvalidPolicies:
    """The one problem of a file."""
    return InvalidPolicies([Problem(0, message)])


def read_json(file: Path, wanted: str) -> list[Any]:
    """The documents of a file, mostly one. ``wanted`` says what to give instead of a file that is none of it."""
    text = _text(file, wanted)
    if not text.strip():
        raise unusable(f"{file.name} is empty: give {wanted}.")
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) == 1 or not _is_json(lines[0][1]):
            line = getattr(error, "lineno", 1)
            raise unusable(f"{file.name} is not JSON (line {line}): give {wanted}.") from None
    return [_document(file, number, line, wanted) for number, line in lines]


def _text(file: Path, wanted: str) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if data.startswith(_PACKED):
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or "it cannot be unpacked"
        raise unusable(f"{file.name} cannot be read: {why}. Give {wanted}.") from error
    if len(data) > LARGEST:
        most = LARGEST // 1024 // 1024
        raise unusable(f"{file.name} is larger than {most} MiB: give {wanted}, in several files if need be.")
    try:
        return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise unusable(f"{file.name} is not text: give {wanted}.") from None


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _document(file: Path, number: int, line: str, wanted: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise unusable(f"{file.name} is not JSON (line {number}): give {wanted}.") from None
