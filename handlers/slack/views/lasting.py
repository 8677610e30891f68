"""What takes longer than it should, or cannot come to an end, in one message."""

from datetime import datetime

from core.domain.ids import show_request_id
from core.domain.notices import Notice, Topic
from core.domain.request import Request, Status
from handlers import failed_words
from handlers.left_sentences import left_in_aws
from handlers.slack.views.text import name, prose, quote_short, when
from handlers.states import state


def headline(notice: Notice, request: Request, now: datetime) -> str:
    """Say it; empty for any other topic."""
    number = show_request_id(request.id)
    access = f"{name(request.account_name)} as {name(request.permission_set_name)}"
    if notice.topic is Topic.LEFT_BEHIND:
        return f"{number} is over, and AWS may list the assignment. {prose(left_in_aws(request))}"
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
