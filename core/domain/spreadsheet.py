"""Cells that a spreadsheet shows and does not calculate.

A cell that begins like a formula is one to a spreadsheet, whoever wrote it (OWASP, CSV injection). An apostrophe
in front makes it text.
"""

FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def harmless(cell: object) -> object:
    """The same cell, with an apostrophe in front where a spreadsheet would calculate. Numbers are left alone."""
    if not isinstance(cell, str):
        return cell
    begin = cell.lstrip(" \u00a0\ufeff\u200b")
    return f"'{cell}" if begin and begin[0] in FORMULA else cell
