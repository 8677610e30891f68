"""The screens of the search: Slack takes them at their worst, and nothing of a person is markup in them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.ids import PrincipalId, RequestId
from core.domain.people import Principal
from core.domain.request import Status
from core.domain.search import LONGEST, Cursor, Search, SearchProblem, Unclear, read_search, write_search
from core.services.queries.request_search import SearchPage
from handlers.flows import home
from handlers.screens import audit, audit_form
from handlers.screens import home as home_screen
from handlers.screens.audit import Turn
from handlers.screens.filled import Filled
from handlers.screens.screen import Home, Message, Screen
from handlers.slack.drawing.filled import read_filled
from handlers.slack.drawing.render import render_message, render_options, render_view
from handlers.words import search_words
from tests.handlers.samples import HOSTILE, LONG, NOW, REQUEST, STATES, foreign_markup, nasty

Post = Callable[[Message], Awaitable[str]]
Open = Callable[[Screen | Home], Awaitable[str]]
CURSOR = Cursor(NOW, RequestId(10**17))
FULL = Search(
    words=("pipeline",),
    people=("ada",),
    accounts=("111122223333",),
    permission_sets=("arn:aws:sso:::permissionSet/ssoins-1/ps-1",),
    statuses=frozenset({Status.ACTIVE, Status.PENDING}),
    approvers=("bob",),
    tickets=("PAY-1",),
    since=date(2026, 3, 1),
    until=date(2026, 3, 2),
)


def worst(words: str) -> SearchPage:
    requests = [nasty(replace(request, id=RequestId(10**17 + n)), words) for n, request in enumerate(STATES.values())]
    search = Search(words=tuple(f"{n}{words[:130]}".replace('"', "") for n in range(9)), people=(words[:200],))
    return SearchPage(search, requests[:10], CURSOR, CURSOR, {words[:200]: words}, unknown=[words] * 9)


@pytest.mark.parametrize("words", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_slack_takes_a_page_at_its_worst_as_message_and_as_modal(post: Post, show: Open, words: str) -> None:
    found = worst(words)
    assert len(write_search(found.search)) <= LONGEST
    message, view = audit.build_message(found, NOW), audit.build_screen(found, NOW)
    assert foreign_markup(render_message(message)) == []
    assert foreign_markup(render_view(view)) == []
    assert "Export as CSV" in await post(message)
    assert "Older" in await show(view)


async def test_slack_takes_everything_live_on_home_at_its_worst(client: AsyncWebClient) -> None:
    live = [nasty(replace(STATES[Status.ACTIVE], id=RequestId(10**17 + n)), LONG) for n in range(audit.ON_HOME + 1)]
    for found in ([], live[:1], live):
        blocks = audit.on_home(found, NOW)
        (section,) = [each for each in home.SECTIONS if each.title == "Everything live"]
        assert len(blocks) <= section.fixed
        assert (await client.views_publish(user_id="U0ADA", view=render_view(home_screen.build(blocks, ""))))["ok"]
        assert ("All live" in str(render_view(home_screen.build(blocks, "")))) == (len(found) > audit.ON_HOME)


async def test_a_page_marks_what_a_machine_asked_for(post: Post) -> None:
    found = SearchPage(Search(), [replace(REQUEST, filed_by_token="nightly job"), REQUEST])
    text = await post(audit.build_message(found, NOW))
    assert text.count("🤖 by token nightly job") == 1


async def test_a_page_says_what_was_looked_for_and_each_request_in_words(post: Post) -> None:
    found = SearchPage(FULL, [STATES[Status.ACTIVE], REQUEST], None, CURSOR, {"111122223333": "Payments Prod"})
    text = await post(audit.build_message(found, NOW))
    assert "asked by ada · in Payments Prod" in text
    assert "waiting for approval, active" in text
    assert "from 2026-03-01 to 2026-03-02" in text
    assert "Ada Lovelace · PowerUserAccess in Payments Prod" in text
    assert "[ Older ]" in text
    assert "Newer" not in text


async def test_nothing_found_offers_another_search_and_no_file(post: Post) -> None:
    text = await post(audit.build_message(SearchPage(Search(), []), NOW))
    assert "Nothing was found." in text
    assert "[ Search ]" in text
    assert "Export as CSV" not in text


@pytest.mark.parametrize("what", list(Unclear))
async def test_what_is_not_understood_is_answered_with_what_can_be_typed(post: Post, what: Unclear) -> None:
    text = await post(audit.puzzled([SearchProblem(what, HOSTILE, "status")] * 9, "/team"))
    assert "person: account: set: status: approver: ticket: text: from: to:" in text
    assert not read_search(search_words.EXAMPLE, NOW.date()).puzzles


@pytest.mark.parametrize("search", [Search(), FULL, worst(LONG).search], ids=["empty", "full", "long"])
async def test_the_form_opens_with_what_was_searched_for(show: Open, search: Search) -> None:
    view = audit_form.build(search, {"111122223333": LONG})
    text = await show(view)
    assert [label for label in LABELS if label not in text] == []


LABELS = ("Person", "Account", "Permission set", "Status", "Approver", "Ticket", "Text", "From", "To")


def filled(**values: Any) -> dict[str, Any]:
    return {"state": {"values": {f"audit.{name}": {f"audit.{name}": value} for name, value in values.items()}}}


def test_the_form_is_the_search_that_could_have_been_typed() -> None:
    chosen = {"selected_option": {"value": "111122223333"}}
    view = filled(
        person={"selected_option": {"value": 'Ada "the" Lovelace'}},
        account=chosen,
        status={"selected_options": [{"value": "active"}, {"value": "bogus"}]},
        ticket={"value": " PAY-1 "},
        text={"value": 'stuck "pipeline"'},
        **{"from": {"selected_date": "2026-03-01"}, "to": {"selected_date": None}},
    )
    search, errors = audit_form.parse(read_filled(view), NOW.date())
    assert errors == {}
    assert search == Search(
        words=("stuck", "pipeline"),
        people=("Ada the Lovelace",),
        accounts=("111122223333",),
        statuses=frozenset({Status.ACTIVE}),
        tickets=("PAY-1",),
        since=date(2026, 3, 1),
    )
    assert read_search(write_search(search), NOW.date()).search == search


def test_an_empty_form_finds_everything_and_days_the_wrong_way_round_are_said_on_their_field() -> None:
    assert audit_form.parse(Filled(), NOW.date()) == (Search(), {})
    _, errors = audit_form.parse(
        read_filled(filled(**{"from": {"selected_date": "2026-03-02"}, "to": {"selected_date": "2026-03-01"}})),
        NOW.date(),
    )
    assert list(errors) == ["audit.to"]


def test_what_stands_under_text_is_what_could_be_typed_and_comes_back_as_it_was() -> None:
    typed = Search(words=("stuck queue", "foo:bar"), numbers=(RequestId(1002),))
    (text,) = [
        block["element"]["initial_value"]
        for block in render_view(audit_form.build(typed, {}))["blocks"]
        if block.get("block_id") == "audit.text"
    ]
    assert audit_form.parse(read_filled(filled(text={"value": text})), NOW.date()) == (typed, {})
    search, _ = audit_form.parse(read_filled(filled(text={"value": "person:bob r-7"})), NOW.date())
    assert (search.people, search.numbers) == (("bob",), (RequestId(7),))
    _, errors = audit_form.parse(read_filled(filled(text={"value": "stat:active"})), NOW.date())
    assert "Unknown filter stat:" in errors["audit.text"]


def test_a_type_ahead_offers_at_most_a_hundred_the_typed_words_among_them() -> None:
    people = [Principal(PrincipalId(f"p-{n}"), LONG, LONG or "x", (), enabled=n % 2 == 0) for n in range(120)]
    offered = render_options(audit_form.with_typed([audit_form.person_choice(each) for each in people], 'gr"ace'))
    assert len(offered) == 100
    assert offered[-1]["value"] == "gr ace"
    assert audit_form.with_typed([], "  ") == []


@pytest.mark.parametrize("value", ["", "ada", "<", "<1.1", "<x ada", ">1 ada", "? ada", "= ada", "<1.1 ada"])
def test_a_button_that_was_not_made_here_turns_no_page(value: str) -> None:
    turn = Turn.load(value)
    assert turn is None or turn.dump() == (value if " " in value else f"{value} ")


def test_a_button_carries_its_page() -> None:
    for turn in (Turn("ada", before=CURSOR), Turn("ada  b", after=CURSOR), Turn("“x”"), Turn("")):
        assert Turn.load(turn.dump()) == turn


async def test_slack_takes_the_buttons_of_the_longest_search_there_can_be(post: Post) -> None:
    typed = " ".join(f'"{n}:"' for n in range(LONGEST))[:LONGEST]
    search = read_search(typed[: typed.rfind(" ")], NOW.date()).search
    assert len(write_search(search)) > LONGEST - 20
    assert "[ Newer ]" in await post(audit.build_message(SearchPage(search, [REQUEST], CURSOR, CURSOR), NOW))


async def test_an_address_that_nobody_has_does_not_read_as_nothing_done(post: Post) -> None:
    found = SearchPage(Search(people=("ada@example.com",)), (), unknown=["ada@example.com"])
    said = await post(audit.build_message(found, NOW))
    assert "Nobody in IAM Identity Center has the address ada@example.com now." in said


@pytest.mark.parametrize("sentence", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_a_search_that_failed_says_why_in_its_place_and_leads_back_to_its_form(show: Open, sentence: str) -> None:
    view = audit.trouble(FULL, sentence)
    assert foreign_markup(render_view(view)) == []
    assert "[ Search ]" in await show(view)
    assert write_search(FULL) in str(render_view(view))
