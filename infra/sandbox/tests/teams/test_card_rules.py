"""Each thing that a card may hold but people could not use is named by itself."""

from typing import Any

import pytest

from infra.sandbox.local_teams.card_rules import MOST, shortcomings, size

Json = dict[str, Any]
SAID: Json = {"type": "TextBlock", "text": "Hello <at>Ada</at>", "wrap": True}


def card(*body: Json, **more: Any) -> Json:
    return {"type": "AdaptiveCard", "version": "1.5", "fallbackText": "Hello", "body": [SAID, *body], **more}


def choices(**more: Any) -> Json:
    offered = [{"title": "One", "value": "1"}, {"title": "Two", "value": "2"}]
    return {"type": "Input.ChoiceSet", "id": "a", "label": "A", "choices": offered, **more}


def mention(text: str) -> Json:
    return {"entities": [{"type": "mention", "text": text, "mentioned": {"id": "1", "name": "Ada"}}]}


def actions(*found: Json) -> Json:
    return {"type": "ActionSet", "actions": list(found)}


PRESS: Json = {"type": "Action.Execute", "title": "Press", "verb": "press"}


@pytest.mark.parametrize(
    "sound",
    [
        card(),
        card(choices(value="1"), choices(id="b", value="1,2", isMultiSelect=True)),
        card(choices(**{"choices.data": {"type": "Data.Query", "dataset": "a"}}), version="1.6"),
        card(actions(*[PRESS] * 6), actions=[PRESS], msteams=mention("<at>Ada</at>")),
        card({"type": "FactSet", "facts": [{"title": "A", "value": "b"}]}),
    ],
)
def test_a_sound_card_has_no_shortcomings(sound: Json) -> None:
    assert shortcomings(sound) == []


@pytest.mark.parametrize(
    ("poor", "said"),
    [
        (card(body=[]), "it is empty"),
        (card(fallbackText=""), "nothing is said where it cannot be shown"),
        (card({**SAID, "text": " "}), "it says nothing"),
        (card({"type": "TextBlock", "text": "x"}), "it is cut at the edge"),
        (card({**SAID, "text": "x" * MOST}), "are taken everywhere"),
        (card(choices(), choices()), "the id 'a' occurs 2 times"),
        (card(choices(label="")), "it has no id or no label"),
        (card(choices(value="3")), "its id is shown"),
        (card(choices(choices=[{"title": "x", "value": "1"}] * 2)), "a value is offered twice"),
        (card(choices(choices=[{"title": " ", "value": "1"}])), "a choice without a title or a value"),
        (card(choices(choices=[{"title": "x", "value": "1,2"}])), "a value with a comma"),
        (card(choices(choices=[{"title": str(n), "value": str(n)} for n in range(16)])), "more than 15 choices"),
        (card(choices(**{"choices.data": {}})), "type-aheads need version 1.6"),
        (
            card({"type": "Input.Text", "id": "a", "label": "A", "maxLength": 1, "value": "xx"}),
            "more than may be typed",
        ),
        (card({"type": "FactSet", "facts": [{"title": "A", "value": ""}]}), "a fact without its name or its value"),
        (card(actions()), "0 actions"),
        (card(actions(*[PRESS] * 7)), "7 actions"),
        (card(actions=[PRESS] * 7), "7 actions"),
        (card(actions({**PRESS, "title": ""})), "it has no title"),
        (card(actions({**PRESS, "verb": ""})), "it has no verb"),
        (card(actions({"type": "Action.OpenUrl", "title": "x", "url": "javascript:x"})), "it has no address"),
        (card(msteams=mention("<at>Bob</at>")), "the mention '<at>Bob</at>' is nowhere in its text"),
    ],
)
def test_what_nobody_could_use_is_named(poor: Json, said: str) -> None:
    (found,) = shortcomings(poor)
    assert said in found


def test_a_card_is_measured_as_teams_counts() -> None:
    assert size({"a": "é"}) == 2 * len('{"a":"é"}')
    assert size({"a": "🟡"}) == 2 * len('{"a":"xx"}')
