"""Lists of requests: newest first, ten a page, each with its mark, id, target, window, state and one action."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.ids import RequestId, show_request_id
from core.domain.request import Request, Status
from core.services.queries.pending_approvals import Awaiting, WaitingPage
from handlers.screens import request_texts
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.memos import read_memo
from handlers.screens.numbers import read_number
from handlers.screens.parts import Address, Button, Heading, Part, aside, buttons, row
from handlers.screens.request_buttons import (
    approve_all_button,
    approve_button,
    ask_again_button,
    details_button,
    end_all_button,
    end_button,
    extend_button,
    reject_all_button,
    reject_button,
    revoke_all_button,
    revoke_button,
    shorten_button,
    withdraw_button,
)
from handlers.screens.screen import Message, message, shortened
from handlers.screens.spans import Duration, Quotation, Said, Text, Untrusted, joined, name, strong, text
from handlers.words import sentences
from handlers.words.states import state

PAGE = 10
_IN_MESSAGE = (PAGE, 7, 4, 1)
"""The number of waiting requests in a message: fewer where a platform has no room for long words."""
WAITING_GROUP = "waiting."
"""The prefix of the ids of groups in lists of waiting requests; the page follows."""
_ENDABLE = frozenset({Status.GRANTING, Status.ACTIVE})


class ListName(StrEnum):
    """The lists of requests that have pages."""

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
    """The position in a list: it continues before this request."""

    of: ListName
    before: RequestId

    def dump(self) -> str:
        return json.dumps({"l": self.of.value, "b": self.before})

    @classmethod
    def load(cls, value: str) -> "Page | None":
        """None for anything that ``dump`` did not write."""
        try:
            stored = read_memo(value)
            return cls(ListName(stored["l"]), RequestId(read_number(stored["b"])))
        except (ValueError, TypeError, KeyError):
            return None


def build(requests: Sequence[Request], now: datetime, *, more: bool = False) -> Message:
    """Show one page of the reader's own requests; ``more``: there are older ones."""
    of, shown = ListName.MINE, requests[:PAGE]
    if not shown:
        return message(_EMPTY[of], [row(_EMPTY[of])])
    rows = [part for request in shown for part in own_row(request, now)]
    older = Button("Older", ActionId.OLDER, Page(of, shown[-1].id).dump(), spoken="Older requests") if more else None
    parts = [Heading(TITLES[of]), *rows, buttons(older, id="list.paging")]
    return message(text(TITLES[of], ": ", _spoken(shown)), parts)


def own_row(request: Request, now: datetime, of: ListName = ListName.MINE) -> list[Part]:
    """One own request, with what its requester is most likely to want, and the way into it. ``of``: in which list."""
    status = request_texts.status_words(request, now, beside_window=True)
    return [
        row(_first_line(request), "\n", status, " · ", _time(request, now)),
        buttons(
            _action(request),
            details_button(request),
            id=f"{of.value}.{request.id}",
        ),
    ]


def _first_line(request: Request, whose: Said = "") -> Text:
    number = text(state(request).mark, " ", strong(show_request_id(request.id)))
    return joined(
        " · ",
        (
            number,
            whose,
            request_texts.target(request),
            request_texts.in_one_go(request),
            request_texts.made_through(request),
        ),
    )


def ended_together(shown: Sequence[Request]) -> Mapping[RequestId, Sequence[Request]]:
    """Those of a list that can be ended and were asked for in one go, by the first of them, where there are several."""
    endable = [one for one in shown if one.status in _ENDABLE and not one.failure]
    return {group[0].id: group for group in _in_one_go(endable)}


def _in_one_go(requests: Iterable[Request]) -> list[list[Request]]:
    """The groups of requests asked for in one go, with several of each; in the order of the list."""
    groups: dict[RequestId, list[Request]] = {}
    for one in requests:
        if one.submission is not None:
            groups.setdefault(one.submission, []).append(one)
    return [group for group in groups.values() if len(group) > 1]


def under_row(request: Request, now: datetime, together: Sequence[Request] = ()) -> list[Part]:
    """Live access of somebody else on Home, with the end of it, and of those asked for ``together`` with it."""
    status = request_texts.status_words(request, now, beside_window=True)
    first = _first_line(request, name(request.requester_name))
    return [
        row(first, "\n", status, " · ", _time(request, now)),
        buttons(
            revoke_button(request) if request.status in _ENDABLE and not request.failure else None,
            revoke_all_button(together) if together else None,
            details_button(request),
            id=f"under.{request.id}",
        ),
    ]


def live_row(request: Request, now: datetime, links: Links, together: Sequence[Request] = ()) -> list[Part]:
    """Own access on Home: the time left, the console, more of it, the end of it, and of those asked for with it."""
    status = request_texts.status_words(request, now, beside_window=True)
    is_open = request.status is Status.ACTIVE
    console = links.console(request) if is_open else ""
    return [
        row(_first_line(request), "\n", status, " · ", _time(request, now)),
        buttons(
            Address("Open AWS", console) if console else None,
            extend_button(request) if is_open else None,
            end_button(request) if request.status in _ENDABLE and not request.failure else None,
            end_all_button(together) if together else None,
            details_button(request),
            id=f"live.{request.id}",
        ),
    ]


def waiting_rows(shown: Sequence[Awaiting], now: datetime, at: str = "") -> list[Part]:
    """Requests that wait, each to be decided; below those of one submission, the buttons that decide all of them."""
    groups = {group[-1].id: group for group in _in_one_go(awaiting.request for awaiting in shown)}
    return [
        part
        for awaiting in shown
        for part in (*awaiting_row(awaiting, now, at), *_decide_all(groups.get(awaiting.request.id, ()), at))
    ]


def _decide_all(together: Sequence[Request], at: str) -> list[Part]:
    if not together:
        return []
    numbers, first = sentences.names([show_request_id(one.id) for one in together]), together[0]
    return [
        row(name(first.requester_name), " asked for ", strong(numbers), " in one go."),
        buttons(
            approve_all_button(together),
            reject_all_button(together),
            id=f"{WAITING_GROUP}all.{first.submission}.{at}",
        ),
    ]


def awaiting_row(awaiting: Awaiting, now: datetime, at: str = "") -> list[Part]:
    """One request that waits for this reader, to be decided in place. ``at``: the page it stands on."""
    request = awaiting.request
    number = strong(show_request_id(request.id))
    prolongs = text(" · ↪️ ", request_texts.extension(awaiting.extends, now)) if awaiting.extends else ""
    progress = request_texts.progress(request, awaiting.votes, 100, lapsed=awaiting.lapsed)
    state_of_it = joined(" · ", (request_texts.window(request, now), request_texts.expiry(request, now), progress))
    why = joined(" · ", (Quotation(request.justification), Untrusted(request.ticket, 100)))
    together = text(" · ", request_texts.in_one_go(request)) if request.submission else ""
    who = strong(name(request.requester_name))
    asked = text(number, " · ", who, " asks for ", request_texts.target(request), together, prolongs)
    return [
        row(joined("\n", (asked, state_of_it, why, request_texts.asked_with(request)))),
        buttons(
            approve_button(request),
            reject_button(request),
            shorten_button(request),
            details_button(request),
            id=f"{WAITING_GROUP}{request.id}.{at}",
        ),
    ]


def waiting(page: WaitingPage, now: datetime, at: str = "", said: str = "") -> Message:
    """Requests that wait for the reader, oldest first, ten a page. ``said``: what came of the last decision."""
    if not page.awaiting:
        nothing = "Nothing else needs your approval." if at else _EMPTY[ListName.WAITING]
        return message(said or nothing, [aside(Untrusted(said, 1000)), row(nothing)])
    return shortened(_waiting(page, most, now, at, said) for most in _IN_MESSAGE)


def _waiting(page: WaitingPage, most: int, now: datetime, at: str, said: str) -> Message:
    shown, title = page.awaiting[:most], TITLES[ListName.WAITING]
    later = Button("More", ActionId.OLDER, Page(ListName.WAITING, shown[-1].request.id).dump(), spoken=f"More: {title}")
    parts: list[Part] = [
        Heading(title),
        aside(Untrusted(said, 1000)),
        *waiting_rows(shown, now, at),
        buttons(later if page.more or len(page.awaiting) > most else None, id="list.paging"),
    ]
    return message(text(title, ": ", ", ".join(show_request_id(each.request.id) for each in shown)), parts)


def _action(request: Request) -> Button | None:
    match request.status:
        case Status.PENDING | Status.SCHEDULED:
            return withdraw_button(request)
        case Status.ACTIVE:
            return end_button(request)
        case Status.GRANTING | Status.REVOKING:
            return None
        case _:
            return ask_again_button(request)


def _time(request: Request, now: datetime) -> Text:
    """The time left while there is some, else the window. A list is read once, so relative times will do."""
    match request.status:
        case Status.ACTIVE if request.end_at is not None:
            return text(Duration(request.end_at - now), " left") if request.end_at > now else text("time is over")
        case Status.PENDING if request.expires_at is not None and request.expires_at > now:
            return text(request_texts.window(request), " · expires in ", Duration(request.expires_at - now))
        case _:
            return request_texts.window(request)


def _spoken(requests: Sequence[Request]) -> str:
    return ", ".join(f"{show_request_id(each.id)} {state(each).word.lower()}" for each in requests)
