"""The parts of Home's sections: a heading, rows, the way to older ones. The platform says which there are."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from core.domain.people import Person, Persona
from core.domain.request import Request
from core.services.queries.pending_approvals import WaitingPage
from handlers.screens import help as help_screen
from handlers.screens import lists
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.lists import ListName
from handlers.screens.memos import read_memo
from handlers.screens.parts import Break, Button, Heading, Part, Parts, Tone, aside, buttons, row
from handlers.screens.request_form import JOIN
from handlers.screens.screen import Home
from handlers.screens.spans import Untrusted, name, strong, text


def build(parts: Parts, memo: str, said: str = "") -> Home:
    """``said``: what came of something that was just done on Home."""
    return Home((*answer(said), *parts), memo)


def answer(said: str) -> list[Part]:
    return [aside(Untrusted(said))] if said else []


def title(name: ListName) -> str:
    return lists.TITLES[name]


def refused(sentence: str) -> Home:
    return Home((row("⛔ ", Untrusted(sentence)),))


def unread(title: str, sentence: str) -> list[Part]:
    """In the place of a section that cannot be read now."""
    return [aside(text("⚠️ ", strong(Untrusted(title)), " cannot be shown: ", Untrusted(sentence)))]


def ask(favourites: Sequence[Part] = (), *, groups_too: bool = False) -> list[Part]:
    return [
        Heading("Ask for access"),
        buttons(
            Button("Request access", ActionId.ASK, "home", Tone.PRIMARY),
            Button(JOIN, ActionId.ASK_GROUP, "home") if groups_too else None,
            id="home.actions",
        ),
        *favourites,
    ]


def nothing() -> list[Part]:
    """One line for somebody whom no policy names."""
    return [aside(help_screen.NOBODY_NAMES_YOU)]


def barred(sentence: str) -> list[Part]:
    """In the place of the button for whoever may only reject, withdraw and end."""
    return [Heading("Ask for access"), row("⛔ ", Untrusted(sentence))]


def you(person: Person, personas: Collection[Persona]) -> list[Part]:
    may = help_screen.may(person, personas)
    return [
        Break(),
        aside(text("You are ", name(person.principal.name), " in IAM Identity Center: ", may, ".")),
        buttons(
            Button("Who am I", ActionId.WHOAMI, "home"),
            Button("All commands", ActionId.HELP, "home"),
            id="home.you",
        ),
    ]


def requests(
    name: ListName,
    found: Sequence[Request],
    now: datetime,
    links: Links,
    *,
    more: bool = False,
    at: str = "",
    most: int = lists.PAGE,
) -> list[Part]:
    """One list of requests, ``most`` a page. ``at``: where this page begins, empty for the first."""
    if not found and not at:
        return []
    shown = found[:most]
    groups = lists.ended_together(shown)
    rows = [part for request in shown for part in _row(name, request, now, links, groups.get(request.id, ()))]
    goes_on = shown and (more or len(found) > most)
    older = str(shown[-1].id) if goes_on else ""
    return [Heading(title(name)), *rows, paging(name, older, is_first=not at)]


def _row(name: ListName, request: Request, now: datetime, links: Links, together: Sequence[Request]) -> list[Part]:
    match name:
        case ListName.LIVE:
            return lists.live_row(request, now, links, together)
        case ListName.UNDER:
            return lists.under_row(request, now, together)
        case _:
            return lists.own_row(request, now, name)


def waiting(page: WaitingPage, now: datetime, at: str = "", most: int = lists.PAGE) -> list[Part]:
    """Requests that wait for the reader, to be decided in place."""
    if not page.awaiting and not at:
        return []
    shown = page.awaiting[:most]
    rows = lists.waiting_rows(shown, now, at)
    more = str(shown[-1].request.id) if page.more or len(page.awaiting) > most else ""
    name = ListName.WAITING
    return [Heading(title(name)), *rows, paging(name, more, is_first=not at, onward="More", back="Oldest")]


def paging(name: ListName, older: str, *, is_first: bool, onward: str = "Older", back: str = "Newest") -> Part:
    """``older``: the cursor of the next page, empty when there is none."""
    about = title(name)
    return buttons(
        Button(onward, ActionId.HOME_ONWARD, _turn(name, older), spoken=f"{onward}: {about}") if older else None,
        None if is_first else Button(back, ActionId.HOME_BACK, _turn(name, ""), spoken=f"{back}: {about}"),
        id=f"home.{name.value}.paging",
    )


def _turn(name: ListName, cursor: str) -> str:
    return json.dumps({"l": name.value, "c": cursor})


def read_turn(value: str) -> tuple[ListName, str] | None:
    """The list that is paged, and its new position; None for anything that ``paging`` did not write."""
    try:
        stored = read_memo(value)
    except ValueError:
        return None
    if not isinstance(stored, Mapping) or stored.get("l") not in list(ListName):
        return None
    return ListName(stored["l"]), str(stored.get("c") or "")
