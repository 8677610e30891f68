"""The screen **My access**: what the reader has now, and what is coming."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.request import Request
from handlers.screens import lists
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.lists import TITLES, ListName
from handlers.screens.parts import Button, Heading, Part, Tone, buttons, row
from handlers.screens.screen import Screen, note

TITLE = "My access"
_NOTHING = "You have no access now, and none is coming."


def build(live: Sequence[Request], coming: Sequence[Request], now: datetime, links: Links) -> Screen:
    """Show both lists, each as on Home; Home has what is beyond a page."""
    now_live = [part for request in live for part in lists.live_row(request, now, links)]
    to_come = [part for request in coming for part in lists.own_row(request, now, ListName.COMING)]
    parts = [*_under(ListName.LIVE, now_live), *_under(ListName.COMING, to_come)]
    ask = buttons(Button("Request access", ActionId.ASK, "access", Tone.PRIMARY), id="access.ask")
    return note(TITLE, [*(parts or [row(_NOTHING)]), ask])


def _under(name: ListName, rows: Sequence[Part]) -> list[Part]:
    return [Heading(TITLES[name]), *rows] if rows else []
