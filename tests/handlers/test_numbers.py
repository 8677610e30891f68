"""No number from a screen is larger than the database can hold, whatever was made of it on the way."""

import json

import pytest

from core.domain.ids import RequestId
from handlers.screens.activity import ActivityPage
from handlers.screens.lists import ListName, Page
from handlers.screens.numbers import number_or, read_number
from handlers.screens.policy_form import FormNote
from handlers.screens.policy_preview import PreviewNote
from handlers.screens.request_state import FormState

LARGEST = 10**18 - 1


@pytest.mark.parametrize("written", [0, "0", 7, "1042", LARGEST, str(LARGEST)])
def test_what_was_written_here_is_read(written: object) -> None:
    assert read_number(written) == number_or(written, -1) == int(str(written))


@pytest.mark.parametrize("made", [10**18, -1, "-1", "", None, True, 1.5, "1e9", "٣", "²", " 1", "9" * 5000, "NaN"])
def test_nothing_else_is(made: object) -> None:
    with pytest.raises(ValueError, match="no number"):
        read_number(made)
    assert number_or(made, -1) == -1


@pytest.mark.parametrize("made", [10**18, -1, "x", None, 1.5])
def test_what_a_screen_remembers_is_held_to_it(made: object) -> None:
    assert PreviewNote.load(json.dumps({"d": made, "s": "", "n": ""})) is None
    assert FormNote.load(json.dumps({"s": "eligibility", "w": "", "b": made, "d": 1})) is None
    assert FormNote.load(json.dumps({"s": "eligibility", "w": "", "b": 1, "d": made})) is None
    assert Page.load(json.dumps({"l": next(iter(ListName)).value, "b": made})) is None
    assert ActivityPage.load(json.dumps({"r": made, "p": 0, "d": ""})) is None
    assert FormState.load(json.dumps({"k": "key", "a": "", "p": "", "t": [made, 0]})).key == ""
    assert Page.load(json.dumps({"l": next(iter(ListName)).value, "b": 5})) == Page(next(iter(ListName)), RequestId(5))
