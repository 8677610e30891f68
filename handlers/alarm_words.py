"""What an alarm says: what is wrong and what to do, and that it is well again. For chat, Home and the command line."""

from collections.abc import Callable, Mapping
from datetime import datetime

from core.domain.alarm import AlarmKind
from core.domain.durations import MINUTE, show_duration

Show = Callable[[datetime], str]
"""How an instant is written where this is read."""

_WORK = {"acts": "What people did in Slack", "assignments": "Work on assignments in AWS"}


def raised(kind: AlarmKind, facts: Mapping[str, str], show: Show) -> str:
    """Whole sentences: what is so, and what to look at."""
    since = _instant(facts.get("since", ""), show)
    match kind:
        case AlarmKind.PAST_END:
            return (
                f"Access should have ended more than a minute ago and hasn't: {_requests(facts)}, the first since "
                f"{since}. TEAM Bot goes on trying. Its log says what AWS answers; teambot doctor checks the rest."
            )
        case AlarmKind.LEASES:
            return (
                f"Work is held by a replica that has died, or whose clock is wrong: {facts.get('where', '')}. Nobody "
                "has taken it over. Look whether all replicas run and agree on the time."
            )
        case AlarmKind.MESSAGES:
            return (
                f"Messages have been waiting for more than 5 minutes, the oldest since {since}. teambot doctor says "
                "whether Slack can be reached. They're sent once it can."
            )
        case AlarmKind.WORK:
            what = _WORK.get(facts.get("what", ""), "Work")
            return f"{what} has been waiting for more than 5 minutes, the oldest since {since}. Look at the log."
        case AlarmKind.ARCHIVE:
            return (
                f"The archive of the audit trail is {facts.get('behind', '')} behind. teambot doctor says whether the "
                "bucket can be written."
            )


_WELL = {
    AlarmKind.PAST_END: "No access is past its end any more.",
    AlarmKind.LEASES: "All work that a replica held has been taken over.",
    AlarmKind.MESSAGES: "No message has been waiting for more than 5 minutes any more.",
    AlarmKind.WORK: "No work has been waiting for more than 5 minutes any more.",
    AlarmKind.ARCHIVE: "The archive of the audit trail has caught up.",
}


def cleared(kind: AlarmKind, facts: Mapping[str, str]) -> str:
    """It is well again, and how long it was not."""
    minutes = facts.get("minutes", "")
    length = f" It took {show_duration(MINUTE * int(minutes))}." if minutes.isdecimal() else ""
    return f"{_WELL[kind]}{length}"


def _requests(facts: Mapping[str, str]) -> str:
    named, count = facts.get("requests", ""), facts.get("count", "")
    more = int(count) - len(named.split(", ")) if count.isdecimal() else 0
    return f"{named} and {more} more" if more > 0 else named


def _instant(text: str, show: Show) -> str:
    try:
        return show(datetime.fromisoformat(text))
    except ValueError:
        return "a while ago"
