"""A request from a second chat account of its requester says so wherever somebody decides on it, and afterwards."""

from dataclasses import replace

import pytest

from core.domain.audit import Anchor, AuditEvent, seal
from core.domain.notices import Form, Topic
from core.domain.request import Actor
from core.domain.settings import Requirement
from core.services.queries.pending_approvals import Awaiting
from handlers.screens import details, lists, notices, request_card, review_form
from handlers.screens.screen import message
from tests.handlers.conftest import Open, Post
from tests.handlers.samples import LINKS, NOW, REQUEST, STATES, card, notice

SECOND = replace(REQUEST, second_account=True)
WORDS = "Asked for from a second Slack account @Ada Lovelace, which no admin had released."


@pytest.mark.parametrize("status", STATES)
async def test_the_card_says_so_in_every_state(status: object, post: Post) -> None:
    request = replace(STATES[status], second_account=True)  # type: ignore[index]
    assert WORDS in await post(request_card.build(card(request), LINKS))
    assert "second Slack account" not in await post(request_card.build(card(STATES[status]), LINKS))  # type: ignore[index]


@pytest.mark.parametrize(
    "form",
    [
        review_form.build_reject(SECOND),
        review_form.build_approve(SECOND),
        review_form.build_confirm(SECOND),
        review_form.build_shorten(SECOND, rule=Requirement.OFF),
    ],
    ids=["reject", "approve", "confirm", "shorten"],
)
async def test_so_does_every_form_in_which_it_is_decided(form: object, show: Open) -> None:
    assert WORDS in await show(form)  # type: ignore[arg-type]


async def test_so_do_its_details_and_its_history(show: Open) -> None:
    event = AuditEvent("request.submitted", NOW, Actor("Ada Lovelace"), REQUEST.id, facts={"second_account": True})
    shown = await show(details.build(card(SECOND), [seal(Anchor(), event)], LINKS))
    assert WORDS in shown
    assert "asked “from a second chat account that no admin had released”" in shown


async def test_so_does_the_list_of_what_waits(post: Post) -> None:
    row = lists.awaiting_row(Awaiting(SECOND, (), None), NOW)
    assert WORDS in await post(message("Waiting", row))


@pytest.mark.parametrize(
    ("topic", "form"),
    [(Topic.SUBMITTED, Form.DIRECT), (Topic.SUBMITTED, Form.LINE), (Topic.REMINDER, Form.DIRECT)],
)
async def test_so_do_the_message_to_the_person_the_reminder_and_the_audit_channel(
    topic: Topic, form: Form, post: Post
) -> None:
    """Messages go to the first account: its owner hears of it, whoever asked."""
    assert WORDS in await post(notices.build(notice(topic, form), SECOND, LINKS, NOW))
    assert "second Slack account" not in await post(notices.build(notice(topic, form), REQUEST, LINKS, NOW))
