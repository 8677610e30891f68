"""The form behind **End all** and **Revoke all**: each request of one submission that ends, and why they are ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.request import Request, Shown
from core.domain.settings import Requirement
from handlers.screens import request_texts, revoke_form
from handlers.screens.filled import Filled
from handlers.screens.ids import FormId, InputId
from handlers.screens.parts import Part, aside, lines, row
from handlers.screens.request_buttons import about_all, read_all
from handlers.screens.screen import Screen, form
from handlers.screens.spans import Text, Untrusted, joined, name, strong, text


@dataclass(frozen=True, slots=True)
class EndingOfAll:
    """A sent form; ``shown`` is empty for anything that this program did not write."""

    shown: tuple[Shown, ...]
    reason: str
    asks_why: bool = False
    """True if the form had the input in which a reason is missing."""


def build(requests: Sequence[Request], asked: Requirement, besides: str = "", *, own: bool) -> Screen:
    """``own``: the reader's own access; ``besides``: why others that were to be ended with it are not."""
    title, names = "End all" if own else "Revoke all", dict.fromkeys(one.requester_name for one in requests)
    whose = "Your access" if own else text(joined(", ", (strong(name(each)) for each in names)), "'s access")
    parts: list[Part] = [
        row(whose, ", asked for in one go:" if len(requests) > 1 else ":"),
        lines(*map(_line, requests)),
        row(_what_ends(requests)),
        aside(text("⚠️ ", Untrusted(besides, 2000)) if besides else ""),
        *revoke_form.reason_asked(asked),
    ]
    return form(FormId.REVOKE_ALL, title, parts, submit=title, close="Keep it", memo=about_all(requests))


def parse(filled: Filled) -> EndingOfAll:
    return EndingOfAll(
        read_all(filled.memo),
        filled.typed(InputId.REASON).strip()[: revoke_form.LONGEST],
        asks_why=InputId.REASON in filled.inputs,
    )


def _line(request: Request) -> Text:
    account = text(" (", request_texts.account_number(request), ")")
    number = request_texts.request_link(request, "")
    return text(number, " · ", request_texts.target(request), account, " · ", request_texts.status_line(request))


def _what_ends(requests: Sequence[Request]) -> Text:
    """The limits of ending early, said once: of the sessions that may live longest, where something was granted."""
    granted = [one for one in requests if one.granting_at is not None]
    return revoke_form.what_ends(max(granted or requests, key=lambda one: one.session_duration))
