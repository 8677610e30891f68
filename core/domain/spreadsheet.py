"""Cells that a spreadsheet shows and does not calculate.

A cell that begins like a formula is one to a spreadsheet, whoever wrote it (OWASP, CSV injection). An apostrophe
in front makes it text.
"""

import unicodedata

FORMULA = frozenset("=+-@＝＋－＠")
BREAK = frozenset("\t\r\n")
"""A cell that begins with one of these is split, and calculated from there on."""


def harmless(cell: object) -> object:
    """The same cell, with an apostrophe in front where a spreadsheet would calculate. Numbers are left alone."""
    if not isinstance(cell, str):
        return cell
    shown = next((c for c in cell if not _is_unseen(c)), "")
    return f"'{cell}" if cell[:1] in BREAK or shown in FORMULA else cell


def _is_unseen(character: str) -> bool:
    """White space and what has no shape: some spreadsheets drop it before they look."""
    return character.isspace() or unicodedata.category(character)[0] == "C"
