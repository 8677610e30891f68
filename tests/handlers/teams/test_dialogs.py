"""Dialogs: what is filled in comes back as it was meant, and stays where it is when the dialog is drawn again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import AccountId, ConversationId
from core.domain.policy_diff import Section
from core.services.policies.names import Named
from handlers.screens import picker, settings_form
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId
from handlers.screens.inputs import Channels, Choice, Control, Day, DayAndTime, Input, Lookup, Select, Typed
from handlers.screens.parts import Button, Part, buttons, row
from handlers.screens.plain_text import Reader
from handlers.screens.policy_form import FormNote
from handlers.screens.screen import Screen, form, note
from handlers.teams import wire
from handlers.teams.drawing.cards import draw_dialog
from handlers.teams.drawing.filled import read_asked, read_filled
from handlers.teams.drawing.inputs import draw_choices
from handlers.teams.origins import Opening, Origin
from infra.sandbox.local_teams.card_check import problems
from infra.sandbox.local_teams.card_rules import shortcomings, size
from tests.handlers.policies import BOOK, NAMES, POWER, READ
from tests.handlers.samples import HOSTILE, LONG, NOW

Json = dict[str, Any]
PAYMENTS = ConversationId("teams:19:a@thread.tacv2")
BERLIN = Reader(zone=ZoneInfo("Europe/Berlin"), now=NOW, channels={PAYMENTS: "Payments"})
CHOICES = (Choice("One hour", "1h"), Choice("Two hours", "2h", "at most"))


def elements(content: Any, *kinds: str) -> Iterator[Json]:
    """Every element of these kinds, from top to bottom."""
    if isinstance(content, list):
        for each in content:
            yield from elements(each, *kinds)
    elif isinstance(content, dict):
        if str(content.get("type", "")).startswith(kinds):
            yield content
        for key, each in content.items():
            if key not in {"data", "choices"}:
                yield from elements(each, *kinds)


def asking(*parts: Part) -> Screen:
    return form(FormId.POLICY, "Policy", parts, submit="Preview", memo="kept")


def one(control: Control, **more: Any) -> Screen:
    return asking(Input("where", ActionId.PICK, "Where", control, **more))


def drawn(screen: Screen, reader: Reader = BERLIN, **more: Any) -> Json:
    card = draw_dialog(screen, "screen-1", reader, **more)
    assert problems(card) == shortcomings(card) == []
    return card


def sent(card: Json, **typed: str) -> Json:
    """The data that Teams sends when the form is sent: the button's data, and every input that is not empty."""
    held = {each["id"]: each.get("value", "") for each in elements(card, "Input.")} | typed
    return {**{id_: value for id_, value in held.items() if value}, **card["actions"][0]["data"]}


CONTROLS: dict[str, tuple[Control, Any]] = {
    "typed": (Typed(3000, "as before\nand so on", is_long=True), "as before\nand so on"),
    "empty": (Typed(10), ""),
    "hostile": (Typed(3000, HOSTILE), HOSTILE),
    "lookup": (Lookup((CHOICES[1],)), ("2h",)),
    "lookup of several": (Lookup((*CHOICES, Choice("a, b", "a,b|c%2C")), most=5), ("1h", "2h", "a,b|c%2C")),
    "nothing looked up": (Lookup(), ()),
    "select": (Select(CHOICES, ("2h",)), ("2h",)),
    "select several": (Select(CHOICES, ("1h", "2h"), takes_several=True), ("1h", "2h")),
    "select none": (Select(CHOICES, takes_several=True), ()),
    "day and time": (DayAndTime(NOW), NOW),
    "no day and time": (DayAndTime(), None),
    "day": (Day(date(2026, 3, 2)), date(2026, 3, 2)),
    "no day": (Day(), None),
    "channels": (Channels(100, (PAYMENTS,)), (PAYMENTS,)),
}


@pytest.mark.parametrize(("control", "answer"), CONTROLS.values(), ids=CONTROLS)
def test_what_an_input_begins_with_comes_back_and_is_there_when_it_is_drawn_again(
    control: Control, answer: Any
) -> None:
    card = drawn(one(control, hint="Somewhere.", optional=True))
    filled = read_filled(sent(card), NOW)
    assert (filled.answers, filled.inputs, filled.memo) == ({"where": answer}, ("where",), "kept")
    assert drawn(one(control, hint="Somewhere.", optional=True), filled=filled) == card
    if isinstance(control, Typed | Lookup):
        bare = Typed(3000, is_long=True) if isinstance(control, Typed) else Lookup(most=control.most)
        again = next(elements(drawn(one(bare), filled=filled), "Input."))
        assert read_filled(sent({**card, "body": [again]}), NOW).answers == {"where": answer}


def test_what_was_emptied_stays_empty() -> None:
    card = drawn(one(Typed(100, "as before")))
    filled = read_filled(sent(card, where=""), NOW)
    assert "value" not in next(elements(drawn(one(Typed(100, "as before")), filled=filled), "Input."))


def test_what_was_looked_up_is_shown_under_its_name_again() -> None:
    """Teams sends ids alone."""
    (offered,) = draw_choices([Choice("Payments Prod", "111122223333", "Workloads")])["value"]["results"]
    assert offered["title"] == "Payments Prod · Workloads"
    filled = read_filled(sent(drawn(one(Lookup())), where=offered["value"]), NOW)
    assert filled.chosen("where") == "111122223333"
    again = next(elements(drawn(one(Lookup()), filled=filled), "Input."))
    assert [each["title"] for each in again["choices"]] == ["Payments Prod"]
    assert again["value"] == again["choices"][0]["value"]


def test_what_is_wrong_is_said_right_over_its_field_and_nothing_typed_is_lost() -> None:
    screen = asking(
        Input("first", ActionId.PICK, "First", Typed(100)), Input("second", ActionId.PICK, "Second", DayAndTime())
    )
    filled = read_filled(sent(drawn(screen), first="why **not**"), NOW)
    card = drawn(screen, errors={"first": "Say [more](https://x.test).", "second": "Too late."}, filled=filled)
    body = card["body"]
    assert [each["type"] for each in body] == ["TextBlock", "Input.Text", "TextBlock", "ColumnSet"]
    assert [each["color"] for each in (body[0], body[2])] == ["Attention"] * 2
    assert "](" not in body[0]["text"]
    assert body[1]["value"] == "why **not**"


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ("2026-03-03", "09:00", datetime(2026, 3, 3, 8, 0, tzinfo=UTC)),
        ("2026-07-03", "09:00", datetime(2026, 7, 3, 7, 0, tzinfo=UTC)),
        ("", "18:30", datetime(2026, 3, 2, 17, 30, tzinfo=UTC)),
        ("2026-03-03", "", datetime(2026, 3, 2, 23, 0, tzinfo=UTC)),
        ("", "", None),
        ("soon", "later", None),
        ("0001-01-01", "00:00", None),
    ],
)
def test_a_moment_is_read_in_the_zone_that_its_label_names(day: str, clock: str, moment: datetime | None) -> None:
    card = drawn(one(DayAndTime()))
    assert [each["label"] for each in elements(card, "Input.")] == ["Where date", "Where time (Europe/Berlin)"]
    filled = read_filled(sent(card, **{"where.date": day, "where.time": clock}), NOW)
    assert filled.moment("where") == moment


@pytest.mark.parametrize("zone", ["", "Nowhere/Atall", "../../etc/passwd", "\0", "Europe"])
def test_a_zone_that_is_none_is_utc(zone: str) -> None:
    data = {**sent(drawn(one(DayAndTime()))), "zone": zone, "where.date": "2026-03-03", "where.time": "09:00"}
    assert read_filled(data, NOW).moment("where") == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["where", "where.date", "where.time", "zone", "memo", "act"]), JSON), JSON)
def test_whatever_is_sent_is_read_as_answers_or_as_nothing(data: Json, name: Any) -> None:
    for kind in wire.Kind:
        answers = read_filled({**data, "inputs": {"where": kind.value}}, NOW)
        assert set(answers.answers) == {"where"}
        drawn(one(Typed(100)), filled=Filled({"where": answers.typed("where")}, ("where",)))
    assert isinstance(read_asked({"dataset": name, "data": data}, NOW), Filled)


def test_a_question_carries_the_memo_and_what_narrows_it() -> None:
    account, sets = (
        Input(id_, act, label, Lookup(), redraws=True)
        for id_, act, label in (("a", ActionId.ACCOUNT, "Account"), ("p.1", ActionId.PERMISSION_SET, "Permission set"))
    )
    why = Input("why", ActionId.JUSTIFICATION, "Why", Typed(100))
    _, asks = elements(drawn(asking(account, sets, why)), "Input.ChoiceSet")
    value = {"dataset": asks["choices.data"]["dataset"], "data": {"a": wire.choice("111122223333", "Payments")}}
    assert wire.read_dataset(value["dataset"]).act == ActionId.PERMISSION_SET
    filled = read_asked(value, NOW)
    assert (filled.memo, filled.chosen("a"), filled.chosen("p.1")) == ("kept", "111122223333", "")
    assert read_asked({"dataset": value["dataset"]}, NOW) == read_asked({"dataset": value["dataset"], "data": 3}, NOW)
    assert not read_asked({"dataset": value["dataset"]}, NOW).answers


def test_choices_that_change_the_screen_have_one_button_that_sends_them() -> None:
    asked = [Input(id_, ActionId.ACCOUNT, id_, Lookup(), redraws=True) for id_ in ("a", "b")]
    body = drawn(asking(*asked, Input("c", ActionId.PICK, "c", Typed(9))))["body"]
    assert [each["type"] for each in body] == ["Input.ChoiceSet", "Input.ChoiceSet", "ActionSet", "Input.Text"]
    (check,) = body[2]["actions"]
    assert (check["title"], wire.read_sent(check["data"]).act) == ("Check", ActionId.ACCOUNT)
    assert read_filled({**check["data"], "c": "typed"}, NOW).typed("c") == "typed"


def test_a_type_ahead_is_answered_with_as_many_choices_as_teams_takes() -> None:
    offered = draw_choices([Choice(f"{number} {LONG}", str(number), LONG) for number in range(100)] * 2)
    assert len(offered["value"]["results"]) == 15
    assert all(len(each["title"]) <= 150 for each in offered["value"]["results"])
    assert draw_choices([Choice("\u200b", "v")])["value"]["results"][0]["title"] == "v"


def test_a_note_has_nothing_to_send_and_a_screen_over_another_leads_back() -> None:
    assert "actions" not in drawn(note("Request", [row("Sent.")]))
    (back,) = drawn(note("Request", [row("Sent.")], memo="m"), back=True)["actions"]
    assert (back["title"], wire.read_sent(back["data"])) == (
        "Back",
        wire.Sent(wire.BACK, place=wire.ControlPlace("m", "screen-1")),
    )


def test_a_button_in_a_dialog_is_sent_to_it_with_what_is_filled_in() -> None:
    press = buttons(Button("Details", ActionId.DETAILS, "1042:ab"), id="group")
    (action,) = elements(drawn(asking(Input("a", ActionId.PICK, "A", Typed(9)), press))["body"], "Action.")
    sent = wire.read_sent(action["data"])
    assert (action["type"], sent.act, sent.value, sent.group) == ("Action.Submit", ActionId.DETAILS, "1042:ab", "group")
    assert "msteams" not in action["data"]
    assert read_filled({**action["data"], "a": "typed"}, NOW).typed("a") == "typed"


def full_form(count: int) -> Screen:
    named = [Named(f"{number:012}", f"Account {number} {'W' * 60}", "") for number in range(count)]
    fields = ("accounts", "ous", "direct_ous", "permission_sets", "groups", "users")
    return asking(*(picker.several(each, named) for each in fields), picker.typed("name", "All"))


@pytest.mark.parametrize("count", [1, 20, 60, 100, 300])
def test_a_field_that_there_is_no_room_for_is_shown_as_text_and_left_as_it_is(count: int) -> None:
    screen = full_form(count)
    card = drawn(screen)
    filled = read_filled(sent(card), NOW)
    shown = {part.id for part in screen.parts if isinstance(part, Input)}
    assert set(filled.inputs) <= shown
    assert all(len(filled.several(id_)) == count for id_ in filled.inputs if id_ != "policy.name")
    again = drawn(screen, errors={"policy.name": "Taken."}, filled=filled)
    assert read_filled(sent(again), NOW).answers == filled.answers
    assert ("They stay as they are" in str(card)) == (set(filled.inputs) != shown or count > picker.MOST)


def test_the_settings_have_room_for_what_is_protected() -> None:
    accounts = frozenset(AccountId(f"{number:012}") for number in range(5))
    settings = replace(BOOK.settings, protected_accounts=accounts, protected_permission_sets=frozenset({READ, POWER}))
    form = settings_form.build(FormNote(Section.SETTINGS, "", 7), replace(BOOK, settings=settings), NAMES)
    card = draw_dialog(form, Origin.begin(Opening(ActionId.SETTINGS, "home", "home")).dump(), BERLIN)
    assert problems(card) == shortcomings(card) == []
    assert "They stay as they are" not in str(card)
    assert set(read_filled(sent(card), NOW).several("policy.protected_accounts")) == accounts


def test_what_is_chosen_in_a_full_form_makes_no_text_of_a_field() -> None:
    card = drawn(full_form(20))
    filled = read_filled(sent(card), NOW)
    assert len(filled.inputs) > 1
    more = {id_: filled.several(id_) + tuple(f"id-{number}" for number in range(10)) for id_ in filled.inputs[:1]}
    again = draw_dialog(full_form(20), "screen-1", BERLIN, {}, Filled({**filled.answers, **more}, filled.inputs))
    assert read_filled(sent(again), NOW).several(filled.inputs[0]) == more[filled.inputs[0]]
    assert size(again) < 40_000


def test_an_hour_that_the_clocks_skip_is_an_hour_all_the_same() -> None:
    data = sent(drawn(one(DayAndTime())), **{"where.date": "2026-03-29", "where.time": "02:30"})
    moment = read_filled(data, NOW).moment("where")
    assert moment is not None
    assert moment - datetime(2026, 3, 29, 1, 0, tzinfo=UTC) <= timedelta(hours=1)
