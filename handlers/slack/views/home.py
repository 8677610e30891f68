"""What the sections of Home are made of: a heading, rows, the way to older ones. Which there are: ``slack.home``."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock
from slack_sdk.models.views import View

from core.domain.people import Person, Persona
from core.domain.request import Request
from core.services.waiting import WaitingPage
from handlers.screens.links import Links
from handlers.slack.ids import ActionId
from handlers.slack.views import help as help_view
from handlers.slack.views import lists
from handlers.slack.views.block import actions, button, context, section, words
from handlers.slack.views.lists import ListName
from handlers.slack.views.text import SECTION, prose
from handlers.slack.views.text import name as written


def build(blocks: Sequence[Block], metadata: str, said: str = "") -> View:
    """``said``: what came of something that was just done on Home."""
    answer = context(prose(said, SECTION)) if said else []
    return View(type="home", blocks=[*answer, *blocks], private_metadata=metadata)


def title(name: ListName) -> str:
    return lists.TITLES[name]


def refused(sentence: str) -> View:
    return View(type="home", blocks=[section(f"⛔ {prose(sentence)}")])


def unread(title: str, sentence: str) -> list[Block]:
    """In the place of a section that cannot be read now."""
    return context(f"⚠️ *{prose(title)}* cannot be shown: {prose(sentence)}")


def heading(title: str) -> Block:
    return HeaderBlock(text=words(title, 150))


def ask() -> list[Block]:
    return [
        heading("Ask for access"),
        *actions(button("Request access", ActionId.ASK, "home", style="primary"), block_id="home.actions"),
    ]


def nothing() -> list[Block]:
    """For whoever no policy names: what can be done, in one line."""
    return context(help_view.NOBODY_NAMES_YOU)


def barred(sentence: str) -> list[Block]:
    """In the place of the button for whoever may only reject, withdraw and end."""
    return [heading("Ask for access"), section(f"⛔ {prose(sentence)}")]


def you(person: Person, personas: Collection[Persona]) -> list[Block]:
    return [
        DividerBlock(),
        *context(
            f"You are {written(person.principal.name)} in IAM Identity Center: {help_view.may(person, personas)}."
        ),
        *actions(
            button("Who am I", ActionId.WHOAMI, "home"),
            button("All commands", ActionId.HELP, "home"),
            block_id="home.you",
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
) -> list[Block]:
    """One list of requests, ``most`` a page. ``at``: where this page begins, empty for the first."""
    if not found and not at:
        return []
    shown = found[:most]
    rows = [block for request in shown for block in _row(name, request, now, links)]
    goes_on = shown and (more or len(found) > most)
    older = str(shown[-1].id) if goes_on else ""
    return [heading(title(name)), *rows, *paging(name, older, is_first=not at)]


def _row(name: ListName, request: Request, now: datetime, links: Links) -> list[Block]:
    match name:
        case ListName.LIVE:
            return lists.live_row(request, now, links)
        case ListName.UNDER:
            return lists.under_row(request, now)
        case _:
            return lists.row(request, now, name)


def waiting(page: WaitingPage, now: datetime, at: str = "", most: int = lists.PAGE) -> list[Block]:
    """What waits for the reader, to be decided in place."""
    if not page.awaiting and not at:
        return []
    shown = page.awaiting[:most]
    rows = [block for awaiting in shown for block in lists.awaiting_row(awaiting, now, at)]
    more = str(shown[-1].request.id) if page.more or len(page.awaiting) > most else ""
    name = ListName.WAITING
    return [heading(title(name)), *rows, *paging(name, more, is_first=not at, onward="More", back="Oldest")]


def paging(name: ListName, older: str, *, is_first: bool, onward: str = "Older", back: str = "Newest") -> list[Block]:
    """``older``: the cursor of the next page, empty when there is none."""
    about = title(name)
    return actions(
        button(onward, ActionId.HOME_ONWARD, _turn(name, older), says=f"{onward}: {about}") if older else None,
        None if is_first else button(back, ActionId.HOME_BACK, _turn(name, ""), says=f"{back}: {about}"),
        block_id=f"home.{name.value}.paging",
    )


def _turn(name: ListName, cursor: str) -> str:
    return json.dumps({"l": name.value, "c": cursor})


def read_turn(value: str) -> tuple[ListName, str] | None:
    """Which list goes where; None for anything that ``paging`` did not write."""
    try:
        stored = json.loads(value)
    except ValueError:
        return None
    if not isinstance(stored, Mapping) or stored.get("l") not in list(ListName):
        return None
    return ListName(stored["l"]), str(stored.get("c") or "")
