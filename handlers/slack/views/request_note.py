"""What the modal **Request access** says when there is no form to show any more."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from core.domain.ids import RequestId, show_request_id
from core.domain.outcome import InHand
from core.domain.request import Request, Status
from handlers import sentences, waiting_words
from handlers.screens.links import Links
from handlers.slack.views import story
from handlers.slack.views.block import context, note, open_link, section
from handlers.slack.views.request_form import TITLE
from handlers.slack.views.text import prose, when


def said(sentence: str, more: Sequence[Block] = ()) -> View:
    """What came of something that was done in a form that shows a request; ``more`` stands below it."""
    return note("Request", [section(prose(sentence)), *more])


def sent(request: Request, waits_for: Sequence[str], links: Links) -> View:
    """``waits_for``: names of the groups or people that decide."""
    number = story.request_link(request, links.request)
    about = f"{story.target(request)}, {story.window(request)}"
    button = open_link("Open the card", links.card) if links.card else None
    blocks = [section(f"✅ Sent. {number}{_extends(request)} {_next(request, waits_for)}", button), *context(about)]
    return note(TITLE, blocks)


def sent_as(request_id: RequestId) -> View:
    """When there is no time to say more."""
    said = f"✅ Sent as {show_request_id(request_id)}. You'll get a message as soon as something happens."
    return note(TITLE, [section(said)])


def _extends(request: Request) -> str:
    return f", an extension of {show_request_id(request.extends)}," if request.extends else ""


def _next(request: Request, waits_for: Sequence[str]) -> str:
    if request.status is Status.PENDING:
        who = prose(sentences.either(waits_for, 5), 1000) or "approval"
        times = f"{request.quorum} approvals from " if request.quorum > 1 else ""
        return f"waits for {times}{who}. You'll get a message when it's decided."
    starts = f"and starts {when(request.start_at)}" if request.start_at else "and is being set up"
    return f"needs no approval {starts}. You'll get a message when access is active."


def in_hand(waits: InHand, what: str = "", title: str = TITLE) -> View:
    """The form is stored, and the answer comes as a message."""
    return note(title, [section(f"⏳ {prose(waiting_words.in_hand(waits, what))}")])
