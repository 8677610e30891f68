"""One request whole: every fact, who decided, its history, the policies it rests on. As a screen and as a message."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.audit import Sealed
from core.domain.ids import show_request_id
from core.domain.machines import is_machine
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.ports import Card
from handlers.screens import history, request_texts
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.parts import Address, Break, Button, Part, Quote, aside, buttons, facts, lines, row
from handlers.screens.request_buttons import (
    approve_button,
    ask_again_button,
    end_all_button,
    end_button,
    extend_button,
    reject_button,
    request_button,
    revoke_all_button,
    revoke_button,
    shorten_button,
    withdraw_button,
)
from handlers.screens.request_card import background, needed, summary
from handlers.screens.screen import Message, Screen, message, note, shortened
from handlers.screens.spans import Instant, Said, Text, Untrusted, strong, text

_IN_MESSAGE = (10, 5, 1)
"""Events of the history in a message, fewer where a platform has no room for long words."""


@dataclass(frozen=True, slots=True)
class Powers:
    """The powers of this reader over the request: which buttons there are."""

    decide: bool = False
    cancel: bool = False
    revoke: bool = False
    own: bool = False
    """It is this reader's own request: revoking it is called ending it."""
    extend: bool = False
    ask_again: bool = False
    end_all: Sequence[Request] = ()
    """Those of its submission that this reader may end with it."""


NONE = Powers()


def build(card: Card, events: Sequence[Sealed], links: Links, powers: Powers = NONE) -> Screen:
    """Show it as a screen."""
    request = card.request
    return note(f"Request {show_request_id(request.id)}", _whole(card, events, links, powers))


def build_message(card: Card, events: Sequence[Sealed], links: Links, powers: Powers = NONE) -> Message:
    """Show it as an answer to a command."""
    tried = [_whole(card, events, links, powers, most) for most in _IN_MESSAGE]
    without = _whole(card, (), links, powers)
    return shortened(message(summary(card.request), parts) for parts in (*tried, without))


def _whole(card: Card, events: Sequence[Sealed], links: Links, powers: Powers, most: int = history.MOST) -> list[Part]:
    request = card.request
    return [
        row(request_texts.status_line(request, card.now), "  ·  ", request_texts.request_link(request, links.request)),
        aside(
            request_texts.extension(card.extends, card.now) if card.extends else "",
            request_texts.together(card.together),
        ),
        lines(request_texts.asked_with(request), request_texts.untold(request)),
        facts(*_facts(card)),
        Quote("Why", request.justification),
        lines(*_course(card)),
        Break(),
        *(background(card) if powers.decide else [aside(request_texts.policies(request, 10))]),
        *([lines(strong("History"), *history.lines(events, most))] if events else []),
        _buttons(request, links, powers),
    ]


def _facts(card: Card) -> list[tuple[str, Said]]:
    request, users = card.request, card.requester_users
    return [
        ("Requester", request_texts.person(request.requester_name, users or _asker(request))),
        ("Asked", Instant(request.created_at)),
        *request_texts.what(request, card.account_path),
        ("When", request_texts.window(request, card.now)),
        ("Ticket", Untrusted(request.ticket, 200)),
    ]


def _has_activity(request: Request) -> bool:
    """Of a group nobody knows in which accounts it was used, and by which roles."""
    return request.window_start_at is not None and request.target.group is None


def _asker(request: Request) -> tuple[ChatUser, ...]:
    asked_with = request.requester_chat
    return (asked_with,) if asked_with is not None and not is_machine(asked_with) else ()


def _course(card: Card) -> list[Text]:
    request = card.request
    decided = [*request_texts.vote_lines(request, card.votes, lapsed=card.lapsed), *request_texts.ending_lines(request)]
    if request.status is not Status.PENDING:
        return decided
    return [
        request_texts.progress(request, card.votes, lapsed=card.lapsed),
        *decided,
        text("Needs ", needed(card), " · ", request_texts.expiry(request, card.now)),
    ]


def _buttons(request: Request, links: Links, powers: Powers) -> Part:
    return buttons(
        approve_button(request) if powers.decide else None,
        reject_button(request) if powers.decide else None,
        shorten_button(request) if powers.decide else None,
        withdraw_button(request) if powers.cancel else None,
        _end(request, powers),
        _end_all(powers),
        extend_button(request) if powers.extend else None,
        ask_again_button(request) if powers.ask_again else None,
        request_button("Session activity", ActionId.ACTIVITY, request) if _has_activity(request) else None,
        Address("Open the card", links.card) if links.card else None,
        id="request.details",
    )


def _end(request: Request, powers: Powers) -> Button | None:
    """Somebody else's access is revoked, one's own is ended; what has not begun is withdrawn."""
    if not powers.revoke or (powers.own and powers.cancel):
        return None
    return end_button(request) if powers.own else revoke_button(request)


def _end_all(powers: Powers) -> Button | None:
    if not powers.end_all:
        return None
    return end_all_button(powers.end_all) if powers.own else revoke_all_button(powers.end_all)
