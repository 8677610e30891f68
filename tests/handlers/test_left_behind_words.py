"""A request that is over while AWS may list its assignment: never told as if the assignment were gone."""

from dataclasses import replace

import pytest

from core.domain.notice_content import Slow
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Form, Notice, Plain, Recipient, Topic
from core.domain.request import LeftBehind, Request, Status
from handlers.screens import close_form, notices, request_texts
from handlers.screens.spans import joined
from handlers.slack.drawing.render import render_message, render_view
from handlers.slack.drawing.spans import mrkdwn
from handlers.words import sentences, states
from handlers.words.left_behind_words import left_in_aws
from tests.handlers.conftest import Open, Post
from tests.handlers.samples import GIVEN_UP, HOSTILE, LINKS, LONG, NOW, STATES, foreign_markup, nasty

OVER = (Status.ENDED, Status.REVOKED)


def left(because: LeftBehind, status: Status = Status.ENDED) -> Request:
    return replace(
        STATES[status], left_behind=because, closed_by="Frank Rosen", close_reason="AWS support gave up", closed_at=NOW
    )


@pytest.mark.parametrize("because", LeftBehind)
@pytest.mark.parametrize("status", OVER)
def test_no_place_says_that_the_assignment_is_gone(because: LeftBehind, status: Status) -> None:
    request = left(because, status)
    topic = Topic.ENDED if status is Status.ENDED else Topic.REVOKED
    thread = Notice(Form.THREAD, Plain(topic), Recipient.principal(request.requester), request.id)
    said = [
        mrkdwn(notices.thread_line(thread, request, NOW)),
        mrkdwn(notices.audit_line(replace(thread, form=Form.LINE, to=AUDIT_CHANNEL), request, LINKS, NOW)),
        mrkdwn(joined(" ", request_texts.ending_lines(request))),
    ]
    for line in said:
        assert "is gone" not in line
        for fact in (request.permission_set_name, request.target.account):
            assert fact in line


@pytest.mark.parametrize("because", LeftBehind)
def test_every_reason_has_a_sentence_of_its_own(because: LeftBehind) -> None:
    others = [left_in_aws(left(other)) for other in LeftBehind if other is not because]
    assert left_in_aws(left(because)) not in others
    assert left_in_aws(STATES[Status.ENDED]) == ""


def test_closing_by_hand_says_who_and_why() -> None:
    closed = left(LeftBehind.CLOSED_BY_HAND)
    assert "Frank Rosen" in left_in_aws(closed)
    assert "AWS support gave up" in left_in_aws(closed)
    assert states.state(closed).word == "Closed by hand"
    assert "closed this by hand" in sentences.overtaken(closed, NOW)


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_admins_are_told_in_a_message_that_slack_takes(post: Post, text: str) -> None:
    request = replace(nasty(left(LeftBehind.CLOSED_BY_HAND), text), closed_by=text[:200], close_reason=text[:1000])
    notice = Notice(Form.DIRECT, Plain(Topic.LEFT_BEHIND), ADMINS, request.id)
    message = notices.direct(notice, request, LINKS, NOW)
    await post(message)
    assert not foreign_markup(render_message(message))


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_the_form_is_one_that_slack_takes(show: Open, text: str) -> None:
    form = close_form.build(nasty(STATES[Status.REVOKING], text))
    assert "IAM Identity Center" in await show(form)
    assert not foreign_markup(render_view(form))


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_a_slow_grant_is_told_with_the_words_of_aws_in_a_message_that_slack_takes(post: Post, text: str) -> None:
    request = nasty(STATES[Status.GRANTING], text)
    notice = Notice(Form.DIRECT, Slow(text, NOW), Recipient.principal(request.requester), request.id)
    message = notices.direct(notice, request, LINKS, NOW)
    assert "keeps trying until" in await post(message)
    assert not foreign_markup(render_message(message))


def test_a_slow_grant_that_came_meanwhile_is_not_said_to_be_waited_for() -> None:
    request = STATES[Status.ACTIVE]
    notice = Notice(Form.DIRECT, Slow("", NOW), Recipient.principal(request.requester), request.id)
    assert "keeps trying" not in mrkdwn(notices.direct(notice, request, LINKS, NOW).summary)


def test_a_grant_that_was_given_up_is_not_to_be_revoked() -> None:
    said = sentences.overtaken(GIVEN_UP, NOW)
    assert said == "This could not be granted. It has to be requested again."
