"""Cells that a spreadsheet shows and does not calculate; every table that leaves the program is written through here.

A cell that begins like a formula is one to a spreadsheet, whoever wrote it (OWASP, CSV injection). An apostrophe
in front makes it text. Where a cell begins is not ours to say: a spreadsheet splits lines at the list separator of its
own language, which is a semicolon in much of Europe, so a part behind any usual separator is treated like a cell.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable

FORMULA = frozenset("=+-@＝＋－＠")
BREAK = frozenset("\t\r\n")
"""A cell that begins with one of these is split, and calculated from there on."""
_SEPARATOR = re.compile("([,;|\t\r\n])")


def csv_safe(cell: object) -> object:
    """The same cell, with an apostrophe in front of each part that a spreadsheet would calculate.

    Numbers are left alone.
    """
    if not isinstance(cell, str):
        return cell
    first, *rest = _SEPARATOR.split(cell)
    guarded = "".join([_guarded(first), *map(_guarded, rest)])  # a separator is no formula, and comes out as it was
    return f"'{guarded}" if cell[:1] in BREAK else guarded


def csv_rows(rows: Iterable[Iterable[object]], line_end: str = "\r\n") -> str:
    """Rows as text, no cell of which is calculated."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=line_end)
    writer.writerows([csv_safe(cell) for cell in row] for row in rows)
    return written.getvalue()


def _guarded(part: str) -> str:
    shown = next((c for c in part if not _is_passed_over(c)), "")
    return f"'{part}" if shown in FORMULA else part


def _is_passed_over(character: str) -> bool:
    """White space, what has no shape, and quotation marks: some spreadsheets drop them before they look."""
    return character == '"' or character.isspace() or unicodedata.category(character)[0] == "C"
