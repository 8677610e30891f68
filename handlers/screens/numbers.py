"""Numbers that come back from a platform: they were written here, and are believed only as far as that."""

import re

_DIGITS = 18
"""So many fit into a column of the database, whatever they are."""


def read_number(value: object) -> int:
    """A number as this program writes them; ValueError for anything else."""
    text = str(value)
    if len(text) > _DIGITS or not (text.isascii() and text.isdigit()):
        raise ValueError("this is no number that was written here")
    return int(text)


def number_or(value: object, otherwise: int) -> int:
    try:
        return read_number(value)
    except ValueError:
        return otherwise


def read_count(typed: str, most: int) -> int | None:
    """A whole number from 1 to ``most`` as people type it; None for anything else."""
    count = int(typed) if re.fullmatch(r"[1-9][0-9]{0,8}", typed, re.ASCII) else 0
    return count if 1 <= count <= most else None
