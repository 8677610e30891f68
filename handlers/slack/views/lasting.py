"""What takes longer than it should, or cannot come to an end, in one message."""

from datetime import datetime

from core.domain.durations import MINUTE, show_duration
from core.domain.ids import show_request_id
from core.domain.notices import Notice, Topic
from core.domain.request import LeftBehind, Request, Status
from handlers import failed_words
from handlers.left_sentences import left_in_aws
from handlers.slack.views.text import code, name, prose, quote_short, when
from handlers.states import state


def headline(notice: Notice, request: Request, now: datetime) -> str:
    """Say it; empty for any other topic."""
    number = show_request_id(request.id)
    access = f"{name(request.account_name)} as {name(request.permission_set_name)}"
    if notice.topic is Topic.LEFT_BEHIND:
        return f"{number} is over, and AWS may list the assignment. {prose(left_in_aws(request))}"
    if notice.topic in {Topic.OVERDUE, Topic.LATE_END}:
        return _end(request, access, now)
    if notice.topic is Topic.UNDECIDABLE:
        return failed_words.undecidable(number, notice.facts)
    if notice.topic is not Topic.SLOW:
        return ""
    if request.status is not Status.GRANTING or request.failure:
        return f"AWS took its time over your access to {access}. It is now: {state(request).word.lower()}."
    said = notice.facts.get("because", "")
    theirs = f" AWS says: {quote_short(said, 500)}." if said else ""
    until = notice.facts.get("until")
    tried = f" TEAM Bot goes on trying until {when(datetime.fromisoformat(until), now)}" if until else " It is tried on"
    return (
        f"Your access to {access} is taking longer than usual: AWS hasn't granted it yet.{theirs}{tried}. "
        "You'll be told what came of it."
    )


def overdue_line(notice: Notice, request: Request) -> str:
    """The same as one line about the request, for those who watch all of them."""
    return f"should have ended{_since(request)} and is still there. {_aws_says(notice)}"


def more(notice: Notice, request: Request, command: str) -> list[str]:
    """What AWS says, and what an admin can do about it; afterwards, what is left."""
    if request.status is not Status.REVOKING:
        return [prose(left_in_aws(request))] if request.left_behind else []
    close = code(f"{command} close {show_request_id(request.id)}")
    what_to_do = (
        "TEAM Bot goes on trying, and tells you when it is over. Look at the assignment in IAM Identity Center, and "
        f"delete it there if you can. Only if AWS can never finish it, close it by hand: {close}"
    )
    return [_aws_says(notice), what_to_do]


def _aws_says(notice: Notice) -> str:
    said = notice.facts.get("because", "")
    if said:
        return f"AWS says: {quote_short(said, 500)}"
    return "AWS has taken the deletion and not finished it." if notice.facts.get("asked") else "AWS has not said why."


def _end(request: Request, access: str, now: datetime) -> str:
    if request.status is Status.REVOKING:
        return f"Access of {name(request.requester_name)} to {access} should have ended{_since(request)}, and hasn't."
    return f"{show_request_id(request.id)}: {_over_at_last(request, access, now)}"


def _over_at_last(request: Request, access: str, now: datetime) -> str:
    whose = f"the access of {name(request.requester_name)} to {access}"
    if request.closed_at is None or request.revoking_at is None:
        return f"{whose} is {state(request).word.lower()}."
    late = show_duration(max(request.closed_at - request.revoking_at, MINUTE))
    at = when(request.closed_at, now)
    if request.continued_by is not None:
        return f"{whose} goes on under {show_request_id(request.continued_by)}. It was settled at {at}, after {late}."
    if request.left_behind is LeftBehind.CLOSED_BY_HAND:
        return f"closed by hand by {name(request.closed_by or 'an admin')} at {at}, {late} after {whose} was to end."
    return f"{whose} ended at {at}, {late} after it was to end."


def _since(request: Request) -> str:
    return f" {when(request.revoking_at)}" if request.revoking_at else " before"
