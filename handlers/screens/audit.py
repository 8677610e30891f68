"""The results of a search over requests, as a message and as a screen: newest first, ten a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.ids import PrincipalId, show_request_id
from core.domain.request import LIVE, TERMINAL, Request, Status
from core.domain.search import Cursor, Search, SearchProblem, write_search
from core.services.queries.request_search import SearchPage
from handlers.screens import request_texts
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Heading, Part, aside, buttons, lines, row
from handlers.screens.request_buttons import details_button, end_button, revoke_button
from handlers.screens.screen import Message, Screen, message, note
from handlers.screens.spans import NOTHING, Code, Instant, Text, Untrusted, fill, joined, name, strong, text
from handlers.words import search_words
from handlers.words.states import state

_SEARCHING = "Search"
_TITLES = {True: "All requests", False: "Requests you can see"}
ON_HOME = 5
"""Requests on Home; with a heading and buttons."""
_NOTHING = "Nothing was found."
_FOOT = "Newest first. Dates are in UTC. The CSV has everything found, not just this page."
_AMONG = "Yours, and those of others for what you may approve now."
_MOST_DESCRIBED = 600
_MOST_PUZZLES = 5


@dataclass(frozen=True, slots=True)
class Turn:
    """The value of a page's button: the search as it is written, and where the page to show begins."""

    search: str
    before: Cursor | None = None
    after: Cursor | None = None

    def dump(self) -> str:
        """No JSON: its escapes would take a search that fits beyond what a button holds (2000 characters)."""
        if self.before is not None:
            return f"<{self.before} {self.search}"
        return f">{self.after} {self.search}" if self.after is not None else f"= {self.search}"

    @classmethod
    def load(cls, value: str) -> "Turn | None":
        """None for anything that ``dump`` did not write."""
        place, _, search = value.partition(" ")
        if place == "=":
            return cls(search)
        cursor = Cursor.read(place[1:])
        match place[:1]:
            case "<" if cursor is not None:
                return cls(search, before=cursor)
            case ">" if cursor is not None:
                return cls(search, after=cursor)
            case _:
                return None


def build_message(found: SearchPage, now: datetime) -> Message:
    """Show a page as an answer to a command."""
    described = search_words.described(found.search, found.names)
    title = _TITLES[found.is_of_all]
    parts = [row(strong(title), _about(described)), *_page(found, now)]
    return message(text(title, _about(described), ". ", _spoken(found.requests)), parts)


def build_screen(found: SearchPage, now: datetime) -> Screen:
    """Show a page as a screen: pages are turned in place."""
    described = search_words.described(found.search, found.names)
    about = [lines(Untrusted(described, _MOST_DESCRIBED))] if described else []
    return note(_TITLES[found.is_of_all], [*about, *_page(found, now)])


def on_home(live: Sequence[Request], now: datetime) -> list[Part]:
    """Everything live, as a section of Home: a few, and the way to all of them."""
    rows: list[Part] = [row(_lines(each, now), button=details_button(each)) for each in live[:ON_HOME]]
    everything_live = Turn(write_search(Search(statuses=LIVE)))
    return [
        Heading("Everything live"),
        *(rows or [aside("Nobody has active access right now.")]),
        buttons(
            _turn_button("All live", ActionId.AUDIT_SHOW, everything_live) if len(live) > ON_HOME else None,
            _search_button(""),
            Button("Report", ActionId.REPORT, "home", spoken="Report: figures and charts"),
            id="home.audit",
        ),
    ]


def of_approver(person: PrincipalId, *, sees_all: bool) -> list[Part]:
    """A section of Home: the way to what an approver decided, and to what is over; who sees all has that further up."""
    decided, over = Search(approvers=(person,)), Search(statuses=TERMINAL)
    return [
        Heading("Your approvals"),
        buttons(
            _turn_button("Decided by you", ActionId.AUDIT_DECIDED, Turn(write_search(decided))),
            None if sees_all else _turn_button("Over", ActionId.AUDIT_SHOW, Turn(write_search(over))),
            None if sees_all else _search_button(""),
            id="home.approver",
        ),
    ]


def searching(search: Search) -> Screen:
    """Stands while a search takes its time."""
    return note(_SEARCHING, [row(Untrusted(searching_text(search), _MOST_DESCRIBED))], waits=True)


def searching_text(search: Search) -> str:
    """A plain sentence: whoever shows it escapes it."""
    described = search_words.described(search, {})
    return f"⏳ Searching{f' · {described}' if described else ''} …"


def trouble(search: Search, sentence: str) -> Screen:
    """Say why there is no page; the form still has what was looked for."""
    return note(
        _SEARCHING,
        [row("⛔ ", Untrusted(sentence)), buttons(_search_button(write_search(search)), id="audit.search")],
    )


def puzzled(puzzles: Sequence[SearchProblem], command: str) -> Message:
    """Say what was not understood, and what can be typed."""
    said = [Untrusted(search_words.puzzle(each), 500) for each in puzzles[:_MOST_PUZZLES]]
    parts: list[Part] = [
        lines(*(text("⛔ ", each) for each in said)),
        aside(Untrusted(search_words.HOW), text("For example ", Code(f"{command} audit {search_words.EXAMPLE}", 300))),
        buttons(_search_button(""), id="audit.search"),
    ]
    return message(joined(" ", said), parts)


def _entry(request: Request, found: SearchPage, now: datetime) -> list[Part]:
    """One request in two lines, with the way into it; and with the end of it for whoever may end it."""
    if request.id not in found.endable:
        return [row(_lines(request, now), button=details_button(request))]
    end = end_button(request) if request.requester == found.reader else revoke_button(request)
    return [row(_lines(request, now)), buttons(end, details_button(request), id=f"audit.{request.id}")]


def _lines(request: Request, now: datetime) -> Text:
    number = show_request_id(request.id)
    first = fill(
        "{mark} {number} · {who} · {target}",
        mark=state(request).mark,
        number=strong(number),
        who=name(request.requester_name),
        target=request_texts.target(request),
    )
    status = request_texts.status_words(request, now, beside_window=True)
    says_when = request.window_start_at is not None or (request.is_over and request.start_at is None)
    asked = "" if says_when else text(" · asked ", Instant(request.created_at))
    since = Instant(request.window_start_at, now) if request.window_start_at else ""
    is_active = request.status is Status.ACTIVE and request.window_start_at is not None
    second = (
        text(status, " · since ", since) if is_active else text(status, " · ", request_texts.window(request), asked)
    )
    return text(joined(" · ", (first, request_texts.made_through(request))), "\n", second)


def _about(described: str) -> Text:
    return text(" · ", Untrusted(described, _MOST_DESCRIBED)) if described else NOTHING


def _page(found: SearchPage, now: datetime) -> list[Part]:
    written = write_search(found.search)
    rows = [part for request in found.requests for part in _entry(request, found, now)]
    return [
        *([row("⚠️ ", Untrusted(search_words.unknown(found.unknown), 600))] if found.unknown else ()),
        *(rows or [row(_NOTHING)]),
        buttons(
            _turn_button("Newer", ActionId.AUDIT_NEWER, Turn(written, after=found.newer)) if found.newer else None,
            _turn_button("Older", ActionId.AUDIT_OLDER, Turn(written, before=found.older)) if found.older else None,
            _search_button(written),
            _export_button(written) if rows else None,
            id="audit.paging",
        ),
        aside("" if found.is_of_all else _AMONG, _FOOT if rows else ""),
    ]


def _turn_button(label: str, action: ActionId, turn: Turn) -> Button:
    return Button(label, action, turn.dump(), spoken=f"{label} requests")


def _search_button(written: str) -> Button:
    return Button("Search", ActionId.AUDIT_SEARCH, Turn(written).dump(), spoken="Search requests")


def _export_button(written: str) -> Button:
    return Button(
        "Export as CSV", ActionId.AUDIT_EXPORT, Turn(written).dump(), spoken="Export as CSV: everything found"
    )


def _spoken(requests: Sequence[Request]) -> str:
    listed = ", ".join(f"{show_request_id(each.id)} {state(each).word.lower()}" for each in requests)
    return listed or _NOTHING
