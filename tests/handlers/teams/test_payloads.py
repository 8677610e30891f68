"""Acts of people in Teams, read from what Teams sends: who, what, where, and the same act as the same."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.errors import NotFound
from core.domain.people import ChatUser
from core.ports import MessageRef
from handlers.bot_connector.activities import Activity, read_activity
from handlers.flows.platform import ButtonPress
from handlers.teams import wire
from handlers.teams.payloads import (
    OWN,
    read_button_press,
    read_command,
    read_options_query,
    read_presser,
    read_sender,
    read_submission,
    read_way_back,
)
from handlers.teams.wire import ControlPlace
from tests.handlers.teams.signing import TENANT, activity

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = "00000000-0000-4000-8000-000000000ada"


def read(**changes: object) -> Activity:
    return read_activity(json.dumps(activity(**changes)).encode())


def press(data: dict[str, Any], now: datetime = NOW, **changes: Any) -> ButtonPress:
    found = read(type="invoke", replyToId="17", **changes)
    return read_button_press(found, read_presser(found, TENANT, data), data, now)


def test_a_person_is_tenant_and_object_id() -> None:
    assert read_sender(read(), TENANT).chat_user == ChatUser("teams", TENANT, ADA)


def test_somebody_without_an_object_id_is_nobody_else() -> None:
    sender = read_sender(read(**{"from": {"id": "29:anonymous"}}), TENANT)

    assert sender.chat_user.user == "29:anonymous"


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("Show R-1042", "show", "R-1042"),
        ("@TEAM Bot requests", "requests", ""),
        ("@team bot policy show a  b", "policy", "show a b"),
        ("/team show R-1042", "show", "R-1042"),
        ("@TEAM Bot /Show R-1042", "show", "R-1042"),
        ("/team", "", ""),
        ("", "", ""),
    ],
)
def test_what_is_typed_is_a_word_and_the_rest(text: str, word: str, rest: str) -> None:
    found = read(text=text)
    command = read_command(found, read_sender(found, TENANT), "@TEAM Bot")

    assert (command.word, command.rest) == (word, rest)


def test_a_button_of_a_message_knows_the_message() -> None:
    click = press(wire.press("request.approve", "R-1 x", "card", ControlPlace()))

    assert (click.action_id, click.value, click.group) == ("request.approve", "R-1 x", "card")
    assert click.message == MessageRef("teams", "a:ada", "17")
    assert (click.in_screen, click.in_home, click.sender.way_back) == (False, False, "")
    with pytest.raises(NotFound):
        _ = click.screen_id


def test_a_button_of_an_answer_to_one_person_knows_the_way_back_and_no_card() -> None:
    click = press({**wire.press("list.older", "1", "", ControlPlace()), OWN: True})

    assert click.message is None
    assert read_way_back(click.sender.way_back) == MessageRef("teams", "a:ada", "17")


def test_in_a_channel_an_answer_to_one_person_is_a_message_like_any_other() -> None:
    """Anybody may have written the card that says so."""
    there = {"id": "19:payments@thread.tacv2", "conversationType": "channel"}
    click = press({**wire.press("request.approve", "R-1 x", "card", ControlPlace()), OWN: True}, conversation=there)

    assert click.message == MessageRef("teams", "19:payments@thread.tacv2", "17")


def test_a_button_of_a_dialog_belongs_to_the_dialog() -> None:
    click = press(wire.press("request.details", "R-1", "", ControlPlace(memo="m", screen="s1")))

    assert (click.screen_id, click.filled.memo, click.message) == ("s1", "m", None)


@pytest.mark.parametrize("place", [ControlPlace(), ControlPlace(screen="s1"), ControlPlace(on_home=True)])
def test_the_same_press_sent_again_is_the_same_and_another_is_not(place: ControlPlace) -> None:
    data, pressed_at = wire.press("request.cancel", "R-1", "", place), "2026-03-01T12:00:00.000Z"
    first = press(data, timestamp=pressed_at)

    assert press(data, NOW + timedelta(hours=1), id="another", timestamp=pressed_at).key == first.key
    assert press(data, timestamp="2026-03-01T12:00:00.900Z").key != first.key
    assert press(wire.press("request.cancel", "R-2", "", place), timestamp=pressed_at).key != first.key
    bob = {"id": "29:bob", "aadObjectId": "b0b"}
    assert press(data, NOW, **{"timestamp": pressed_at, "from": bob}).key != first.key


def test_a_press_of_which_no_moment_is_told_is_known_by_its_id() -> None:
    data = wire.press("request.cancel", "R-1", "", ControlPlace())

    assert press(data, id="1").key == press(data, NOW + timedelta(minutes=6), id="1").key
    assert press(data, id="1").key != press(data, id="2").key


def test_the_same_form_sent_again_is_the_same_however_late() -> None:
    sender = read_sender(read(), TENANT)
    data = {"form": "request.reject_form", "screen": "s1", "review.reason": "no", "inputs": {"review.reason": "t"}}
    first = read_submission(sender, data, NOW)

    assert read_submission(sender, data, NOW + timedelta(hours=1)).key == first.key
    assert read_submission(sender, {**data, "review.reason": "never"}, NOW).key != first.key
    assert read_submission(sender, {**data, "screen": "s2"}, NOW).key != first.key
    assert (first.form, first.filled.typed("review.reason")) == ("request.reject_form", "no")


@pytest.mark.parametrize("value", [{}, {"dataset": 7}, {"dataset": "{", "queryText": []}, {"dataset": "[]", "data": 1}])
def test_a_question_of_any_shape_is_a_question(value: dict[str, Any]) -> None:
    query = read_options_query(value, read_sender(read(), TENANT), NOW)

    assert (query.action_id, query.typed) == ("", "")
