"""The audit trail as lines of text, an event a line: CSV, JSON Lines and OCSF; and back to where a file ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.domain import ocsf
from core.domain.audit import Anchor, Sealed, told
from core.domain.request import Request
from core.domain.spreadsheet import csv_rows

COLUMNS = (
    *("seq", "at", "action", "request_id", "actor", "principal_id", "chat_user"),
    *("policy_revision", "facts", "prev_hash", "hash"),
)


class AuditLineStyle(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    OCSF = "ocsf"


@dataclass(frozen=True, slots=True)
class AuditLines:
    """The format of written events. ``version`` is that of the program, for OCSF."""

    style: AuditLineStyle
    version: str = ""

    @property
    def heading(self) -> bytes:
        """The heading of a file; empty where it begins with the first event."""
        return _csv_line(COLUMNS) if self.style is AuditLineStyle.CSV else b""

    def line(self, event: Sealed, request: Request | None) -> bytes:
        """One event with its line end. ``request`` is the one it is about, where OCSF needs it."""
        if self.style is AuditLineStyle.CSV:
            return _csv_line(_cells(event, told(event)))
        if self.style is AuditLineStyle.JSONL:
            return _json_line(plain(event))
        return _json_line(ocsf.event_of(event, request, self.version))

    def end_of(self, line: bytes) -> Anchor | None:
        """The place and hash of the event on a line. None for a heading, and for a line that was not written here."""
        try:
            text = line.decode()
            if self.style is AuditLineStyle.CSV:
                first, *_ = text.split(",", 1)  # neither end is quoted; the facts may be longer than ``csv`` reads
                return Anchor(int(first), text.rstrip("\n").rpartition(",")[2])
            event = json.loads(text)
            if self.style is AuditLineStyle.JSONL:
                return Anchor(int(event["seq"]), str(event["hash"]))
            return Anchor(int(event["metadata"]["sequence"]), str(event["unmapped"]["hash"]))
        except (ValueError, TypeError, KeyError, IndexError):
            return None


def plain(event: Sealed) -> dict[str, Any]:
    """An event with its place in the chain: everything that was hashed, and the hashes."""
    return {"seq": event.seq, **told(event), "prev_hash": event.prev_hash, "hash": event.hash}


def _cells(event: Sealed, body: Mapping[str, Any]) -> tuple[object, ...]:
    actor = body["actor"]
    return (
        event.seq,
        body["at"],
        body["action"],
        body["request_id"] or "",
        actor["name"],
        actor["principal_id"] or "",
        "/".join(actor["chat_user"] or ()),
        "" if body["policy_revision"] is None else body["policy_revision"],
        json.dumps(body["facts"], ensure_ascii=False, sort_keys=True),
        event.prev_hash,
        event.hash,
    )


def _csv_line(cells: tuple[object, ...]) -> bytes:
    """No cell breaks its line: a file that was cut off ends where its last line does."""
    return _encoded(csv_rows([map(_in_one_line, cells)], line_end="\n"))


def _in_one_line(cell: object) -> object:
    return " ".join(cell.splitlines()) if isinstance(cell, str) else cell


def _json_line(event: Mapping[str, Any]) -> bytes:
    return _encoded(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")


def _encoded(text: str) -> bytes:
    """Half of a surrogate pair, which UTF-8 cannot hold, becomes its JSON escape."""
    return text.encode("utf-8", "backslashreplace")
