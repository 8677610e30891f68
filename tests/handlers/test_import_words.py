"""An import tells every finding in a sentence of its own, under the heading that it belongs to."""

import pytest

from core.domain.imports.notes import Finding, Meaning, Note
from handlers.words import import_words


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_has_one_line_with_all_that_it_is_about(finding: Finding) -> None:
    said = import_words.sentence(Note(finding, "the policy", ("one", "two")))

    assert import_words.meaning(finding) in Meaning
    assert "{" not in said
    assert "(none)" not in said


def test_lines_stand_under_three_headings() -> None:
    notes = (Note(Finding.OU_GONE, "Shop", ("ou-1",)), Note(Finding.SETTING, "ticket", ("off",)))

    assert list(import_words.lines(notes)) == [
        "What maps:",
        "  setting ticket: off",
        "What differs in meaning:",
        "  nothing",
        "What does not map:",
        "  Shop: the OU ou-1 is not in the organization.",
    ]


def test_names_from_outside_break_no_line_and_are_no_place_for_values() -> None:
    said = import_words.sentence(Note(Finding.USER_GONE, "a\nb\x1b[31m{what}", ("x\u202ey", "one, two")))

    assert said == "a b [31m{what}: there is no user x y; one, two in Identity Center."


def test_what_was_not_said_is_said_to_be_missing() -> None:
    assert "ticket (none), changed by idc_grace" in import_words.sentence(
        Note(Finding.CHANGE_RECORD, "Shop", ("", "idc_grace"))
    )
    assert "changed by (none)" in import_words.sentence(Note(Finding.CHANGE_RECORD, "Shop", ("CHG-1", "")))
