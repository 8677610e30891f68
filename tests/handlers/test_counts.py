"""Numbers and their nouns: one request, two requests."""

import pytest

from core.domain.imports.notes import Finding, Note
from handlers.words import import_words, trail_words
from handlers.words.counts import counted, noun
from tests.handlers.plurals import counted_rightly


@pytest.mark.parametrize(
    ("number", "said"), [(0, "no policies"), (1, "1 policy"), (2, "2 policies"), (11, "11 policies")]
)
def test_a_number_has_the_noun_that_fits_it(number: int, said: str) -> None:
    assert counted(number, "policy", "policies") == said
    assert noun(number, "event") == ("event" if number == 1 else "events")


@pytest.mark.parametrize("wrong", ["1 requests", "and 1 more targets", "2 policy", "12 more request", "no 1 errors"])
def test_the_check_that_every_drawn_screen_passes_finds_what_is_wrong(wrong: str) -> None:
    with pytest.raises(AssertionError):
        counted_rightly(f"Said: {wrong}.")


@pytest.mark.parametrize(
    "right", ["1 request", "2 accounts", "R-1 requests", "12:01 sessions", "1.1 errors", "11 lines"]
)
def test_it_finds_nothing_in_what_is_right(right: str) -> None:
    assert counted_rightly(f"Said: {right}.")


def test_lines_of_an_import_and_of_the_trail_fit_one_thing() -> None:
    counted_rightly(trail_words.whole(1))
    for finding in Finding:
        for line in import_words.lines([Note(finding, "payments", ("1",))]):
            counted_rightly(line)
