"""Screens become blocks: every kind of span, part and input, with nothing that somebody else wrote read as markup."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId
from handlers.screens.inputs import Channels, Choice, Control, Day, DayAndTime, Input, Lookup, Select, Typed
from handlers.screens.parts import (
    Address,
    Break,
    Button,
    Heading,
    Menu,
    Part,
    Quote,
    Tone,
    aside,
    buttons,
    facts,
    lines,
    row,
)
from handlers.screens.screen import Home, form, message, note
from handlers.screens.spans import (
    Code,
    Duration,
    Emphasis,
    Instant,
    Link,
    PersonRef,
    Preformatted,
    Quotation,
    Said,
    Untrusted,
    channel,
    fill,
    joined,
    name,
    strong,
    text,
)
from handlers.slack.drawing.filled import read_filled
from handlers.slack.drawing.render import render_message, render_view
from handlers.slack.drawing.spans import mrkdwn
from tests.handlers.conftest import Open
from tests.handlers.samples import ADA, HOSTILE, LONG, NOW, foreign_markup

CHOICES = (Choice("One hour", "1h"), Choice("Two hours", "2h", "at most"))
INVISIBLE = "\u200b\u202e"


def drawn(*said: Said) -> str:
    return mrkdwn(text(*said))


@pytest.mark.parametrize(
    ("said", "markup"),
    [
        ("Ended & gone <!here>", "Ended &amp; gone &lt;!here&gt;"),
        (3, "3"),
        (strong(name("Ada"), " asks"), "*Ada asks*"),
        (Emphasis(text("Writes")), "_Writes_"),
        (strong(Untrusted("")), ""),
        (name(INVISIBLE), "(no name)"),
        (Quotation("it is *late*"), "“it is ∗late∗”"),
        (Code("R-`1"), "`R-ˋ1`"),
        (Preformatted("a <b>"), "```\na &lt;b&gt;\n```"),
        (PersonRef(ADA), "<@U0ADA>"),
        (PersonRef(ChatUser("teams", "tenant", "29:1abc")), ""),
        (channel(ConversationId("C0PAYMENTS")), "<#C0PAYMENTS>"),
        (channel(ConversationId("19:x@thread.tacv2"), name("Payments")), "Payments"),
        (Link("https://example.test/?a=1&b=2", "R-1042"), "<https://example.test/?a=1&amp;b=2|R-1042>"),
        (Link("", "R-1042"), "R-1042"),
        (Duration(timedelta(hours=1)), "1 h"),
        (Instant(NOW, NOW), f"<!date^{int(NOW.timestamp())}^{{time}}|12:00 UTC>"),
        (joined(" · ", ("a", Untrusted(INVISIBLE), PersonRef(ADA), "")), "a · <@U0ADA>"),
        (fill("{who} asks{why}.", who=strong(name("Ada")), why=""), "*Ada* asks."),
    ],
)
def test_each_span_has_its_markup(said: Said, markup: str) -> None:
    assert drawn(said) == markup


def test_a_sentence_with_a_gap_that_nothing_is_given_for_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        fill("{who} asks.")


@pytest.mark.parametrize("kind", [str, Untrusted, name, Quotation, Code, lambda said: Link("javascript:x", said)])
def test_no_string_becomes_a_mention_or_a_link(kind: Any) -> None:
    assert not {"<", ">"} & set(drawn("before ", kind(HOSTILE), " after"))


@pytest.mark.parametrize("kind", [Untrusted, name, Quotation, strong, Code])
def test_what_somebody_else_wrote_formats_nothing(kind: Any) -> None:
    said = kind(Untrusted(HOSTILE)) if kind is strong else kind(HOSTILE)
    assert not foreign_markup(render_message(message("Hello.", [row("a ", said, " b")])))


EVERY_PART: list[Part] = [
    Heading("Live now"),
    row("Ada has access.", button=Button("Details", ActionId.DETAILS, "1042", spoken="Details R-1042")),
    lines("one", "", "two"),
    facts(("Account", name("Payments")), ("Ticket", Untrusted(""))),
    Quote("Why", HOSTILE),
    aside("small", Untrusted(INVISIBLE)),
    Break(),
    buttons(
        Button("Approve", ActionId.APPROVE, "1", Tone.PRIMARY),
        None,
        Button("Reject", ActionId.REJECT, "1", Tone.DANGER),
        Address("Open AWS", "https://example.test"),
        Menu(ActionId.REPORT_PERIOD, Select(CHOICES, placeholder="Another period")),
        id="card",
    ),
    buttons(None, id="none"),
]


def test_every_part_is_drawn_and_what_says_nothing_is_left_out() -> None:
    blocks = render_message(message("Hello.", EVERY_PART))["blocks"]
    assert [block["type"] for block in blocks] == [
        *("section", "section", "section", "section", "section", "context", "divider", "actions"),
    ]
    assert blocks[0]["text"]["text"] == "*Live now*"
    assert blocks[1]["accessory"]["accessibility_label"] == "Details R-1042"
    assert blocks[2]["text"]["text"] == "one\ntwo"
    assert [field["text"] for field in blocks[3]["fields"]] == ["*Account*\nPayments"]
    assert len(blocks[5]["elements"]) == 1
    assert [element.get("style") for element in blocks[7]["elements"]] == ["primary", "danger", None, None]
    assert [element["type"] for element in blocks[7]["elements"]] == ["button"] * 3 + ["static_select"]


def test_home_has_headings_of_its_own() -> None:
    home = render_view(Home(tuple(EVERY_PART), memo="pages"))
    assert (home["type"], home["private_metadata"], home["blocks"][0]["type"]) == ("home", "pages", "header")


def test_a_note_has_nothing_to_send_and_a_form_says_what_sends_it() -> None:
    assert "submit" not in render_view(note("Request", [row("Sent.")]))
    asked = Input("reason", ActionId.REASON, "Reason", Typed(100), hint="Read by all.")
    shown = render_view(form(FormId.CLOSE, "Close by hand", [asked], submit="Close", memo="1042:ab"))
    assert (shown["callback_id"], shown["submit"]["text"], shown["close"]["text"]) == (FormId.CLOSE, "Close", "Cancel")
    assert shown["private_metadata"] == "1042:ab"


CONTROLS: dict[str, tuple[Control, dict[str, Any], Any]] = {
    "typed": (Typed(3000, "as before", is_long=True), {"value": "why"}, "why"),
    "empty": (Typed(10), {"value": None}, ""),
    "lookup": (Lookup((CHOICES[1],)), {"selected_option": {"value": "2h"}}, ("2h",)),
    "lookup of several": (
        Lookup(CHOICES, most=5),
        {"selected_options": [{"value": "1h"}, {"value": "2h"}]},
        ("1h", "2h"),
    ),
    "nothing looked up": (Lookup(), {"selected_option": None}, ()),
    "select": (Select(CHOICES, ("2h",)), {"selected_option": {"value": "1h"}}, ("1h",)),
    "select several": (Select(CHOICES, ("2h",), takes_several=True), {"selected_options": []}, ()),
    "day and time": (DayAndTime(NOW), {"selected_date_time": int(NOW.timestamp())}, NOW),
    "no day and time": (DayAndTime(), {"selected_date_time": None}, None),
    "day": (Day(date(2026, 3, 2)), {"selected_date": "2026-03-02"}, date(2026, 3, 2)),
    "channels": (Channels(100, (ConversationId("C1"),)), {"selected_conversations": ["C1", "C2"]}, ("C1", "C2")),
}


@pytest.mark.parametrize(("control", "state", "answer"), CONTROLS.values(), ids=CONTROLS)
async def test_each_input_is_one_that_slack_takes_and_comes_back(
    control: Control, state: dict[str, Any], answer: Any, show: Open
) -> None:
    asked = Input("where", ActionId.PICK, "Where", control, hint="Somewhere.", optional=True)
    screen = form(FormId.POLICY, "Policy", [asked], submit="Preview", memo="kept")
    assert "Where" in await show(screen)
    sent = {**render_view(screen), "state": {"values": {"where": {ActionId.PICK.value: state}}}}
    assert read_filled(sent) == Filled({"where": answer}, ("where",), "kept")


@pytest.mark.parametrize("view", [{}, {"state": None}, {"state": {"values": {"a": None, "b": {}, "c": {"d": 1}}}}])
def test_what_is_no_form_is_filled_in_with_nothing(view: dict[str, Any]) -> None:
    filled = read_filled(view)
    assert [filled.typed("a"), filled.chosen("a"), filled.moment("a"), filled.day("a")] == ["", "", None, None]


@pytest.mark.parametrize("words", [HOSTILE, LONG, ""], ids=["hostile", "long", "empty"])
async def test_choices_of_any_length_are_taken(words: str, show: Open) -> None:
    asked = Input("a", ActionId.PICK, "A", Select((Choice(words, "value", words), *CHOICES), ("value",)))
    await show(form(FormId.POLICY, "Policy", [asked], submit="Preview"))
