"""The card: one request as its approvers see it, in every status. A picture of the row, never its source."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.ids import show_request_id
from core.domain.request import Request, Status
from core.ports import Card
from handlers.screens import request_texts
from handlers.screens.links import Links
from handlers.screens.parts import Break, Button, Part, Quote, aside, buttons, facts, lines, row
from handlers.screens.request_buttons import (
    approve_button,
    details_button,
    end_button,
    reject_button,
    revoke_button,
    shorten_button,
    withdraw_button,
)
from handlers.screens.screen import Message, message
from handlers.screens.spans import (
    NOTHING,
    Duration,
    Instant,
    PersonRef,
    Quotation,
    Said,
    Text,
    Untrusted,
    fill,
    joined,
    name,
    strong,
    text,
)
from handlers.words import sentences
from handlers.words.counts import noun
from handlers.words.states import state

_MOST_LIVE = 5
_MOST_OTHERS = 3
_MOST_POLICIES = 5
REVOCABLE = frozenset({Status.SCHEDULED, Status.GRANTING, Status.ACTIVE})


def is_revocable(request: Request) -> bool:
    """True if the card offers to end it: approved or live, and no failed grant that is being taken back."""
    return request.status in REVOCABLE and not request.failure


def build(card: Card, links: Links) -> Message:
    """Draw the card. Policy and plumbing come last."""
    request = card.request
    parts: list[Part] = [
        row(_heading(card, links)),
        Break(),
        facts(*_facts(card)),
        Quote("Why", request.justification),
        Break(),
        _standing(card),
        *background(card),
        *rest(card.siblings, card.now),
        _buttons(request),
    ]
    return message(summary(request), parts)


def summary(request: Request) -> Text:
    """The card in one sentence, for notifications: state, person, target, length."""
    shown, who = state(request), name(request.requester_name)
    what = text(name(request.permission_set_name), " in ", name(request.account_name))
    why = text(": ", Quotation(request.justification)) if request.justification else ""
    if request.status is Status.PENDING:
        return text(show_request_id(request.id), ": ", who, " asks for ", what, " ", _length(request), why)
    return text(show_request_id(request.id), ": ", who, ", ", what, ": ", shown.word.lower(), _outcome(request))


def _outcome(request: Request) -> Text:
    if request.status is Status.FAILED:
        return text(". ", Untrusted(sentences.failure(request.failure)[0]))
    by = {Status.SCHEDULED: request.decided_by, Status.REJECTED: request.decided_by}.get(
        request.status, request.revoked_by
    )
    return text(" by ", name(by)) if by else NOTHING


def _length(request: Request) -> Text:
    return text("for ", Duration(request.duration))


def _heading(card: Card, links: Links) -> Text:
    request = card.request
    number = request_texts.request_link(request, links.home)
    prolongs = text("↪️ ", request_texts.extension(card.extends, card.now)) if card.extends else ""
    who = text(strong(name(request.requester_name)), " asks for ", request_texts.target(request))
    state_line = text(request_texts.status_line(request), "  ·  ", number)
    together = request_texts.together(card.together)
    return joined(
        "\n", (state_line, who, prolongs, together, request_texts.asked_with(request), request_texts.untold(request))
    )


def _facts(card: Card) -> list[tuple[str, Said]]:
    request = card.request
    return [
        ("Requester", request_texts.person(request.requester_name, card.requester_users)),
        *request_texts.what(request, card.account_path),
        ("When", request_texts.window(request, card.now)),
        ("Ticket", Untrusted(request.ticket, 200)),
    ]


def _standing(card: Card) -> Part:
    """The approvers who have to decide, or the outcome."""
    request = card.request
    if request.status is not Status.PENDING:
        return lines(*request_texts.vote_lines(request, card.votes), *request_texts.ending_lines(request))
    counted = request_texts.progress(request, card.votes, lapsed=card.lapsed)
    voted = request_texts.vote_lines(request, card.votes, lapsed=card.lapsed) if counted else ()
    asked = text("Asked: ", joined(" ", (text(PersonRef(user)) for user in card.mentioned))) if card.mentioned else ""
    return lines(counted, *voted, text("Needs ", needed(card), " · ", request_texts.expiry(request, card.now)), asked)


def needed(card: Card) -> Text:
    """The approvers who have still to decide: those who have voted are no longer among them."""
    counting = [vote for vote in card.votes if vote.principal_id not in card.lapsed]
    missing = max(card.request.quorum - len(counting), 1)
    who = sentences.who_decides(
        card.approver_names, card.group_names, missing, card.personal_names, more=bool(counting)
    )
    return text(Untrusted(who, 1000))


def background(card: Card) -> list[Part]:
    """An approver's context, only while there is something to decide; policy and plumbing come last."""
    request = card.request
    if request.status is not Status.PENDING:
        return []
    asked = asked_before(card)
    live = joined(", ", (_live(other) for other in card.live_elsewhere[:_MOST_LIVE]))
    rest = len(card.live_elsewhere) - _MOST_LIVE
    more = text(" and ", rest, " more") if rest > 0 else ""
    now = text("live now: ", live, more) if live else "nothing live now"
    tail = (
        request_texts.membership_tail(request)
        if request.target.group is not None
        else fill(
            "Sessions already open when access ends keep working for up to {session_duration}.",
            session_duration=Duration(request.session_duration),
        )
    )
    return [
        aside(text(asked, " · ", now)),
        aside(tail),
        aside(request_texts.policies(request, _MOST_POLICIES)),
    ]


def asked_before(card: Card) -> Text:
    """The number of times that this person has asked for this lately."""
    return text(name(card.request.requester_name), " ", _asked_before(card.recent_requests - 1))


def _asked_before(times: int) -> str:
    """The request on the card is not counted: it is not one that came before."""
    if times <= 0:
        return "asked for this for the first time in 30 days"
    return f"asked for this {'once' if times == 1 else f'{times} times'} before in the last 30 days"


def rest(others: Sequence[Request], now: datetime, *, own: bool = False) -> list[Part]:
    """Other requests that may give the same access to the same person, each with the button that ends it (rule 18)."""
    rows = [row("Not ended by this: ", _other(one, now), button=_end(one, own=own)) for one in others[:_MOST_OTHERS]]
    more = len(others) - _MOST_OTHERS
    return [*rows, aside(f"and {more} more {noun(more, 'request')} for the same person and target" if more > 0 else "")]


def _other(one: Request, now: datetime) -> Text:
    return text(
        strong(show_request_id(one.id)),
        " · ",
        request_texts.status_line(one, now),
        " · ",
        request_texts.window(one, now),
    )


def _end(one: Request, *, own: bool) -> Button:
    if own and one.granting_at is None:
        return withdraw_button(one)
    if one.status not in REVOCABLE:
        return details_button(one)
    return end_button(one) if own else revoke_button(one)


def _live(other: Request) -> Text:
    until = text(", until ", Instant(other.end_at)) if other.end_at else ""
    return fill(
        "{number} ({permission_set_name} in {account_name}{until})",
        number=show_request_id(other.id),
        permission_set_name=name(other.permission_set_name),
        account_name=name(other.account_name),
        until=until,
    )


def _buttons(request: Request) -> Part:
    pending = request.status is Status.PENDING
    return buttons(
        approve_button(request) if pending else None,
        reject_button(request) if pending else None,
        shorten_button(request) if pending else None,
        revoke_button(request) if is_revocable(request) else None,
        details_button(request),
        id=f"request.card.{request.status.value}",
    )
