"""Buttons about one request: what each is called wherever it stands, and what is bound to it."""

from collections.abc import Sequence

from core.domain.durations import SHORTEST
from core.domain.ids import show_request_id
from core.domain.open_requests import MOST_TARGETS
from core.domain.request import Request, Shown, digest
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Tone

SHORTER = "Approve for a shorter time"


def shown(request: Request) -> Shown:
    return Shown(request.id, digest(request))


def about(request: Request) -> str:
    """The value of a button about a request: its id and the fingerprint of what is shown (rule 13)."""
    return str(shown(request))


def about_all(requests: Sequence[Request]) -> str:
    """The value of a button about several."""
    return " ".join(map(about, requests))


def read_all(value: object) -> tuple[Shown, ...]:
    """The requests that ``about_all`` wrote, no more than a form has targets; none of anything else (rule 26)."""
    parts = value.split(" ", MOST_TARGETS) if isinstance(value, str) else []
    found = [Shown.read(each) for each in parts]
    known = [each for each in found if each is not None]
    return tuple(known) if len(known) == len(found) <= MOST_TARGETS else ()


def request_button(label: str, action: ActionId, request: Request, tone: Tone = Tone.PLAIN) -> Button:
    return Button(label, action, about(request), tone, spoken=f"{label} {show_request_id(request.id)}")


def approve_button(request: Request) -> Button:
    return request_button("Approve", ActionId.APPROVE, request, Tone.PRIMARY)


def reject_button(request: Request) -> Button:
    return request_button("Reject", ActionId.REJECT, request, Tone.DANGER)


def shorten_button(request: Request) -> Button | None:
    """Approves for less than was asked for; nothing where that is the least there is.

    A screen reader says its label first: who speaks to the screen says what they read (WCAG 2.5.3).
    """
    if request.duration <= SHORTEST:
        return None
    return Button(SHORTER, ActionId.SHORTEN, about(request), spoken=f"{SHORTER}: {show_request_id(request.id)}")


def details_button(request: Request) -> Button:
    return request_button("Details", ActionId.DETAILS, request)


def extend_button(request: Request) -> Button:
    return request_button("Extend", ActionId.EXTEND, request)


def ask_again_button(request: Request) -> Button:
    return request_button("Ask again", ActionId.ASK_AGAIN, request)


def revoke_button(request: Request) -> Button:
    """Ends somebody else's access, live or approved: opens a form, which asks for the reason."""
    return _ending("Revoke", request, f"Revoke {show_request_id(request.id)}")


def end_button(request: Request) -> Button:
    """Ends the reader's own live access: the same act as Revoke."""
    return _ending("End now", request, f"End now: {show_request_id(request.id)}")


def withdraw_button(request: Request) -> Button:
    """Takes back the reader's own request before it has begun."""
    return request_button("Withdraw", ActionId.CANCEL, request)


def approve_all_button(requests: Sequence[Request]) -> Button:
    return _all_button("Approve all", ActionId.APPROVE_ALL, requests, Tone.PRIMARY)


def reject_all_button(requests: Sequence[Request]) -> Button:
    return _all_button("Reject all", ActionId.REJECT_ALL, requests, Tone.DANGER)


def withdraw_all_button(requests: Sequence[Request]) -> Button:
    """The same for all that were asked for together and have not begun."""
    return _all_button("Withdraw all", ActionId.CANCEL_ALL, requests, Tone.PLAIN)


def revoke_all_button(requests: Sequence[Request]) -> Button:
    """Ends somebody else's access, live or approved, to all of them: opens a form, as **Revoke** does."""
    return _all_button("Revoke all", ActionId.REVOKE_ALL, requests, Tone.DANGER)


def end_all_button(requests: Sequence[Request]) -> Button:
    """The same act for the reader's own live access."""
    return _all_button("End all", ActionId.REVOKE_ALL, requests, Tone.DANGER)


def _all_button(label: str, action: ActionId, requests: Sequence[Request], tone: Tone) -> Button:
    spoken = f"{label}: {', '.join(show_request_id(one.id) for one in requests)}"
    return Button(label, action, about_all(requests), tone, spoken)


def _ending(label: str, request: Request, spoken: str) -> Button:
    return Button(label, ActionId.REVOKE, about(request), Tone.DANGER, spoken)
