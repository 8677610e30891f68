"""No text that a person can write is a formula in an exported file, and none is lost."""

import csv
import io
import re
from collections import Counter
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.spreadsheet import FORMULA, csv_rows, csv_safe

SEPARATORS = (",", ";", "\t", "|", "\n", "\r", "\r\n")
_pieces = st.one_of(
    st.sampled_from([*FORMULA, *SEPARATORS, " ", '"', '""', "'", "\x0b", "\u00a0", "\ufeff", "cmd", "a"]),
    st.text(max_size=3),
)
texts = st.lists(_pieces, max_size=8).map("".join)
DELIMITERS = (",", ";", "\t", "|")


def calculated(table: str) -> list[str]:
    """Cells that begin like a formula, whichever separator a spreadsheet splits at."""
    found = []
    for delimiter in DELIMITERS:
        for line in re.split("[\r\n]", table):
            naive = line.split(delimiter)
            quoted = [cell for row in csv.reader([line], delimiter=delimiter) for cell in row]
            found += [cell for cell in (*naive, *quoted) if begins_like_a_formula(cell)]
        in_records = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
        found += [cell for row in in_records for cell in row if begins_like_a_formula(cell)]
    return found


def begins_like_a_formula(cell: str) -> bool:
    return next((c for c in cell if c != '"' and not c.isspace() and category(c)[0] != "C"), "") in FORMULA


@given(st.lists(st.lists(texts, min_size=1, max_size=4), min_size=1, max_size=3))
@example([["see the runbook;=cmd|'/c calc'!A1;please"]])
@example([['a;"=1'], ['x\n"+1'], ["-"], ["a,\t@b"]])
def test_no_cell_is_calculated_wherever_a_spreadsheet_splits_it(rows: list[list[str]]) -> None:
    assert calculated(csv_rows(rows)) == []


@given(texts)
def test_nothing_of_a_text_is_lost(text: str) -> None:
    cell = str(csv_safe(text))
    kept = iter(cell)
    assert all(character in kept for character in text), "in this order"
    assert set(Counter(cell) - Counter(text)) <= {"'"}


@given(st.lists(texts, min_size=1, max_size=4))
def test_cells_come_out_of_a_csv_as_they_went_in(cells: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(csv_rows([cells]), newline=""))
    assert read == [csv_safe(cell) for cell in cells]


def test_every_table_that_leaves_the_program_is_written_through_here() -> None:
    """A second writer of CSV would be one that calculates."""
    sources = [file for folder in ("core", "bot", "handlers") for file in Path(folder).rglob("*.py")]
    assert len(sources) > 100
    writers = {str(file) for file in sources if re.search(r"csv\.(?:writer|DictWriter)", file.read_text())}
    assert writers == {"core/domain/spreadsheet.py"}


@pytest.mark.parametrize("cell", [-5, 0, 1.5, None])
def test_numbers_are_left_alone(cell: object) -> None:
    assert csv_safe(cell) is cell


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", " =1", "\ufeff=1"),
        *("\x00=1", "\u200e=1", "\u3000=1", "\u2060 +1", "\x0b@1"),
    ],
)
def test_what_spreadsheets_calculate_gets_an_apostrophe(text: str) -> None:
    assert csv_safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["a; b", "well-known, e.g. x=1", "2026-11-22", "ada@example.com", "1; 2|3", ""])
def test_what_no_spreadsheet_calculates_stays_as_it_is(text: str) -> None:
    assert csv_safe(text) == text
