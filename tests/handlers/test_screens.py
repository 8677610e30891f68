"""Screens say what there is to say, as values: nobody else's words among ours, and no markup anywhere."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from core.domain.audit import Anchor, AuditEvent, seal
from core.domain.notice_content import (
    Overdue,
    PairReleased,
    PairsReleased,
    PoliciesChanged,
    PoliciesUnchanged,
    PoliciesWaiting,
    Slow,
)
from core.domain.notices import Form, Plain
from core.domain.people import Person, Persona, Principal
from core.domain.request import Actor, LeftBehind, Request, Status
from core.domain.settings import Requirement
from core.services.queries.pending_approvals import Awaiting, WaitingPage
from handlers.screens import (
    close_form,
    details,
    home,
    lists,
    notices,
    request_card,
    request_note,
    request_texts,
    review_form,
    revoke_form,
)
from handlers.screens import help as help_screen
from handlers.screens.lists import ListName
from handlers.screens.spans import Text, Words
from handlers.screens.terminal import write
from handlers.words.left_behind_words import left_in_aws
from tests.contents import contents
from tests.handlers.samples import (
    ADA,
    APPROVAL,
    CALLED_OFF,
    DISALLOWED,
    GIVEN_UP,
    LINKS,
    NOW,
    REQUEST,
    STATES,
    TOLD,
    card,
    nasty,
    notice,
    worst_card,
)

MALLORY = "MALLORY"
REQUESTS = [nasty(each, MALLORY) for each in (*STATES.values(), DISALLOWED, GIVEN_UP, CALLED_OFF)]
MARKUP = set("*`<>~|")


def ours(said: object) -> Iterator[str]:
    """Every span of our own words in a screen, a part or a list of them."""
    if isinstance(said, Words):
        yield said.text
    elif isinstance(said, list | tuple):
        for each in said:
            yield from ours(each)
    elif is_dataclass(said):
        for each in fields(said):
            yield from ours(getattr(said, each.name))


def texts(said: object) -> Iterator[str]:
    """Every text in a screen, a part or a list of them, as it is read."""
    if isinstance(said, Text):
        yield write(said)
    elif isinstance(said, list | tuple):
        for each in said:
            yield from texts(each)
    elif is_dataclass(said):
        for each in fields(said):
            yield from texts(getattr(said, each.name))


def of_request(request: Request) -> Iterator[object]:
    """The screens about one request."""
    event = seal(Anchor(), AuditEvent("request.submitted", NOW, Actor(MALLORY), REQUEST.id, facts={"comment": MALLORY}))
    shown = worst_card(request, MALLORY)
    yield request_card.build(shown, LINKS)
    yield request_card.build(card(request, siblings=(request,), extends=request), LINKS)
    yield details.build(shown, [event], LINKS, details.Powers(decide=True, revoke=True))
    yield close_form.build(request)
    yield revoke_form.build(request, Requirement.OPTIONAL, own=False)
    yield review_form.build_confirm(request)
    yield review_form.build_shorten(request, rule=Requirement.REQUIRED)
    yield request_note.sent(request, [MALLORY] * 9, LINKS)
    yield request_note.said(MALLORY)
    for name in (ListName.MINE, ListName.LIVE, ListName.UNDER):
        yield home.requests(name, [request], NOW, LINKS)
    awaiting = Awaiting(request, (replace(APPROVAL, name=MALLORY, comment=MALLORY),), request)
    yield lists.waiting(WaitingPage((awaiting,), more=True), NOW, "", MALLORY)


@pytest.mark.parametrize("request_", REQUESTS, ids=range(len(REQUESTS)))
def test_no_word_of_anybody_else_is_among_ours_whatever_has_become_of_a_request(request_: Request) -> None:
    said = list(ours(list(of_request(request_))))
    assert len(said) > 50
    assert [each for each in said if MALLORY in each or MARKUP & set(each)] == []


@pytest.mark.parametrize("form", Form)
def test_nor_in_any_message(form: Form) -> None:
    for content in [*map(Plain, TOLD), *contents(MALLORY, MALLORY)]:
        told = notice(content, form)
        request = nasty(TOLD.get(told.topic, REQUEST), MALLORY)
        messages = [notices.build(told, each, LINKS, NOW) for each in (request, None)]
        messages.append(notices.edited(told, nasty(STATES[Status.ENDED], MALLORY), LINKS, NOW, "/team"))
        assert [each for each in ours(messages) if MALLORY in each or MARKUP & set(each)] == [], content


def test_nor_where_people_read_who_they_are_and_what_they_may_type() -> None:
    person = Person(Principal(REQUEST.requester, MALLORY, MALLORY), frozenset(), ADA)
    screens = [
        help_screen.build(set(Persona), "/team", unknown=MALLORY),
        help_screen.build(set(), "/team", refused=MALLORY),
        help_screen.whoami(person, [MALLORY], set(Persona), ADA),
        home.you(person, set(Persona)),
        home.barred(MALLORY),
        home.unread(MALLORY, MALLORY),
        home.refused(MALLORY),
    ]
    assert [each for each in ours(screens) if MALLORY in each or MARKUP & set(each)] == []


SENTENCE = "It is finished."
TWO_STOPS = re.compile(r"[.!?…]”?\.(?!\.)")


def spoken(request: Request) -> Request:
    """The same request, with a whole sentence wherever a person or AWS gave a reason."""
    return replace(
        request,
        justification=SENTENCE,
        decision_comment=SENTENCE if request.decision_comment else "",
        revoke_reason=SENTENCE if request.revoke_reason else "",
        failure=SENTENCE if request.failure else "",
    )


@pytest.mark.parametrize("status", STATES)
def test_a_sentence_that_ends_with_somebodys_own_sentence_has_one_full_stop(status: Status) -> None:
    request = spoken(STATES[status])
    left = replace(request, left_behind=LeftBehind.CLOSED_BY_HAND, closed_by="Frank", close_reason=SENTENCE)
    said = [*texts(list(of_request(request))), left_in_aws(left)]
    reasons = (Slow, Overdue, PairReleased, PairsReleased, PoliciesChanged, PoliciesWaiting, PoliciesUnchanged)
    notes = [*map(Plain, TOLD), *(each for each in contents(SENTENCE, "Frank") if isinstance(each, reasons))]
    for content, form in itertools.product(notes, Form):
        told = notice(content, form)
        said += texts([notices.build(told, each, LINKS, NOW) for each in (request, left, None)])
    assert any(SENTENCE in each for each in said)
    assert [each for each in said if TWO_STOPS.search(each)] == []


@pytest.mark.parametrize(("platform", "called"), [("slack", "Slack"), ("teams", "Teams")])
def test_a_chat_account_is_said_to_be_of_its_own_platform(platform: str, called: str) -> None:
    user = replace(ADA, platform=platform)
    request = replace(REQUEST, requester_chat=user, second_account=True)
    person = Person(Principal(REQUEST.requester, "ada@example.com", "Ada"), frozenset(), user)
    assert f"from a second {called} account" in " ".join(ours(request_texts.asked_with(request)))
    assert f"{called} user" in str(help_screen.whoami(person, [], set(Persona), user))
