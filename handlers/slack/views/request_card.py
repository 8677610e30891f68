"""The card: one request as its approvers see it, in every status. A picture of the row, never its source."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement, DividerBlock

from core.domain.durations import show_duration
from core.domain.ids import show_request_id
from core.domain.request import Request, Status
from core.ports import Card
from handlers import sentences
from handlers.screens.links import Links
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId
from handlers.slack.views import story
from handlers.slack.views.block import (
    actions,
    context,
    end_button,
    facts,
    quoted,
    request_button,
    revoke_button,
    section,
    sections,
    shorten_button,
    withdraw_button,
)
from handlers.slack.views.render import fitted
from handlers.slack.views.text import name, prose, quote_short, when
from handlers.states import state

_MOST_LIVE = 5
_MOST_OTHERS = 3
_MOST_POLICIES = 5
_REVOCABLE = frozenset({Status.SCHEDULED, Status.GRANTING, Status.ACTIVE})


def build(card: Card, links: Links) -> Message:
    """Draw the card. Policy and plumbing come last."""
    request = card.request
    blocks: list[Block] = [
        section(_heading(card, links)),
        DividerBlock(),
        *facts(_facts(card)),
        *quoted("Why", request.justification),
        DividerBlock(),
        *_standing(card),
        *background(card),
        *rest(card.siblings, card.now),
        *_buttons(request),
    ]
    return fitted(Message(summary(request), blocks))


def summary(request: Request) -> str:
    """The card in one sentence, for notifications: state, person, target, length."""
    shown, who = state(request), name(request.requester_name)
    what = f"{name(request.permission_set_name)} in {name(request.account_name)}"
    why = f": {quote_short(request.justification)}" if request.justification else ""
    if request.status is Status.PENDING:
        return f"{show_request_id(request.id)}: {who} asks for {what} {_length(request)}{why}"
    return f"{show_request_id(request.id)}: {who}, {what}: {shown.word.lower()}{_outcome(request)}"


def _outcome(request: Request) -> str:
    if request.status is Status.FAILED:
        return f". {prose(sentences.failure(request.failure)[0])}"
    by = {Status.SCHEDULED: request.decided_by, Status.REJECTED: request.decided_by}.get(
        request.status, request.revoked_by
    )
    return f" by {name(by)}" if by else ""


def _length(request: Request) -> str:
    return f"for {show_duration(request.duration)}"


def _heading(card: Card, links: Links) -> str:
    request = card.request
    number = story.request_link(request, links.home)
    prolongs = f"\n↪️ {story.extension(card.extends, card.now)}" if card.extends else ""
    who = f"*{name(request.requester_name)}* asks for {story.target(request)}"
    lines = f"{story.status_line(request)}  ·  {number}\n{who}{prolongs}"
    return "\n".join(filter(None, (lines, story.second_account(request), story.untold(request))))


def _facts(card: Card) -> list[tuple[str, str]]:
    request = card.request
    return [
        ("Requester", story.person(request.requester_name, card.requester_users)),
        ("Account", story.account(request, card.account_path)),
        ("Permission set", story.permission_set(request)),
        ("When", story.window(request, card.now)),
        ("Ticket", prose(request.ticket, 200)),
    ]


def _standing(card: Card) -> list[Block]:
    """Who has to decide, or what has become of it."""
    request = card.request
    if request.status is not Status.PENDING:
        return sections([*story.vote_lines(request, card.votes), *story.ending_lines(request)])
    counted = story.progress(request, card.votes, lapsed=card.lapsed)
    lines = [counted, *(story.vote_lines(request, card.votes, lapsed=card.lapsed) if counted else ())]
    return sections([*lines, f"Needs {needed(card)} · {story.expiry(request, card.now)}"])


def needed(card: Card) -> str:
    """Whose approval is still missing: who has voted is no longer among them."""
    counting = [vote for vote in card.votes if vote.principal_id not in card.lapsed]
    missing = max(card.request.quorum - len(counting), 1)
    who = sentences.who_decides(
        card.approver_names, card.group_names, missing, card.personal_names, more=bool(counting)
    )
    return prose(who, 1000)


def background(card: Card) -> list[Block]:
    """An approver's context, only while there is something to decide; policy and plumbing come last."""
    request = card.request
    if request.status is not Status.PENDING:
        return []
    asked = _asked_before(card.recent_requests - 1)
    live = ", ".join(_live(other) for other in card.live_elsewhere[:_MOST_LIVE])
    rest = len(card.live_elsewhere) - _MOST_LIVE
    more = f" and {rest} more" if rest > 0 else ""
    now = f"live now: {live}{more}" if live else "nothing live now"
    tail = f"Sessions already open when access ends keep working for up to {show_duration(request.session_duration)}."
    return [
        *context(f"{name(request.requester_name)} {asked} · {now}"),
        *context(tail),
        *context(story.policies(request, _MOST_POLICIES)),
    ]


def _asked_before(times: int) -> str:
    """The request on the card is not counted: it is not one that came before."""
    if times <= 0:
        return "asked for this for the first time in 30 days"
    return f"asked for this {'once' if times == 1 else f'{times} times'} before in the last 30 days"


def rest(others: Sequence[Request], now: datetime, *, own: bool = False) -> list[Block]:
    """What else may give the same access to the same person, each with the button that ends it (rule 18)."""
    rows = [section(f"Not ended by this: {_other(one, now)}", _end(one, own=own)) for one in others[:_MOST_OTHERS]]
    more = len(others) - _MOST_OTHERS
    return [*rows, *context(f"and {more} more requests for the same person and target" if more > 0 else "")]


def _other(one: Request, now: datetime) -> str:
    return f"*{show_request_id(one.id)}* · {story.status_line(one, now)} · {story.window(one, now)}"


def _end(one: Request, *, own: bool) -> ButtonElement:
    if own and one.granting_at is None:
        return withdraw_button(one)
    if one.status not in _REVOCABLE:
        return request_button("Details", ActionId.DETAILS, one)
    return end_button(one) if own else revoke_button(one)


def _live(other: Request) -> str:
    until = f", until {when(other.end_at)}" if other.end_at else ""
    return f"{show_request_id(other.id)} ({name(other.permission_set_name)} in {name(other.account_name)}{until})"


def _buttons(request: Request) -> list[Block]:
    pending, revocable = request.status is Status.PENDING, request.status in _REVOCABLE and not request.failure
    return actions(
        request_button("Approve", ActionId.APPROVE, request, "primary") if pending else None,
        request_button("Reject", ActionId.REJECT, request, "danger") if pending else None,
        shorten_button(request) if pending else None,
        revoke_button(request) if revocable else None,
        request_button("Details", ActionId.DETAILS, request),
        block_id=f"request.card.{request.status.value}",
    )
