"""Pieces of sentences about a request: when it starts, how long is left, for what reason. Each brings its own space."""

from datetime import datetime

from core.domain.durations import MINUTE, show_duration
from core.domain.ids import show_request_id
from core.domain.notices import Notice
from core.domain.request import Request, Status
from handlers.slack.views.text import quote_short, when


def starts(request: Request, now: datetime) -> str:
    """What comes next, as long as it has not come: a message may be late."""
    if request.status not in {Status.SCHEDULED, Status.GRANTING} or request.failure:
        return ""
    return f" It starts {when(request.start_at, now)}." if request.start_at else " It is being set up."


def shortened(request: Request) -> str:
    """What an approver made of the length that was asked for."""
    if request.asked_duration is None:
        return ""
    return f", for {show_duration(request.duration)} of the {show_duration(request.asked_duration)} asked for"


def for_less(notice: Notice) -> str:
    minutes = notice.facts.get("minutes", "")
    return f" for {show_duration(MINUTE * int(minutes))}" if minutes.isdecimal() else ""


def expires(request: Request, now: datetime) -> str:
    if request.expires_at is None:
        return "It waits until it's decided."
    return f"Without a decision it expires {when(request.expires_at, now)}."


def until(request: Request, now: datetime) -> str:
    return f" until {when(request.end_at, now)}" if request.end_at else ""


def at_its_end(request: Request, now: datetime) -> str:
    return f" at {when(request.end_at, now)}" if request.end_at else " soon"


def left(request: Request, now: datetime) -> str:
    there = show_duration(request.end_at - now) if request.end_at and request.end_at > now else "No time"
    return there.replace(" min", " minutes") if there.endswith(" min") and " h" not in there else there


def because(why: str) -> str:
    """The end of a sentence; a quotation that ends one needs no second full stop."""
    quoted = quote_short(why, 1000)
    ends = quoted[:-1].endswith((".", "!", "?", "…"))
    return f": {quoted}{'' if ends else '.'}" if quoted else "."


def continued(request: Request) -> str:
    return f" The access goes on under {show_request_id(request.continued_by)}." if request.continued_by else ""
