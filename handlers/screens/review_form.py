"""The small forms around a decision: reject with a reason, approve with a comment, approve for less."""

from dataclasses import dataclass
from datetime import timedelta

from core.domain.durations import read_duration, show_duration
from core.domain.evaluation import reason_in
from core.domain.request import Request, Shown
from core.domain.settings import Requirement
from handlers.screens import request_texts
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Input, Lookup, Typed
from handlers.screens.parts import Part, Quote, facts, lines, row
from handlers.screens.request_buttons import shown
from handlers.screens.screen import Screen, form
from handlers.screens.spans import Untrusted, name, strong

LONGEST = 1000
TITLE_SHORTER = "Approve for shorter time"
"""A title has 24 characters at most."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A private list of what waits: where the page begins, and the address under which it can be replaced."""

    page: str
    respond: str


@dataclass(frozen=True, slots=True)
class ReviewOrigin:
    """The origin of a form: a request as it was shown, and the list it stood in, if it was one."""

    shown: Shown
    back: ListPlace | None = None

    def __str__(self) -> str:
        return f"{self.shown} {self.back.page} {self.back.respond}" if self.back else str(self.shown)

    @classmethod
    def read(cls, text: object) -> "ReviewOrigin | None":
        """None for anything that this program did not write."""
        about, *place = str(text or "").split(" ")
        shown = Shown.read(about)
        return cls(shown, ListPlace(*place) if len(place) == 2 else None) if shown else None


@dataclass(frozen=True, slots=True)
class Review:
    """A submitted review: about which request, as it was shown, and the words. ``input`` is where errors go."""

    origin: ReviewOrigin | None
    words: str
    input: str
    allowed: timedelta | None = None
    """The length that is approved, where the form asks for one and it can be read."""


def build_reject(request: Request, back: ListPlace | None = None) -> Screen:
    return _form(FormId.REJECT, "Reject request", "Reject", request, [*_asked(request), reason_input()], back)


def build_approve(request: Request, back: ListPlace | None = None) -> Screen:
    """Only where settings require a comment; elsewhere the button approves at once."""
    return _form(FormId.APPROVE, "Approve request", "Approve", request, [*_asked(request), comment_input()], back)


def build_confirm(request: Request, back: ListPlace | None = None) -> Screen:
    """Every fact once more, as it is stored: for a quorum, and for a press of a message that we did not send.

    Whatever the message that was pressed shows: this is what the approval is for.
    """
    parts: list[Part] = [
        row("You're about to approve this. Look at it once more:"),
        facts(
            ("Requester", name(request.requester_name)),
            *request_texts.what(request),
            ("When", request_texts.window(request)),
            ("Ticket", Untrusted(request.ticket, 200)),
        ),
        Quote("Why", request.justification),
        lines(request_texts.asked_with(request)),
    ]
    return _form(FormId.CONFIRM, "Approve request", "Approve", request, parts, back)


def build_shorten(request: Request, back: ListPlace | None = None, *, rule: Requirement) -> Screen:
    """Approves for less than was asked for; with a comment as settings say."""
    most = show_duration(request.duration)
    allowed = Input(
        InputId.ALLOWED,
        ActionId.ALLOWED,
        "Duration",
        Lookup(placeholder="Choose, or type: 45m, 1h30, 90 minutes"),
        hint=f"At most the {most} asked for. With several approvals, the shortest counts.",
    )
    comment = [] if rule is Requirement.OFF else [comment_input(optional=rule is Requirement.OPTIONAL)]
    return _form(FormId.SHORTEN, TITLE_SHORTER, "Approve", request, [*_asked(request), allowed, *comment], back)


def parse(filled: Filled) -> Review:
    """Read any of them."""
    origin, allowed = ReviewOrigin.read(filled.memo), read_duration(filled.chosen(InputId.ALLOWED))
    asked = next((each for each in (InputId.REASON, InputId.COMMENT) if filled.has(each)), InputId.REASON)
    return Review(origin, reason_in(filled.typed(asked)), asked.value, allowed)


def _asked(request: Request) -> list[Part]:
    """The facts once more: the card may be far away by now."""
    who = strong(name(request.requester_name))
    return [
        row(who, " asks for ", request_texts.target(request), ", ", request_texts.window(request), "."),
        Quote("Why", request.justification),
        lines(request_texts.asked_with(request)),
    ]


def reason_input() -> Input:
    return _input("Reason", InputId.REASON, ActionId.REASON, "The requester reads this.")


def comment_input(*, optional: bool = False) -> Input:
    hint = "Why this is right. Shown on the card."
    return _input("Comment", InputId.COMMENT, ActionId.COMMENT, hint, optional=optional)


def _input(label: str, id_: InputId, action: ActionId, hint: str, *, optional: bool = False) -> Input:
    return Input(id_, action, label, Typed(LONGEST, is_long=True), hint=hint, optional=optional)


def _form(id_: FormId, title: str, submit: str, request: Request, parts: list[Part], back: ListPlace | None) -> Screen:
    return form(id_, title, parts, submit=submit, memo=str(ReviewOrigin(shown(request), back)))
