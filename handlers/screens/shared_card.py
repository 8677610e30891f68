"""The card of several requests that one person asked for in one go, and the same approvers decide: one message.

Each request has its own state and its own buttons; beside them are those that decide all that still wait.
"""

from collections.abc import Sequence

from core.domain.ids import show_request_id
from core.domain.request import Request, Status
from core.ports import Card
from handlers.screens import request_card, request_texts
from handlers.screens.links import Links
from handlers.screens.parts import Break, Part, Quote, aside, buttons, facts, row
from handlers.screens.request_buttons import (
    approve_all_button,
    approve_button,
    details_button,
    reject_all_button,
    reject_button,
    revoke_all_button,
    revoke_button,
    shorten_button,
)
from handlers.screens.screen import Message, message, shortened
from handlers.screens.spans import (
    Duration,
    PersonRef,
    Quotation,
    Text,
    Untrusted,
    joined,
    name,
    strong,
    strong_name,
    text,
)
from handlers.words.states import state

_SHORT = 40
"""Characters of a name where there is no room for a longer one."""
_TAIL = "Sessions already open when access ends keep working for as long as each says."


def build(card: Card, links: Links) -> Message:
    """As much of it as a platform has room for: the buttons that are least needed go first."""
    return shortened(_build(card, links, fullness) for fullness in (3, 2, 1))


def _build(card: Card, links: Links, fullness: int) -> Message:
    cards = [card, *card.others]
    requests = [each.request for each in cards]
    waiting = [one for one in requests if one.status is Status.PENDING]
    revocable = [one for one in requests if request_card.is_revocable(one)]
    rows = [part for each in cards for part in _rows(each, links, fullness)]
    parts: list[Part] = [
        row(_heading(requests)),
        Break(),
        facts(
            ("Requester", request_texts.person(card.request.requester_name, card.requester_users)),
            ("When", request_texts.window(card.request, card.now)),
            ("Ticket", Untrusted(card.request.ticket, 200)),
        ),
        Quote("Why", card.request.justification),
        Break(),
        *rows,
        *_needed(cards),
        buttons(
            approve_all_button(waiting) if len(waiting) > 1 else None,
            reject_all_button(waiting) if len(waiting) > 1 else None,
            revoke_all_button(revocable) if len(revocable) > 1 else None,
            id=f"request.cards.{len(waiting)}.{len(revocable)}",
        ),
    ]
    return message(summary(requests), parts)


def summary(requests: Sequence[Request]) -> Text:
    """The card in one sentence, for notifications."""
    first, numbers = requests[0], ", ".join(show_request_id(one.id) for one in requests)
    if any(one.status is Status.PENDING for one in requests):
        asked = text(name(first.requester_name), " asks for ", len(requests), " targets for ", Duration(first.duration))
        why = text(": ", Quotation(first.justification)) if first.justification else ""
        return text(numbers, ": ", asked, why)
    return text(name(first.requester_name), ": ", _states(requests))


def _heading(requests: Sequence[Request]) -> Text:
    first = requests[0]
    asks = text(strong(name(first.requester_name)), " asks for ", strong(len(requests), " targets"), " in one go")
    states = text(_states(requests), "  ·  ", _numbers(requests))
    return joined("\n", (states, asks, request_texts.asked_with(first), request_texts.untold(first)))


def _states(requests: Sequence[Request]) -> Text:
    """``🟡 2 waiting for approval · 🟢 1 active``"""
    counted: dict[Status, int] = {}
    for one in requests:
        counted[one.status] = counted.get(one.status, 0) + 1
    known = {one.status: state(one) for one in requests}
    each = (text(known[of].mark, " ", strong(count, " ", known[of].word.lower())) for of, count in counted.items())
    return joined(" · ", each)


def _rows(card: Card, links: Links, fullness: int) -> list[Part]:
    """One request: its state, its target, what was decided, and what may be done."""
    request = card.request
    is_pending = request.status is Status.PENDING
    said = _whole(card, links, asked_before=is_pending and fullness > 2) if fullness > 1 else _briefly(card)
    return [
        row(said),
        buttons(
            approve_button(request) if is_pending else None,
            reject_button(request) if is_pending else None,
            shorten_button(request) if is_pending and fullness > 2 else None,
            revoke_button(request) if request_card.is_revocable(request) else None,
            details_button(request) if fullness > 1 or not is_pending else None,
            id=f"request.card.{request.id}.{request.status.value}",
        ),
    ]


def _whole(card: Card, links: Links, *, asked_before: bool) -> Text:
    request = card.request
    number = text(
        request_texts.status_line(request, card.now), "  ·  ", request_texts.request_link(request, links.home)
    )
    prolongs = text("↪️ ", request_texts.extension(card.extends, card.now)) if card.extends else ""
    sessions = text(" · sessions up to ", Duration(request.session_duration))
    target = text(
        request_texts.target(request), " (", request_texts.account_number(request), ")", sessions, _length(request)
    )
    before = request_card.asked_before(card) if asked_before else ""
    counted = (
        request_texts.progress(request, card.votes, lapsed=card.lapsed)
        if request.status is Status.PENDING
        else text("")
    )
    votes = request_texts.vote_lines(request, card.votes, lapsed=card.lapsed) if counted or not before else []
    return joined("\n", (number, target, prolongs, before, counted, *votes, *request_texts.ending_lines(request)))


def _briefly(card: Card) -> Text:
    """The least of it, when long words leave no room for more: Details has the rest."""
    request, shown = card.request, state(card.request)
    number = text(shown.mark, " ", strong(shown.word), "  ·  ", show_request_id(request.id))
    named = (strong_name(each, _SHORT) for each in (request.permission_set_name, request.account_name))
    target = text(joined(" in ", map(text, named)), " (", request_texts.account_number(request), ")")
    counted = (
        request_texts.progress(request, card.votes, _SHORT, lapsed=card.lapsed)
        if request.status is Status.PENDING
        else ""
    )
    return joined("\n", (number, target, counted))


def _length(request: Request) -> Text:
    """Its own window, where an approver shortened it or it has begun: the others may have another."""
    own = request.asked_duration is not None or request.window_start_at is not None
    return text(" · ", request_texts.window(request)) if own else text("")


def _needed(cards: Sequence[Card]) -> list[Part]:
    """The approvers who have still to decide: said once for all requests that need the same."""
    found: dict[Text, list[Request]] = {}
    for card in cards:
        if card.request.status is Status.PENDING:
            needs = text("Needs ", request_card.needed(card), " · ", request_texts.expiry(card.request, cards[0].now))
            found.setdefault(needs, []).append(card.request)
    several = len(found) > 1
    lines = [text(f"{_numbers(those)}: " if several else "", needs) for needs, those in found.items()]
    asked = cards[0].mentioned
    pinged = text("Asked: ", joined(" ", (text(PersonRef(user)) for user in asked))) if asked else text("")
    return [row(joined("\n", (*lines, pinged))), aside(_TAIL)] if found else []


def _numbers(requests: Sequence[Request]) -> str:
    return ", ".join(show_request_id(one.id) for one in requests)
