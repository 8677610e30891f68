"""Whatever people type and whatever things are called, a message is drawn: shorter where it would be too long."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import DividerBlock, SectionBlock

from core.domain.ids import RequestId
from core.domain.notices import Form, Topic
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.ports import Card
from handlers.screens import details, notices, request_card
from handlers.slack.drawing.blocks import quoted, section
from handlers.slack.drawing.markup import within
from handlers.slack.drawing.render import fits, fitted, render_message
from handlers.slack_api.block_kit import SlackMessage, UnrenderableError, check_message
from tests.contents import by_topic
from tests.handlers.samples import (
    APPROVAL,
    CALLED_OFF,
    DISALLOWED,
    GIVEN_UP,
    LINKS,
    NOW,
    REQUEST,
    STATES,
    foreign_markup,
    notice,
    worst_card,
)

TEN = (replace(REQUEST, id=RequestId(10**9)),) * 10
EVERYTHING = details.Powers(decide=True, cancel=True, revoke=True, extend=True, ask_again=True, end_all=TEN)
PIECES = st.text(alphabet="&<>`*_~:|\n Wé\u202e\u0301", min_size=1, max_size=12).filter(
    lambda piece: piece.strip("\n `*_~:")
)
LONGEST = st.one_of(PIECES, st.sampled_from(["&", "<>", "W", "``", "& \n"])).map(lambda piece: (piece * 1000)[:1000])
REQUESTS = st.sampled_from([*STATES.values(), DISALLOWED, GIVEN_UP, CALLED_OFF])


def worst(request: Request, text: str) -> Card:
    """A quorum of nine with a long comment each, and everything else at its longest."""
    drawn = worst_card(request, text)
    votes = (replace(APPROVAL, name=text, comment=text, allowed=timedelta(minutes=45)),) * 9
    policies = (text,) * 9
    longest = replace(
        drawn.request, quorum=9, eligibility_policies=policies, approval_policies=policies, extends=RequestId(1001)
    )
    asked_by = (ChatUser("slack", "T0EXAMPLE", "U0ADA"),) * 10
    return replace(drawn, request=longest, votes=votes, extends=request, requester_users=asked_by)


@settings(max_examples=settings().max_examples // 2)
@given(REQUESTS, LONGEST)
def test_a_card_is_drawn_whatever_is_in_it_and_keeps_its_heading_and_buttons(request: Request, text: str) -> None:
    for message in (
        request_card.build(worst(request, text), LINKS),
        details.build_message(worst(request, text), (), LINKS, EVERYTHING),
    ):
        rendered = render_message(message)
        assert foreign_markup(rendered) == []
        assert "R-1042" in rendered["blocks"][0]["text"]["text"]
        assert "Details" in json.dumps(rendered) or "Revoke" in json.dumps(rendered)


@settings(max_examples=settings().max_examples // 2)
@given(st.sampled_from(Topic), st.sampled_from([Form.DIRECT, Form.THREAD, Form.LINE]), REQUESTS, LONGEST)
def test_a_notice_is_drawn_whatever_is_in_it(topic: Topic, form: Form, request: Request, text: str) -> None:
    told = notice(by_topic(text, text)[topic], form)
    for about in (worst(request, text).request, None):
        rendered = render_message(notices.build(told, about, LINKS, NOW))
        assert foreign_markup(rendered) == []


def test_what_people_typed_is_left_out_first_and_it_is_said() -> None:
    drawn = request_card.build(worst(replace(REQUEST, status=Status.PENDING), "&" * 1000), LINKS)
    said = json.dumps(render_message(drawn), ensure_ascii=False)
    assert "too long to be shown here as a whole" in said
    assert "more approval from" in said


def test_what_fits_is_left_as_it_is() -> None:
    message = SlackMessage("Said.", [section("Said."), *quoted("Why", "because")])
    assert fitted(message) == message


def test_what_no_shortening_helps_is_a_fault_of_the_program() -> None:
    with pytest.raises(UnrenderableError):
        check_message(fitted(SlackMessage("Said.", [DividerBlock() for _ in range(51)])))


def test_too_many_blocks_of_words_become_fewer() -> None:
    assert fits(fitted(SlackMessage("Said.", [SectionBlock(text=f"{n}") for n in range(60)])))


@pytest.mark.parametrize("limit", range(20, 60))
def test_a_cut_splits_no_link_no_entity_and_leaves_no_fence_open(limit: int) -> None:
    for markup in (
        "see <https://slack.com/x|R-1042> and more words",
        "```\n" + "&amp;" * 30 + "\n```",
        "&amp;" * 30,
        "W" * 90,
    ):
        cut = within(markup, limit)
        assert len(cut) <= limit
        assert (cut.count("<"), cut.count("```") % 2) == (cut.count(">"), 0)
        assert cut.count("&") == cut.count(";")
