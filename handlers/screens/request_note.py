"""The screen **Request access** when there is no form to show any more."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.ids import RequestId, show_request_id
from core.domain.outcome import InHand
from core.domain.request import Request, Status
from handlers.screens import request_texts
from handlers.screens.links import Links
from handlers.screens.parts import Address, Part, Parts, aside, buttons, row
from handlers.screens.request_buttons import ask_again_button
from handlers.screens.screen import Screen, note
from handlers.screens.spans import NOTHING, Instant, Text, Untrusted, joined, strong, text
from handlers.words import sentences, waiting_words

TITLE = "Request access"


def said(sentence: str, more: Parts = ()) -> Screen:
    """The outcome of something done in a form that shows a request; ``more`` is shown below it."""
    return note("Request", [row(Untrusted(sentence)), *more])


def sent(request: Request, waits_for: Sequence[str], links: Links, *, waits: bool = False) -> Screen:
    """``waits_for``: names of the groups or people that decide. ``waits``: more is to come, as its card."""
    number = request_texts.request_link(request, links.request)
    about = text(request_texts.target(request), ", ", request_texts.window(request))
    if not _is_on_its_way(request):  # somebody was quick, or the form was sent once more
        return note(TITLE, [row(number, ": ", request_texts.status_line(request)), aside(about)])
    button = Address("Open the card", links.card) if links.card else None
    parts: list[Part] = [
        row("✅ Sent. ", number, _extends(request), " ", _next(request, waits_for), button=button),
        aside(about),
    ]
    return note(TITLE, parts, waits=waits)


def _is_on_its_way(request: Request) -> bool:
    """True if it waits for a decision, or is being set up without one."""
    is_begun = request.status in {Status.SCHEDULED, Status.GRANTING} and not request.quorum
    return request.status is Status.PENDING or (is_begun and not request.failure)


def unjudged(request: Request, now: datetime) -> Screen:
    """The note about a request that is still being checked, or came to its end before anybody was told of it."""
    number = strong(show_request_id(request.id))
    about = aside(text(request_texts.target(request), ", ", request_texts.window(request)))
    if request.status is Status.FAILED:
        said = text("⛔ ", number, " is not allowed after all: ", joined(" ", request_texts.failure_lines(request)))
        return note(TITLE, [row(said), about, buttons(ask_again_button(request), id="request.again")])
    if request.is_over:
        return note(TITLE, [row(number, ": ", request_texts.status_line(request, now)), about])
    said = text("⏳ ", number, " is saved, and is still being checked. You'll get a message when it is sent on.")
    return note(TITLE, [row(said), about], waits=True)


def sent_together(requests: Sequence[Request], links: Links, now: datetime) -> Screen:
    """The requests of one form, each with its number and what becomes of it."""
    rows = [
        row(request_texts.request_link(one, links.request), " · ", request_texts.target(one), "\n", _state(one, now))
        for one in requests
    ]
    said = text("✅ Sent: ", len(requests), " requests, each with a number of its own.")
    return note(TITLE, [row(said), *rows, aside("You'll get a message as soon as something happens.")])


def _state(request: Request, now: datetime) -> Text:
    return text(request_texts.status_line(request, now), " · ", request_texts.window(request, now))


def sent_as(request_id: RequestId) -> Screen:
    """The short answer, when there is no time for more."""
    said = text("✅ Sent as ", show_request_id(request_id), ". You'll get a message as soon as something happens.")
    return note(TITLE, [row(said)])


def _extends(request: Request) -> Text:
    return text(", an extension of ", show_request_id(request.extends), ",") if request.extends else NOTHING


def _next(request: Request, waits_for: Sequence[str]) -> Text:
    if request.status is Status.PENDING:
        who = Untrusted(sentences.either(waits_for, 5), 1000, "approval")
        times = text(request.quorum, " approvals from ") if request.quorum > 1 else ""
        return text("waits for ", times, who, ". You'll get a message when it's decided.")
    starts = text("and starts ", Instant(request.start_at)) if request.start_at else "and is being set up"
    return text("needs no approval ", starts, ". You'll get a message when access is active.")


def in_hand(waits: InHand, what: str = "", title: str = TITLE) -> Screen:
    """The form is stored, and the answer comes as a message."""
    return note(title, [row("⏳ ", Untrusted(waiting_words.in_hand(waits, what)))])
