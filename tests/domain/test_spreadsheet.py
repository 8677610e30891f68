"""No text that a person can write is a formula in an exported file, and none is lost."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.spreadsheet import FORMULA, harmless

_begins = st.sampled_from([*FORMULA, " =", "\u00a0+", "a", ""])
texts = st.tuples(_begins, st.text(max_size=10)).map("".join)


@given(texts)
def test_no_text_begins_like_a_formula_and_nothing_of_it_is_lost(text: str) -> None:
    cell = str(harmless(text))
    assert cell in (text, f"'{text}")
    assert cell.strip()[:1] not in FORMULA or not text.strip()


@given(st.lists(texts, min_size=1, max_size=4))
def test_cells_come_out_of_a_csv_as_they_went_in(cells: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerow(map(harmless, cells))
    (read,) = csv.reader(io.StringIO(written.getvalue(), newline=""))
    assert read == [harmless(cell) for cell in cells]


@pytest.mark.parametrize("cell", [-5, 0, 1.5, None])
def test_numbers_are_left_alone(cell: object) -> None:
    assert harmless(cell) is cell


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", " =1", "\ufeff=1"),
        *("\x00=1", "\u200e=1", "\u3000=1", "\u2060 +1", "\x0b@1"),
    ],
)
def test_what_spreadsheets_calculate_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"
