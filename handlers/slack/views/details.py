"""One request whole: every fact, who decided, its history, the policies it rests on. As a modal and as a message."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ButtonElement, DividerBlock
from slack_sdk.models.views import View

from core.domain.audit import Sealed
from core.domain.ids import show_request_id
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.ports import Card
from handlers.screens.links import Links
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId
from handlers.slack.views import history, story
from handlers.slack.views.block import (
    actions,
    context,
    end_button,
    facts,
    note,
    open_link,
    quoted,
    request_button,
    revoke_button,
    section,
    sections,
    shorten_button,
    withdraw_button,
)
from handlers.slack.views.render import fits
from handlers.slack.views.request_card import background, needed, summary
from handlers.slack.views.text import prose, when

_IN_MESSAGE = (10, 5, 1)
"""Events of the history in a message, which Slack limits as a whole: fewer, when the words are long."""


@dataclass(frozen=True, slots=True)
class Powers:
    """What this reader may do with the request: which buttons there are."""

    decide: bool = False
    cancel: bool = False
    revoke: bool = False
    own: bool = False
    """It is this reader's own request: revoking it is called ending it."""
    extend: bool = False
    ask_again: bool = False


NONE = Powers()


def build(card: Card, events: Sequence[Sealed], links: Links, powers: Powers = NONE) -> View:
    """Show it as a modal."""
    request = card.request
    return note(f"Request {show_request_id(request.id)}", _whole(card, events, links, powers))


def build_message(card: Card, events: Sequence[Sealed], links: Links, powers: Powers = NONE) -> Message:
    """Show it as an answer to a command."""
    tried = (Message(summary(card.request), _whole(card, events, links, powers, most)) for most in _IN_MESSAGE)
    without = Message(summary(card.request), _whole(card, (), links, powers))
    return next((message for message in tried if fits(message)), without)


def _whole(card: Card, events: Sequence[Sealed], links: Links, powers: Powers, most: int = history.MOST) -> list[Block]:
    request = card.request
    return [
        section(f"{story.status_line(request, card.now)}  ·  {story.request_link(request, links.request)}"),
        *context(story.extension(card.extends, card.now) if card.extends else ""),
        *sections([story.second_account(request), story.untold(request)]),
        *facts(_facts(card)),
        *quoted("Why", request.justification),
        *sections(_course(card)),
        DividerBlock(),
        *(background(card) if powers.decide else context(story.policies(request, 10))),
        *sections(["*History*", *history.lines(events, most)] if events else []),
        *_buttons(request, links, powers),
    ]


def _facts(card: Card) -> list[tuple[str, str]]:
    request, users = card.request, card.requester_users
    return [
        ("Requester", story.person(request.requester_name, users or _asker(request))),
        ("Asked", when(request.created_at)),
        ("Account", story.account(request, card.account_path)),
        ("Permission set", story.permission_set(request)),
        ("When", story.window(request, card.now)),
        ("Ticket", prose(request.ticket, 200)),
    ]


def _asker(request: Request) -> tuple[ChatUser, ...]:
    return (request.requester_chat,) if request.requester_chat else ()


def _course(card: Card) -> list[str]:
    request = card.request
    decided = [*story.vote_lines(request, card.votes, lapsed=card.lapsed), *story.ending_lines(request)]
    if request.status is not Status.PENDING:
        return decided
    return [
        story.progress(request, card.votes, lapsed=card.lapsed),
        *decided,
        f"Needs {needed(card)} · {story.expiry(request, card.now)}",
    ]


def _buttons(request: Request, links: Links, powers: Powers) -> list[Block]:
    return actions(
        request_button("Approve", ActionId.APPROVE, request, "primary") if powers.decide else None,
        request_button("Reject", ActionId.REJECT, request, "danger") if powers.decide else None,
        shorten_button(request) if powers.decide else None,
        withdraw_button(request) if powers.cancel else None,
        _end(request, powers),
        request_button("Extend", ActionId.EXTEND, request) if powers.extend else None,
        request_button("Ask again", ActionId.ASK_AGAIN, request) if powers.ask_again else None,
        request_button("Session activity", ActionId.ACTIVITY, request) if request.window_start_at else None,
        open_link("Open the card", links.card) if links.card else None,
        block_id="request.details",
    )


def _end(request: Request, powers: Powers) -> ButtonElement | None:
    """Somebody else's access is revoked, one's own is ended; what has not begun is withdrawn."""
    if not powers.revoke or (powers.own and powers.cancel):
        return None
    return end_button(request) if powers.own else revoke_button(request)
