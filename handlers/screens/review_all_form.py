"""The forms around a decision on several requests that were asked for in one go: each is named, with its target."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.evaluation import reason_in
from core.domain.request import Request, Shown
from handlers.screens import request_texts
from handlers.screens.filled import Filled
from handlers.screens.ids import FormId, InputId
from handlers.screens.parts import Part, Quote, aside, lines, row
from handlers.screens.request_buttons import about_all, read_all
from handlers.screens.review_form import ListPlace, comment_input, reason_input
from handlers.screens.screen import Screen, form
from handlers.screens.spans import Text, Untrusted, name, strong, text

APPROVE, REJECT = "Approve all", "Reject all"


@dataclass(frozen=True, slots=True)
class ReviewOfAll:
    """A submitted form: the requests, as they were shown, and the words. ``input`` is where errors go."""

    shown: tuple[Shown, ...]
    words: str
    input: str
    back: ListPlace | None = None
    """The private list in which the buttons were pressed, if it was one."""


def build_reject(requests: Sequence[Request], besides: str = "", back: ListPlace | None = None) -> Screen:
    """``besides``: why others that were to be decided with them are not."""
    return _form(FormId.REJECT_ALL, REJECT, requests, besides, [reason_input()], back)


def build_approve(requests: Sequence[Request], besides: str = "", back: ListPlace | None = None) -> Screen:
    """Only where settings require a comment."""
    return _form(FormId.APPROVE_ALL, APPROVE, requests, besides, [comment_input()], back)


def build_confirm(requests: Sequence[Request], besides: str = "", back: ListPlace | None = None) -> Screen:
    """Every target once more, as it is stored: for a quorum, and for a press of a message that we did not send."""
    return _form(FormId.CONFIRM_ALL, APPROVE, requests, besides, [], back)


def parse(filled: Filled) -> ReviewOfAll:
    """Read any of them."""
    asked = next((each for each in (InputId.REASON, InputId.COMMENT) if filled.has(each)), InputId.REASON)
    about, _, place = filled.memo.partition("\n")
    parts = place.split(" ")
    back = ListPlace(*parts) if len(parts) == 2 else None
    return ReviewOfAll(read_all(about), reason_in(filled.typed(asked)), asked.value, back)


def _form(
    id_: FormId,
    title: str,
    requests: Sequence[Request],
    besides: str,
    asked: Sequence[Part],
    back: ListPlace | None,
) -> Screen:
    first = requests[0]
    count = text(len(requests), " targets" if len(requests) > 1 else " target")
    parts: list[Part] = [
        row(strong(name(first.requester_name)), " asks for ", count, ", ", request_texts.window(first), ":"),
        lines(*map(_line, requests)),
        Quote("Why", first.justification),
        lines(text("Ticket: ", Untrusted(first.ticket, 200)) if first.ticket else "", request_texts.asked_with(first)),
        aside(text("⚠️ ", Untrusted(besides, 2000)) if besides else ""),
        *asked,
    ]
    memo = about_all(requests) + (f"\n{back.page} {back.respond}" if back else "")
    return form(id_, title, parts, submit=title, memo=memo)


def _line(request: Request) -> Text:
    account = text(" (", request_texts.account_number(request), ")")
    return text(request_texts.request_link(request, ""), " · ", request_texts.target(request), account)
