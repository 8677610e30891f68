"""The parts of a card that Teams can't use, and where they are."""

import pytest

from infra.sandbox.local_teams.card_check import problems
from infra.sandbox.tests.teams.sample_bot import Json, approval, ask_form, card, text


@pytest.mark.parametrize("good", [approval("Ada"), ask_form("No."), card(text("x"), msteams={"width": "Full"})])
def test_cards_of_known_elements_are_taken(good: Json) -> None:
    assert problems(good) == []


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ({"type": "Marquee"}, "body[0]: 'Marquee' is no element that Teams knows"),
        ({"type": "TextBlock", "text": "x", "blinks": True}, "body[0]: TextBlock has no property 'blinks'"),
        ({"type": "FactSet", "facts": [{"title": "a", "value": "b", "c": 1}]}, "facts has no property 'c'"),
        ({"type": "Container", "items": [{"type": "Nested"}]}, "body[0].items[0]: 'Nested' is no element"),
        ({"type": "ColumnSet", "columns": [{"items": [{"type": "Deep"}]}]}, "body[0].columns[0].items[0]: 'Deep'"),
        ({"type": "TextBlock", "text": 7}, "body[0]: text: Input should be a valid string"),
        ({"type": "Input.Text", "label": "x"}, "body[0]: Input.Text has no id"),
    ],
)
def test_what_is_unknown_is_named_with_its_place(element: Json, problem: str) -> None:
    assert any(problem in each for each in problems(card(element)))


def test_two_inputs_with_one_id_are_one_too_many() -> None:
    twin = {"type": "Input.Text", "id": "why", "label": "Why"}
    assert problems(card(twin, twin)) == ["2 inputs have the id 'why'"]


def test_data_of_a_button_is_its_own_business() -> None:
    button = {"type": "Action.Execute", "title": "Go", "verb": "go", "data": {"type": "anything", "x": [{"y": 1}]}}
    assert problems(card(actions=[button])) == []
