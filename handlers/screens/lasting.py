"""What takes longer than it should, or cannot come to an end, in one message."""

from datetime import datetime

from core.domain.durations import MINUTE
from core.domain.ids import show_request_id
from core.domain.notices import Notice, Topic
from core.domain.request import LeftBehind, Request, Status
from handlers.screens import story
from handlers.screens.spans import (
    NOTHING,
    Code,
    Duration,
    Instant,
    Quotation,
    Text,
    Untrusted,
    fill,
    joined,
    name,
    text,
)
from handlers.words import closed_request_words
from handlers.words.left_behind_words import left_in_aws
from handlers.words.states import state


def headline(notice: Notice, request: Request, now: datetime) -> Text:
    """Say it; empty for any other topic."""
    number = show_request_id(request.id)
    access = story.access(request)
    if notice.topic is Topic.LEFT_BEHIND:
        over = text(number, " is over, and AWS may list the assignment.")
        return joined(" ", (over, Untrusted(left_in_aws(request))))
    if notice.topic in {Topic.OVERDUE, Topic.LATE_END}:
        return _end(request, access, now)
    if notice.topic is Topic.UNDECIDABLE:
        return text(closed_request_words.undecidable(number, notice.facts))
    if notice.topic is not Topic.SLOW:
        return NOTHING
    if request.status is not Status.GRANTING or request.failure:
        return text("AWS took its time over your access to ", access, ". It is now: ", state(request).word.lower(), ".")
    said = notice.facts.get("because", "")
    theirs = text(" AWS says: ", Quotation(said, 500), ".") if said else ""
    until = notice.facts.get("until")
    until_then = text(" until ", Instant(datetime.fromisoformat(until), now)) if until else ""
    tried = text(" TEAM Bot goes on trying", until_then) if until else " It is tried on"
    return fill(
        "Your access to {access} is taking longer than usual: AWS hasn't granted it yet.{theirs}{tried}. "
        "You'll be told what came of it.",
        access=access,
        theirs=theirs,
        tried=tried,
    )


def overdue_line(notice: Notice, request: Request) -> Text:
    """The same as one line about the request, for those who watch all of them."""
    return text("should have ended", _since(request), " and is still there. ", _aws_says(notice))


def more(notice: Notice, request: Request, command: str) -> list[Text]:
    """What AWS says, and what an admin can do about it; afterwards, what is left."""
    if request.status is not Status.REVOKING:
        return [text(Untrusted(left_in_aws(request)))] if request.left_behind else []
    close = Code(f"{command} close {show_request_id(request.id)}")
    what_to_do = fill(
        "TEAM Bot goes on trying, and tells you when it is over. Look at the assignment in IAM Identity "
        "Center, and delete it there if you can. Only if AWS can never finish it, close it by hand: "
        "{close}",
        close=close,
    )
    return [_aws_says(notice), what_to_do]


def _aws_says(notice: Notice) -> Text:
    said = notice.facts.get("because", "")
    if said:
        return text("AWS says: ", Quotation(said, 500))
    asked = "AWS has taken the deletion and not finished it."
    return text(asked if notice.facts.get("asked") else "AWS has not said why.")


def _end(request: Request, access: Text, now: datetime) -> Text:
    if request.status is Status.REVOKING:
        return fill(
            "Access of {who} to {access} should have ended{since}, and hasn't.",
            who=name(request.requester_name),
            access=access,
            since=_since(request),
        )
    return text(show_request_id(request.id), ": ", _over_at_last(request, access, now))


def _over_at_last(request: Request, access: Text, now: datetime) -> Text:
    whose = text("the access of ", name(request.requester_name), " to ", access)
    if request.closed_at is None or request.revoking_at is None:
        return text(whose, " is ", state(request).word.lower(), ".")
    late = Duration(max(request.closed_at - request.revoking_at, MINUTE))
    at = Instant(request.closed_at, now)
    if request.continued_by is not None:
        return fill(
            "{whose} goes on under {number}. It was settled at {at}, after {late}.",
            whose=whose,
            number=show_request_id(request.continued_by),
            at=at,
            late=late,
        )
    if request.left_behind is LeftBehind.CLOSED_BY_HAND:
        return fill(
            "closed by hand by {by} at {at}, {late} after {whose} was to end.",
            by=name(request.closed_by or "an admin"),
            at=at,
            late=late,
            whose=whose,
        )
    return text(whose, " ended at ", at, ", ", late, " after it was to end.")


def _since(request: Request) -> Text:
    return text(" ", Instant(request.revoking_at) if request.revoking_at else "before")
