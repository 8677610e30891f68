"""One request whole, lists of them, the help, and who somebody is."""

import json
from dataclasses import replace

import pytest

from core.domain.audit import Anchor, AuditEvent, Sealed, seal
from core.domain.errors import Reason, Refusal
from core.domain.ids import GroupId, PrincipalId, RequestId
from core.domain.machines import at_terminal
from core.domain.people import LEADS_NOWHERE, Person, Persona, Principal
from core.domain.request import Actor, Status
from handlers.screens import details, help, lists  # noqa: A004 - the view is called what it is
from handlers.screens.details import Powers
from handlers.screens.ids import ActionId
from handlers.screens.lists import ListName, Page
from handlers.screens.screen import Message
from handlers.slack.drawing.render import render_message, render_view
from handlers.words import sentences
from handlers.words.subcommands import SUBCOMMANDS, without_groups
from tests.handlers.conftest import Open, Post
from tests.handlers.samples import (
    ADA,
    HOSTILE,
    LINKS,
    LONG,
    NOW,
    REQUEST,
    STATES,
    card,
    foreign_markup,
    nasty,
    worst_card,
)

TEN = tuple(replace(REQUEST, id=RequestId(10**9 + each)) for each in range(10))
EVERYTHING = Powers(decide=True, cancel=True, revoke=True, ask_again=True, end_all=TEN)
ADA_PERSON = Person(Principal(PrincipalId("p-ada"), "ada@example.com", "Ada Lovelace"), frozenset({GroupId("g")}), ADA)


def history(*actions: str, text: str = "go ahead", times: int = 1) -> list[Sealed]:
    events, anchor = [], Anchor()
    for action in actions * times:
        sealed = seal(anchor, AuditEvent(action, NOW, Actor(text), REQUEST.id, facts={"comment": text, "to": "active"}))
        events.append(sealed)
        anchor = Anchor(sealed.seq, sealed.hash)
    return events


def pressable(message: Message) -> list[str]:
    blocks = render_message(message)["blocks"]
    found = [block.get("accessory") for block in blocks] + [e for b in blocks for e in b.get("elements", ())]
    return [each["action_id"] for each in found if each and each["type"] == "button"]


@pytest.mark.parametrize("status", Status)
async def test_details_tell_every_fact_and_the_history(status: Status, show: Open) -> None:
    events = history("request.submitted", "request.approved")
    shown = await show(details.build(card(STATES[status]), events, LINKS))
    for fact in (
        "Request R-1042",
        "Ada Lovelace",
        "Payments Prod (111122223333)",
        "PowerUserAccess · sessions up to 1 h",
        "PAY-123",
        "fix the stuck deployment pipeline",
        "Allowed by: payments-engineers · decided by: payments-approvers · policies at revision 7",
        "History",
        "go ahead: approved “go ahead”",
    ):
        assert fact in shown


async def test_details_offer_only_what_the_reader_may_do(show: Open) -> None:
    shown = await show(details.build(card(REQUEST), [], LINKS))
    assert "Approve" not in shown
    shown = await show(details.build(card(REQUEST), [], LINKS, EVERYTHING))
    for label in ("Approve", "Reject", "Withdraw", "Revoke", "Ask again"):
        assert label in shown


@pytest.mark.parametrize("text", [LONG, HOSTILE, "W" * 1000], ids=["long", "hostile", "wide"])
@pytest.mark.parametrize("status", Status)
async def test_slack_accepts_the_worst_details(status: Status, text: str, show: Open, post: Post) -> None:
    worst, events = worst_card(STATES[status], text), history("request.approved", "unheard.of", text=text, times=100)
    view = details.build(worst, events, LINKS, EVERYTHING)
    message = details.build_message(worst, events, LINKS, EVERYTHING)
    await show(view)
    await post(message)
    if text is HOSTILE:
        assert foreign_markup(render_view(view)) == foreign_markup(render_message(message)) == []


def test_a_long_history_says_what_it_leaves_out() -> None:
    rendered = json.dumps(render_view(details.build(card(REQUEST), history("request.approved", times=50), LINKS)))
    assert "20 earlier events" in rendered


def test_a_reason_of_the_rules_is_told_in_words_and_what_was_typed_as_it_was() -> None:
    rendered = [
        json.dumps(render_view(details.build(card(REQUEST), history("decision.refused", text=text), LINKS)))
        for text in ("not_an_approver", "not_my_call")
    ]
    assert "not an approver" in rendered[0]
    assert "not_my_call" in rendered[1]


async def test_a_list_shows_each_request_with_its_state_and_one_action(post: Post) -> None:
    requests = [replace(request, id=RequestId(2000 + n)) for n, request in enumerate(STATES.values())]
    shown = await post(lists.build(requests[:10], NOW))
    assert "R-2000 · PowerUserAccess in Payments Prod" in shown
    assert "Waiting for approval · now, for 2 h · expires in 3 h" in shown
    assert "Active until 14:00 · 2 h left" in shown


async def test_a_list_marks_what_a_machine_asked_for(post: Post) -> None:
    by_token = replace(REQUEST, filed_by_token="*nightly* <job>")
    at_a_terminal = replace(REQUEST, id=RequestId(2000), requester_chat=at_terminal(REQUEST.requester))
    shown = await post(lists.build([by_token], NOW))
    assert "🤖 by token ∗nightly∗ <job>" in shown
    assert "asked at a terminal" in await post(lists.build([at_a_terminal], NOW))
    in_person = await post(lists.build([REQUEST], NOW))
    assert ("🤖" in in_person, "terminal" in in_person) == (False, False)


def test_a_list_has_ten_a_page_and_says_where_it_goes_on() -> None:
    requests = [replace(REQUEST, id=RequestId(2000 - n)) for n in range(11)]
    message = lists.build(requests, NOW, more=True)
    assert pressable(message).count(ActionId.CANCEL) == 10
    older = render_message(message)["blocks"][-1]["elements"][0]
    assert Page.load(older["value"]) == Page(ListName.MINE, RequestId(1991))


@pytest.mark.parametrize("value", ["", "x", "[]", '{"l":"mine"}', '{"l":"nope","b":1}', '{"l":"mine","b":null}'])
def test_a_page_that_this_program_did_not_write_is_none(value: str) -> None:
    assert Page.load(value) is None


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (Status.PENDING, [ActionId.CANCEL]),
        (Status.SCHEDULED, [ActionId.CANCEL]),
        (Status.GRANTING, []),
        (Status.ACTIVE, [ActionId.REVOKE]),
        (Status.REVOKING, []),
        (Status.ENDED, [ActionId.ASK_AGAIN]),
        (Status.FAILED, [ActionId.ASK_AGAIN]),
    ],
)
def test_a_row_has_what_its_requester_is_likely_to_want_and_can_be_opened(
    status: Status, action: list[ActionId]
) -> None:
    assert pressable(lists.build([STATES[status]], NOW)) == [*action, ActionId.DETAILS]


async def test_an_empty_list_says_so(post: Post) -> None:
    assert "No requests yet." in await post(lists.build([], NOW))


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_slack_accepts_the_worst_list(text: str, post: Post) -> None:
    requests = [replace(nasty(request, text), id=RequestId(2000 + n)) for n, request in enumerate(STATES.values())]
    message = lists.build(requests, NOW, more=True)
    await post(message)
    assert foreign_markup(render_message(message)) == []


@pytest.mark.parametrize(
    ("personas", "there", "not_there"),
    [
        ({Persona.REQUESTER}, "/team request", "/team approvals"),
        ({Persona.APPROVER}, "/team audit", "/team report"),
        ({Persona.AUDITOR}, "/team logs R-1042", "/team settings"),
        ({Persona.ADMIN}, "/team settings", "/team approvals"),
        ({Persona.ADMIN}, "/team audit ada payments", "/team approvals"),
    ],
)
async def test_help_is_by_persona(personas: set[Persona], there: str, not_there: str, post: Post) -> None:
    shown = await post(help.build(personas, "/team"))
    assert there in shown
    assert not_there not in shown


async def test_help_speaks_of_groups_only_where_they_can_be_asked_for(post: Post) -> None:
    for known, there in ((SUBCOMMANDS, True), (without_groups(SUBCOMMANDS), False)):
        shown = await post(help.build({Persona.REQUESTER}, "/team", known=known))
        assert ("/team request group NAME DURATION WHY" in shown) is there
        assert "/team request BUNDLE DURATION WHY" in shown


async def test_help_says_to_whoever_is_nobody_here_why_and_offers_nothing_else(post: Post) -> None:
    refused = sentences.refusal(Refusal(Reason.NO_PRINCIPAL))
    shown = await post(help.build((), "/team", refused=refused))
    assert refused in shown
    assert "/team whoami" in shown
    assert "/team cancel" not in shown
    assert help.NOBODY_NAMES_YOU not in shown


async def test_an_unknown_word_names_the_nearest(post: Post) -> None:
    shown = await post(help.build({Persona.REQUESTER}, "/access", unknown="requ"))
    assert "There is no /access requ. Did you mean /access request?" in shown
    assert "/team" not in shown


async def test_hostile_words_in_an_unknown_command_are_words(post: Post) -> None:
    message = help.build(set(Persona), "/team", unknown=HOSTILE)
    await post(message)
    assert foreign_markup(render_message(message)) == []


async def test_whoami_says_who_somebody_is_and_may_be(post: Post) -> None:
    shown = await post(help.whoami(ADA_PERSON, ("Payments",), {Persona.REQUESTER, Persona.ADMIN}, ADA))
    for fact in ("Ada Lovelace (ada@example.com)", "p-ada", "requester, admin", "Groups (1)\nPayments"):
        assert fact in shown


@pytest.mark.parametrize("why", sorted(LEADS_NOWHERE))
async def test_whoami_and_help_say_what_is_left_to_whoever_is_barred(why: Reason, post: Post) -> None:
    shown = await post(help.whoami(replace(ADA_PERSON, barred_by=why), (), {Persona.APPROVER}, ADA))
    told = sentences.barred(why)
    assert "Pinned to\nAda Lovelace (ada@example.com)" in shown
    assert told in shown
    helped = await post(help.build({Persona.APPROVER}, "/team", refused=told, taking_away=True))
    assert "/team revoke" in helped
    assert "/team request" not in helped.replace("/team requests", "")


@pytest.mark.parametrize("why", sorted(LEADS_NOWHERE))
async def test_a_second_account_that_leads_nowhere_is_not_told_that_it_can_reject(why: Reason, post: Post) -> None:
    shown = await post(help.whoami(replace(ADA_PERSON, barred_by=why, is_second=True), (), (), ADA))
    assert "can reject" not in shown
    assert "only to reject" not in shown
    assert "withdraw your own requests and end your own access" in shown


async def test_whoami_of_nobody_in_particular_says_so(post: Post) -> None:
    assert "no policy names you" in await post(help.whoami(ADA_PERSON, (), (), ADA))
    await post(help.whoami(ADA_PERSON, (LONG,) * 300, set(Persona), ADA))


@pytest.mark.parametrize(("own", "label"), [(True, "End now"), (False, "Revoke")])
async def test_ones_own_access_is_ended_and_somebody_elses_is_revoked(own: bool, label: str, show: Open) -> None:
    shown = await show(details.build(card(STATES[Status.ACTIVE]), [], LINKS, Powers(revoke=True, own=own)))
    assert {word for word in ("End now", "Revoke") if word in shown} == {label}


async def test_what_has_not_begun_is_withdrawn_by_its_requester(show: Open) -> None:
    powers = Powers(cancel=True, revoke=True, own=True)
    shown = await show(details.build(card(STATES[Status.SCHEDULED]), [], LINKS, powers))
    assert "Withdraw" in shown
    assert "End now" not in shown
