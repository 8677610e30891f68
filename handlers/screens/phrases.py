"""Pieces of sentences about a request: when it starts, how long is left, for what reason. Each brings its own space."""

from datetime import datetime

from core.domain.durations import show_duration
from core.domain.ids import show_request_id
from core.domain.notice_content import ApprovalCounted
from core.domain.request import Request, Status
from handlers.screens.clean import clean
from handlers.screens.spans import NOTHING, Duration, Instant, Quotation, Text, name, text


def starts(request: Request, now: datetime) -> Text:
    """The start, as long as it has not come: a message may be late."""
    if request.status not in {Status.SCHEDULED, Status.GRANTING} or request.failure:
        return NOTHING
    return (
        text(" It starts ", Instant(request.start_at, now), ".") if request.start_at else text(" It is being set up.")
    )


def by(request: Request) -> Text:
    """The decider."""
    return text(" by ", name(request.decided_by)) if request.decided_by else NOTHING


def shortened(request: Request) -> Text:
    """The shortened duration, where an approver shortened it."""
    if request.asked_duration is None:
        return NOTHING
    return text(", for ", Duration(request.duration), " of the ", Duration(request.asked_duration), " asked for")


def for_less(counted: ApprovalCounted) -> Text:
    return text(" for ", Duration(counted.allowed)) if counted.allowed is not None else NOTHING


def expires(request: Request, now: datetime) -> Text:
    if request.expires_at is None:
        return text("It waits until it's decided.")
    return text("Without a decision it expires ", Instant(request.expires_at, now), ".")


def until(request: Request, now: datetime) -> Text:
    return text(" until ", Instant(request.end_at, now)) if request.end_at else NOTHING


def at_its_end(request: Request, now: datetime) -> Text:
    return text(" at ", Instant(request.end_at, now)) if request.end_at else text(" soon")


def left(request: Request, now: datetime) -> str:
    there = show_duration(request.end_at - now) if request.end_at and request.end_at > now else "No time"
    return there.replace(" min", " minutes") if there.endswith(" min") and " h" not in there else there


def because(why: str) -> Text:
    """The end of a sentence; a quotation that ends one needs no second full stop."""
    return text(": ", Quotation(why, 1000, ends=True)) if clean(why) else text(".")


def continued(request: Request) -> Text:
    if request.continued_by is None:
        return NOTHING
    return text(" Access continues under ", show_request_id(request.continued_by), ".")
