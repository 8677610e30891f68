"""Messages and Home as cards: what is looked for first stands out, every button can be named, nothing is too large."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.ids import ConversationId, PrincipalId, RequestId
from core.domain.notices import Form, Topic
from core.domain.people import ChatUser, Person, Persona, Principal
from core.domain.request import Request, Status
from core.services.queries.pending_approvals import Awaiting, WaitingPage
from handlers.flows import home as flow
from handlers.flows.home_context import Pages
from handlers.screens import details, home, lists, notices, request_card
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice, Select
from handlers.screens.lists import ListName
from handlers.screens.parts import Address, Break, Button, Menu, Part, Tone, aside, buttons, facts, lines, row
from handlers.screens.plain_text import Reader, when
from handlers.screens.screen import TOO_LONG, Home, Message, message, shortened
from handlers.screens.spans import Instant, PersonRef, Preformatted, Untrusted, channel, name, strong, text
from handlers.teams import wire
from handlers.teams.drawing.cards import Drawn, draw_home, draw_message, home_fits
from handlers.teams.drawing.markup import tame
from infra.sandbox.local_teams.card_check import problems
from infra.sandbox.local_teams.card_rules import shortcomings
from tests.contents import by_topic
from tests.handlers.samples import (
    HOSTILE,
    LINKS,
    LONG,
    NOW,
    REQUEST,
    STATES,
    card,
    notice,
)
from tests.handlers.teams.test_dialogs import elements
from tests.handlers.test_fitting import EVERYTHING, LONGEST, REQUESTS, worst
from tests.handlers.test_home import OWN, worst_waiting
from tests.handlers.test_home import worst as worst_of_list

Json = dict[str, Any]
MANY = Reader(now=NOW)
ADA = ChatUser("teams", "tenant", "ada-object-id")


def taken(drawn: Drawn) -> Json:
    assert problems(drawn.card) == shortcomings(drawn.card) == []
    return drawn.card


def drawn(*parts: Part, reader: Reader = MANY) -> Json:
    return taken(draw_message(message("Hello.", parts), reader))


@pytest.mark.parametrize(
    ("status", "colour"),
    [
        (Status.PENDING, "warning"),
        (Status.SCHEDULED, "accent"),
        (Status.ACTIVE, "good"),
        (Status.REJECTED, "attention"),
        (Status.ENDED, None),
    ],
)
def test_a_card_is_headed_by_its_state_and_id(status: Status, colour: str | None) -> None:
    body = taken(draw_message(request_card.build(card(STATES[status]), LINKS), MANY))["body"]
    assert body[0].get("style" if colour else "color") == colour
    headline = body[0]["items"][0] if colour else body[0]
    assert (headline["style"], "R-1042" in headline["text"]) == ("heading", True)
    assert "separator" not in body[1 if colour else 2]


def test_facts_quotes_and_small_print_are_told_apart() -> None:
    body = taken(draw_message(request_card.build(card(REQUEST), LINKS), MANY))["body"]
    kinds = [(each["type"], each.get("style") or each.get("size")) for each in body[:7]]
    assert kinds == [
        ("Container", "warning"),
        ("FactSet", None),
        ("Container", "emphasis"),
        ("TextBlock", None),
        *[("TextBlock", "Small")] * 3,
    ]
    assert (body[3]["separator"], body[4]["isSubtle"]) == (True, True)


def test_buttons_say_what_they_do_and_to_what() -> None:
    body = taken(draw_message(request_card.build(card(REQUEST), LINKS), MANY))["body"]
    approve, reject, shorten, shows = body[-1]["actions"]
    assert [each.get("style") for each in (approve, reject, shorten, shows)] == ["positive", "destructive", None, None]
    assert approve["tooltip"] == "Approve R-1042"


def test_what_opens_a_dialog_asks_for_it_and_what_does_not_is_executed() -> None:
    acts = (
        Button("Withdraw", ActionId.CANCEL, "1042:ab", Tone.DANGER),
        Button("Details", ActionId.DETAILS, "1042:ab"),
        Address("Open AWS", "https://example.test"),
    )
    execute, fetch, address = elements(drawn(row("x"), buttons(*acts, id="group")), "Action.")
    assert (execute["type"], execute["verb"]) == ("Action.Execute", ActionId.CANCEL)
    assert (fetch["type"], fetch["data"]["msteams"]) == ("Action.Submit", {"type": "task/fetch"})
    assert (address["type"], address["url"]) == ("Action.OpenUrl", "https://example.test")
    assert [wire.read_sent(each["data"]).group for each in (execute, fetch)] == ["group", "group"]


def test_a_row_brings_its_id_and_home_its_memo_with_a_press() -> None:
    shown = Home((row("One", button=Button("Older", ActionId.OLDER, "7"), id="row.1"),), memo="pages")
    (action,) = elements(taken(draw_home(shown, MANY)), "Action.")
    assert wire.read_sent(action["data"]) == wire.Sent(
        ActionId.OLDER, "7", "row.1", place=wire.ControlPlace("pages", on_home=True)
    )


def test_no_button_hides_behind_others() -> None:
    acts = [Button(f"Button {number}", ActionId.OLDER, str(number)) for number in range(14)]
    sets = list(elements(drawn(row("x"), buttons(*acts, id="many")), "ActionSet"))
    assert [len(each["actions"]) for each in sets] == [6, 6, 2]


def test_a_menu_is_a_choice_and_a_button_that_sends_it() -> None:
    menu = Menu(
        ActionId.REPORT_PERIOD, Select((Choice("90 days", "90d"), Choice("A year", "365d")), placeholder="Other")
    )
    body = drawn(row("x"), buttons(menu, id="report"))["body"]
    choice, (send,) = body[1], body[2]["actions"]
    sent = wire.read_sent({**send["data"], choice["id"]: choice["choices"][1]["value"]})
    assert (send["title"], sent.act, sent.value, sent.group) == ("Other", ActionId.REPORT_PERIOD, "365d", "report")


def test_what_says_nothing_is_left_out() -> None:
    said = drawn(row("x"), row(""), lines("", ""), facts(("A", "")), aside(""), buttons(None, id="b"), Break())
    assert len(said["body"]) == 1


def test_what_is_to_be_copied_is_copied_as_it_is() -> None:
    shown = drawn(row("x"), lines("Then:", Preformatted("aws sso login --profile *a_\n  [x](y)"), "Done."))
    said, code, after = shown["body"][1:]
    assert code["codeSnippet"] == "aws sso login --profile *a_\n  [x](y)"
    assert "](" not in code["fallback"]["text"]
    assert (said["text"], after["text"]) == ("Then:", "Done.")


def test_who_is_mentioned_is_named_beside_the_card() -> None:
    reader = replace(MANY, people={ADA: "Ada *Lovelace*"}, channels={ConversationId("teams:19:a"): "Payments [x](y)"})
    shown = drawn(row(name("Ada"), " ", PersonRef(ADA), " in ", channel(ConversationId("teams:19:a"))), reader=reader)
    (entity,) = shown["msteams"]["entities"]
    assert (entity["text"], entity["mentioned"]) == (
        "<at>Ada ∗Lovelace∗</at>",
        {"id": "ada-object-id", "name": "Ada *Lovelace*"},
    )
    assert "](" not in shown["body"][0]["text"]


def test_a_mention_that_is_cut_is_none() -> None:
    reader = replace(MANY, people={ADA: "Ada Lovelace"})
    shown = drawn(row("x"), *[row(Untrusted("word " * 500), PersonRef(ADA))] * 30, reader=reader)
    assert "entities" not in shown["msteams"]


def test_the_line_of_a_notification_is_plain_words() -> None:
    said = text(strong(name("Ada *L* _x_")), " asks: ", Untrusted("[x](https://evil.test)\nline"), " ", PersonRef(ADA))
    shown = draw_message(message(said, [row("x")]), replace(MANY, people={ADA: "Ada"}))
    assert shown.summary == "Ada *L* _x_ asks: [x](https://evil.test) line Ada"
    assert shown.card["fallbackText"] == shown.card["speak"] == tame(shown.summary)
    assert len(draw_message(message("long " * 1000, [row("x")]), MANY).summary) == 300


BERLIN = Reader(zone=ZoneInfo("Europe/Berlin"), now=NOW)
SOON, LATER = NOW + timedelta(minutes=25), NOW + timedelta(days=1, hours=2)


@pytest.mark.parametrize(
    ("at", "now", "reader", "shown"),
    [
        (SOON, NOW, BERLIN, "13:25"),
        (SOON, None, BERLIN, "today at 13:25"),
        (LATER, NOW, BERLIN, "tomorrow at 15:00"),
        (NOW - timedelta(hours=14), NOW, BERLIN, "yesterday at 23:00"),
        (NOW + timedelta(days=120), NOW, BERLIN, "Jun 30, 2026 at 14:00"),
        (NOW, None, replace(BERLIN, now=None), "Mar 2, 2026 at 13:00"),
        (SOON, NOW, MANY, "12:25 UTC (in 25 min)"),
        (LATER, None, MANY, "tomorrow at 14:00 UTC (in 26 h)"),
        (NOW - timedelta(hours=1), NOW, MANY, "11:00 UTC"),
        (NOW, None, Reader(), "Mar 2, 2026 at 12:00 UTC"),
    ],
)
def test_one_reads_their_own_time_and_many_read_utc_and_how_long_it_is(
    at: datetime, now: datetime | None, reader: Reader, shown: str
) -> None:
    assert when(at, now, reader) == shown
    assert drawn(row(Instant(at, now)), reader=reader)["body"][0]["text"] == shown


@settings(max_examples=settings().max_examples // 2)
@given(REQUESTS, LONGEST)
def test_a_card_is_drawn_whatever_is_in_it_and_keeps_its_heading_and_buttons(request: Request, text: str) -> None:
    for said in (
        request_card.build(worst(request, text), LINKS),
        details.build_message(worst(request, text), (), LINKS, EVERYTHING),
    ):
        shown = taken(draw_message(said, MANY))
        assert "R-1042" in json.dumps(shown["body"][0])
        assert {"Details", "Revoke"} & {each["title"] for each in elements(shown["body"], "Action.")}


@settings(max_examples=settings().max_examples // 2)
@given(st.sampled_from(Topic), st.sampled_from([Form.DIRECT, Form.THREAD, Form.LINE]), REQUESTS, LONGEST)
def test_a_notice_is_drawn_whatever_is_in_it(topic: Topic, form: Form, request: Request, text: str) -> None:
    told = notice(by_topic(text, text)[topic], form)
    for about in (worst(request, text).request, None):
        shown = draw_message(notices.build(told, about, LINKS, NOW), BERLIN)
        taken(shown)
        assert shown.summary.strip()


@pytest.mark.parametrize("words", [LONG, HOSTILE * 5, "W" * 3000], ids=["long", "hostile", "wide"])
def test_what_people_typed_is_cut_first_and_it_is_said(words: str) -> None:
    shown = taken(draw_message(request_card.build(worst(REQUEST, (words * 9)[:1000]), LINKS), MANY))
    if TOO_LONG in str(shown):
        assert shown["body"][-1]["text"] == TOO_LONG


def test_the_first_that_there_is_room_for_is_shown() -> None:
    rooms = [message("x", [row("x"), lines(*[Untrusted("word " * 500)] * most)]) for most in (20, 10, 2)]
    shown = taken(draw_message(shortened(rooms), MANY))
    assert len(shown["body"]) == 2
    assert TOO_LONG not in str(shown)
    assert TOO_LONG in str(taken(draw_message(shortened(rooms[:1]), MANY)))


def test_a_list_that_is_too_long_loses_its_end() -> None:
    rows = [row("x " * 70, button=Button("Older", ActionId.OLDER, "7" * 100), id=str(number)) for number in range(60)]
    shown = taken(draw_message(message("x", [*rows, buttons(Button("More", ActionId.OLDER, "8"), id="p")]), MANY))
    assert shown["body"][-1]["text"] == TOO_LONG
    assert shown["body"][-2]["actions"][0]["title"] == "More"


def waiting(rows: int, words: str) -> list[Part]:
    asked = replace(REQUEST, id=RequestId(10**17), requester_name=words, account_name=words, permission_set_name=words)
    awaiting = Awaiting(replace(asked, justification=words[:1000], ticket=words[:100]), (), None)
    return home.waiting(WaitingPage((awaiting,) * rows, more=True), NOW, most=rows)


def test_home_says_whether_there_is_room_for_it() -> None:
    few, many = (Home(tuple(waiting(rows, "Ada Lovelace"))) for rows in (5, 60))
    assert (home_fits(few, MANY), home_fits(many, MANY)) == (True, False)
    assert taken(draw_home(few, MANY)) == draw_home(few, MANY).card
    assert TOO_LONG in str(taken(draw_home(many, MANY)))
    assert draw_home(few, MANY).summary == "Waiting for you"


@pytest.mark.parametrize(
    "words", ["Payments Prod", LONG, HOSTILE, "W" * 1000], ids=["usual", "long", "hostile", "wide"]
)
def test_home_at_its_fullest_fits_with_one_row_of_each_list(words: str) -> None:
    """Of somebody who is everything at once, in the middle of every list."""
    person = Person(Principal(PrincipalId("p-ada"), "ada@example.com", words), frozenset(), ADA)
    listed = [part for name in OWN for part in worst_of_list(name, min(OWN[name]), words, most=flow.ROWS[-1])]
    asked = home.waiting(worst_waiting(words), NOW, "1042", most=flow.ROWS[-1])
    pages = Pages(dict.fromkeys(ListName, "9" * 20)).dump()
    shown = home.build([*asked, *listed, *home.you(person, set(Persona))], pages)
    assert home_fits(shown, BERLIN)
    actions = list(elements(taken(draw_home(shown, BERLIN)), "Action."))
    turns = [each for each in actions if each["title"] in {"Older", "More"}]
    assert [wire.read_sent(each["data"]).place.memo for each in turns] == [pages] * (len(OWN) + 1)


def test_lists_of_ten_fit() -> None:
    requests = [replace(request, id=RequestId(1000 + index)) for index, request in enumerate(STATES.values())]
    said: Message = lists.build(requests, NOW, more=True)
    assert TOO_LONG not in str(taken(draw_message(said, BERLIN)))
