"""Messages about things that take longer than they should, or cannot end."""

from datetime import datetime

from core.domain.durations import MINUTE
from core.domain.ids import show_request_id
from core.domain.notice_content import Overdue, Reminder, Slow, Undecidable
from core.domain.notices import Content
from core.domain.request import LeftBehind, Request, Status, is_being_taken_away
from handlers.screens import request_texts
from handlers.screens.spans import (
    NOTHING,
    Code,
    Duration,
    Instant,
    Quotation,
    Text,
    Untrusted,
    fill,
    name,
    text,
)
from handlers.words import closed_request_words
from handlers.words.left_behind_words import left_in_aws
from handlers.words.states import state


def headline(content: Content, request: Request, now: datetime) -> Text:
    """Say it; empty for any other content."""
    number, access = show_request_id(request.id), request_texts.access(request)
    match content:
        case Reminder():
            return text(
                number,
                " is still waiting for a decision: ",
                request_texts.asks(request),
                ", ",
                request_texts.window(request),
                ".",
            )
        case Overdue():
            return end(request, access, now)
        case Undecidable():
            return text(closed_request_words.undecidable(number, content.able, content.needed))
        case Slow():
            return _slow(content, request, access, now)
        case _:
            return NOTHING


def also_waiting(content: Content) -> Text:
    """The further requests that a reminder is about; nothing for any other content."""
    if not isinstance(content, Reminder) or not content.others:
        return NOTHING
    return text("On the same card ", ", ".join(map(show_request_id, content.others)), " waited too.")


def _slow(content: Slow, request: Request, access: Text, now: datetime) -> Text:
    if request.status is not Status.GRANTING or request.failure:
        return text(
            "AWS took longer than usual to grant your access to ",
            access,
            ". It is now: ",
            state(request).word.lower(),
            ".",
        )
    theirs = text(" AWS says: ", Quotation(content.because, 500, ends=True)) if content.because else ""
    return fill(
        "Your access to {access} is taking longer than usual: AWS hasn't granted it yet.{theirs} TEAM Bot keeps "
        "trying until {until}. You'll get a message with the result.",
        access=access,
        theirs=theirs,
        until=Instant(content.until, now),
    )


def overdue_line(overdue: Overdue, request: Request) -> Text:
    """The same as one line about the request, for those who watch all of them."""
    if request.status is Status.GRANTING:
        trying = text("could not be granted. TEAM Bot has been trying since", _since(request))
        return text(trying, " to take away what AWS may have made of it. ", _aws_says(overdue))
    return text("should have ended", _since(request), " and is still there. ", _aws_says(overdue))


def more(content: Content, request: Request, command: str) -> list[Text]:
    """AWS's answer and what an admin can do about it; afterwards, what is left."""
    if not is_being_taken_away(request):
        return [text(Untrusted(left_in_aws(request)))] if request.left_behind else []
    close = Code(f"{command} close {show_request_id(request.id)}")
    if request.target.group is not None:
        return [_aws_says(content) if isinstance(content, Overdue) else NOTHING, _leave_by_hand(close)]
    what_to_do = fill(
        "TEAM Bot keeps trying, and tells you when it is over. Check the assignment in IAM Identity Center, and "
        "delete it there if you can. Close it by hand only if AWS can never finish it: {close}",
        close=close,
    )
    return [_aws_says(content) if isinstance(content, Overdue) else NOTHING, what_to_do]


def _leave_by_hand(close: Code) -> Text:
    return fill(
        "TEAM Bot keeps trying, and tells you when it is over. If the group is now synchronized from another "
        "system, take the person out of it there; otherwise do so in IAM Identity Center. Close it by hand only if AWS "
        "can never finish it: {close}",
        close=close,
    )


def _aws_says(overdue: Overdue) -> Text:
    if overdue.because:
        return text("AWS says: ", Quotation(overdue.because, 500))
    asked = "AWS accepted the deletion but hasn't finished it."
    return text(asked if overdue.asked else "AWS has not said why.")


def end(request: Request, access: Text, now: datetime) -> Text:
    """An end that takes too long, or took too long."""
    if request.status is Status.GRANTING and request.failure:
        return fill(
            "{who}'s access to {access} could not be granted. AWS may have made it all the same: TEAM Bot has been "
            "trying to take it away since{since}.",
            who=name(request.requester_name),
            access=access,
            since=_since(request),
        )
    if request.status is Status.REVOKING:
        return fill(
            "{who}'s access to {access} should have ended{since}, and hasn't.",
            who=name(request.requester_name),
            access=access,
            since=_since(request),
        )
    return text(show_request_id(request.id), ": ", _over_at_last(request, access, now))


def _over_at_last(request: Request, access: Text, now: datetime) -> Text:
    whose = text(name(request.requester_name), "'s access to ", access)
    if request.closed_at is None or request.revoking_at is None:
        return text(whose, " is ", state(request).word.lower(), ".")
    late = Duration(max(request.closed_at - request.revoking_at, MINUTE))
    at = Instant(request.closed_at, now)
    if request.continued_by is not None:
        return fill(
            "{whose} continues under {number}. It was settled at {at}, after {late}.",
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
    if request.status is Status.FAILED:
        return text(whose, " could not be granted, and nothing of it is left: seen at ", at, ", after ", late, ".")
    return text(whose, " ended at ", at, ", ", late, " after it was to end.")


def _since(request: Request) -> Text:
    return text(" ", Instant(request.revoking_at) if request.revoking_at else "before")
