"""Lists of requests: newest first, ten a page, each with its mark, id, target, window, state and one action."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from slack_sdk.models.blocks import Block, ButtonElement

from core.domain.durations import show_duration
from core.domain.ids import RequestId, show_request_id
from core.domain.request import Request, Status
from core.services.waiting import Awaiting, WaitingPage
from handlers.screens.links import Links
from handlers.screens.numbers import read_number
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId
from handlers.slack.views import story
from handlers.slack.views.block import (
    actions,
    button,
    context,
    end_button,
    open_link,
    request_button,
    revoke_button,
    section,
    shorten_button,
    withdraw_button,
)
from handlers.slack.views.render import fits
from handlers.slack.views.text import name, prose, quote_short
from handlers.states import state

PAGE = 10
_IN_MESSAGE = (PAGE, 7, 4, 1)
"""How many that wait stand in a message, which Slack limits as a whole: fewer, when the words are long."""
WAITING_BLOCK = "waiting."
"""How the ids of the blocks begin in which something that waits can be decided; the page follows."""
_ENDABLE = frozenset({Status.GRANTING, Status.ACTIVE})


class ListName(StrEnum):
    """Which list a page belongs to."""

    MINE = "mine"
    LIVE = "live"
    COMING = "coming"
    UNDER = "under"
    """Of others, that the reader may end."""
    WAITING = "waiting"


TITLES = {
    ListName.MINE: "Your requests",
    ListName.LIVE: "Live now",
    ListName.COMING: "Coming up",
    ListName.UNDER: "Live under your approval",
    ListName.WAITING: "Waiting for you",
}
_EMPTY = {
    ListName.MINE: "No requests yet.",
    ListName.WAITING: "Nothing needs your approval.",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Where a list goes on: before which request."""

    of: ListName
    before: RequestId

    def dump(self) -> str:
        return json.dumps({"l": self.of.value, "b": self.before})

    @classmethod
    def load(cls, value: str) -> "Page | None":
        """None for anything that ``dump`` did not write."""
        try:
            stored = json.loads(value)
            return cls(ListName(stored["l"]), RequestId(read_number(stored["b"])))
        except (ValueError, TypeError, KeyError):
            return None


def build(requests: Sequence[Request], now: datetime, *, more: bool = False) -> Message:
    """Show one page of the reader's own requests; ``more``: there are older ones."""
    of, shown = ListName.MINE, requests[:PAGE]
    if not shown:
        return Message(_EMPTY[of], [section(_EMPTY[of])])
    rows = [block for request in shown for block in row(request, now)]
    older = button("Older", ActionId.OLDER, Page(of, shown[-1].id).dump(), says="Older requests") if more else None
    blocks: list[Block] = [section(f"*{TITLES[of]}*"), *rows, *actions(older, block_id="list.paging")]
    return Message(f"{TITLES[of]}: {_spoken(shown)}", blocks)


def row(request: Request, now: datetime, of: ListName = ListName.MINE) -> list[Block]:
    """One own request, with what its requester is most likely to want, and the way into it. ``of``: in which list."""
    status = story.status_words(request, now, beside_window=True)
    return [
        section(f"{_first_line(request)}\n{status} · {_time(request, now)}"),
        *actions(
            _action(request),
            request_button("Details", ActionId.DETAILS, request),
            block_id=f"{of.value}.{request.id}",
        ),
    ]


def _first_line(request: Request, whose: str = "") -> str:
    number = f"{state(request).mark} *{show_request_id(request.id)}*"
    return " · ".join(filter(None, (number, whose, story.target(request))))


def under_row(request: Request, now: datetime) -> list[Block]:
    """Live access of somebody else on Home, with the end of it."""
    status = story.status_words(request, now, beside_window=True)
    first = _first_line(request, name(request.requester_name))
    return [
        section(f"{first}\n{status} · {_time(request, now)}"),
        *actions(
            revoke_button(request) if request.status in _ENDABLE and not request.failure else None,
            request_button("Details", ActionId.DETAILS, request),
            block_id=f"under.{request.id}",
        ),
    ]


def live_row(request: Request, now: datetime, links: Links) -> list[Block]:
    """Own access on Home: the time left, the console, more of it, and the end of it."""
    status = story.status_words(request, now, beside_window=True)
    line = f"{_first_line(request)}\n{status} · {_time(request, now)}"
    is_open = request.status is Status.ACTIVE
    console = links.console(request) if is_open else ""
    return [
        section(line),
        *actions(
            open_link("Open AWS", console) if console else None,
            request_button("Extend", ActionId.EXTEND, request) if is_open else None,
            end_button(request) if request.status in _ENDABLE and not request.failure else None,
            request_button("Details", ActionId.DETAILS, request),
            block_id=f"live.{request.id}",
        ),
    ]


def awaiting_row(awaiting: Awaiting, now: datetime, at: str = "") -> list[Block]:
    """One request that waits for this reader, to be decided in place. ``at``: the page it stands on."""
    request = awaiting.request
    number = f"*{show_request_id(request.id)}*"
    prolongs = f" · ↪️ {story.extension(awaiting.extends, now)}" if awaiting.extends else ""
    facts = [
        story.window(request, now),
        story.expiry(request, now),
        story.progress(request, awaiting.votes, 100, lapsed=awaiting.lapsed),
    ]
    why = " · ".join(filter(None, (quote_short(request.justification), prose(request.ticket, 100))))
    text = f"{number} · *{name(request.requester_name)}* asks for {story.target(request)}{prolongs}"
    return [
        section("\n".join(filter(None, (text, " · ".join(filter(None, facts)), why, story.second_account(request))))),
        *actions(
            request_button("Approve", ActionId.APPROVE, request, "primary"),
            request_button("Reject", ActionId.REJECT, request, "danger"),
            shorten_button(request),
            request_button("Details", ActionId.DETAILS, request),
            block_id=f"{WAITING_BLOCK}{request.id}.{at}",
        ),
    ]


def waiting(page: WaitingPage, now: datetime, at: str = "", said: str = "") -> Message:
    """What waits for the reader, oldest first, ten a page. ``said``: what came of the last decision."""
    if not page.awaiting:
        nothing = "Nothing else needs your approval." if at else _EMPTY[ListName.WAITING]
        return Message(said or nothing, [*context(prose(said, 1000)), section(nothing)])
    tried = (_waiting(page, most, now, at, said) for most in _IN_MESSAGE)
    return next(message for message in tried if fits(message))


def _waiting(page: WaitingPage, most: int, now: datetime, at: str, said: str) -> Message:
    shown, title = page.awaiting[:most], TITLES[ListName.WAITING]
    later = button("More", ActionId.OLDER, Page(ListName.WAITING, shown[-1].request.id).dump(), says=f"More: {title}")
    blocks: list[Block] = [
        section(f"*{title}*"),
        *context(prose(said, 1000)),
        *(block for awaiting in shown for block in awaiting_row(awaiting, now, at)),
        *actions(later if page.more or len(page.awaiting) > most else None, block_id="list.paging"),
    ]
    return Message(f"{title}: {', '.join(show_request_id(each.request.id) for each in shown)}", blocks)


def _action(request: Request) -> ButtonElement | None:
    match request.status:
        case Status.PENDING | Status.SCHEDULED:
            return withdraw_button(request)
        case Status.ACTIVE:
            return end_button(request)
        case Status.GRANTING | Status.REVOKING:
            return None
        case _:
            return request_button("Ask again", ActionId.ASK_AGAIN, request)


def _time(request: Request, now: datetime) -> str:
    """What matters now: the time left while there is some, else the window. A list is read once: relative will do."""
    match request.status:
        case Status.ACTIVE if request.end_at is not None:
            return f"{show_duration(request.end_at - now)} left" if request.end_at > now else "time is over"
        case Status.PENDING if request.expires_at is not None and request.expires_at > now:
            return f"{story.window(request)} · expires in {show_duration(request.expires_at - now)}"
        case _:
            return story.window(request)


def _spoken(requests: Sequence[Request]) -> str:
    return ", ".join(f"{show_request_id(each.id)} {state(each).word.lower()}" for each in requests)
