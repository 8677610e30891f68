"""The message to somebody who asked for several targets in one go: each request as it is now."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.ids import show_request_id
from core.domain.request import Request, Status
from handlers.screens import request_texts
from handlers.screens.links import Links
from handlers.screens.parts import Part, Row, buttons, row
from handlers.screens.request_buttons import details_button, end_all_button, withdraw_all_button
from handlers.screens.screen import Message, message
from handlers.screens.spans import text
from handlers.words.states import state

_NOT_BEGUN = frozenset({Status.PENDING, Status.SCHEDULED})
_ENDABLE = frozenset({Status.GRANTING, Status.ACTIVE})


def build(requests: Sequence[Request], links: Links, now: datetime) -> Message:
    """A line for each, and the buttons that withdraw all that have not begun and end all that are live.

    It is drawn again when one changes.
    """
    first, count = requests[0], len(requests)
    said = text("You asked for ", count, " targets in one go, ", request_texts.window(first), ".")
    to_withdraw = [one for one in requests if one.status in _NOT_BEGUN]
    to_end = [one for one in requests if one.status in _ENDABLE and not one.failure]
    parts: list[Part] = [
        row(said),
        *(_row(one, links, now) for one in requests),
        buttons(
            withdraw_all_button(to_withdraw) if len(to_withdraw) > 1 else None,
            end_all_button(to_end) if len(to_end) > 1 else None,
            id="notice.together",
        ),
    ]
    numbers = ", ".join(f"{show_request_id(one.id)} {state(one).word.lower()}" for one in requests)
    return message(text(said, " ", numbers, "."), parts)


def _row(one: Request, links: Links, now: datetime) -> Row:
    numbered = text(request_texts.request_link(one, links.request), " · ", request_texts.target(one))
    return row(numbered, "\n", request_texts.status_line(one, now), button=details_button(one), id=f"together.{one.id}")
