"""Alarms in words: what is wrong and what to do, and that it is over. For chat, Home and the command line."""

from collections.abc import Callable, Mapping
from datetime import datetime

from core.domain.alarm import (
    AccessPastEnd,
    AlarmKind,
    ArchiveAhead,
    ArchiveBehind,
    DatabaseWentBack,
    EventsWaiting,
    LeasesHeld,
    MessagesWaiting,
    WaitingWork,
    WorkWaiting,
    Wrong,
)
from core.domain.durations import MINUTE, show_duration

DESTINATIONS = {
    "webhook": "the webhook",
    "sns": "the SNS topic",
    "eventbridge": "the EventBridge event bus",
    "archive": "the archive's bucket",
}
"""Places that get events, by their names."""
Show = Callable[[datetime], str]
"""The function that writes an instant for the reader."""

RAISED: Mapping[AlarmKind, str] = {
    AlarmKind.PAST_END: (
        "Access should have ended more than a minute ago and hasn't: {requests}, the first since {since}. TEAM Bot "
        "keeps trying. Its log says what AWS answers; teambot doctor checks the rest."
    ),
    AlarmKind.LEASES: (
        "A replica that has died, or whose clock is wrong, still has work: {where}. No other replica has taken it "
        "over. Check that all replicas are running and agree on the time."
    ),
    AlarmKind.MESSAGES: (
        "Messages have been waiting for more than 5 minutes, the oldest since {since}. teambot doctor says "
        "which chat platform cannot be reached. They're sent once it can."
    ),
    AlarmKind.WORK: "{work} has been waiting for more than 5 minutes, the oldest since {since}. Look at the log.",
    AlarmKind.ARCHIVE: (
        "The archive of the audit trail is {behind} behind. Run teambot doctor to see whether the bucket can be "
        "written."
    ),
    AlarmKind.EVENTS: (
        "Events of the audit trail have not reached {where} since {since}. They wait, in order, and are sent once it "
        "takes them. Run teambot events to see what it answers, and what to do."
    ),
    AlarmKind.ARCHIVE_AHEAD: (
        "The archive of the audit trail reaches event {seq} ({day}), which the database does not have: the database "
        "was restored from a backup, or is a different one. Nothing is archived until somebody decides what to do: "
        "run teambot audit verify --archive."
    ),
    AlarmKind.WENT_BACK: (
        "The database has lost recent data: {what}. It was restored from a backup, or a standby took over "
        "that lacked the last commits. Run teambot reconcile: it shows where AWS and the database disagree, and what "
        "to do about each."
    ),
}
_WELL: Mapping[AlarmKind, str] = {
    AlarmKind.PAST_END: "No access is past its end any more.",
    AlarmKind.LEASES: "Other replicas have taken over all of the work.",
    AlarmKind.MESSAGES: "No message has been waiting for more than 5 minutes now.",
    AlarmKind.WORK: "No work has been waiting for more than 5 minutes now.",
    AlarmKind.ARCHIVE: "The archive of the audit trail has caught up.",
    AlarmKind.EVENTS: "Events of the audit trail reach every destination again.",
    AlarmKind.ARCHIVE_AHEAD: "The audit trail and its archive agree again.",
    AlarmKind.WENT_BACK: "AWS and the database have been compared since the data was lost.",
}
_WORK = {
    WaitingWork.COMMANDS: "What people did in chat",
    WaitingWork.ASSIGNMENTS: "Work on assignments in AWS",
}


def _named(destinations: str) -> str:
    return " and ".join(DESTINATIONS.get(each, each) for each in destinations.split(", "))


def raised(wrong: Wrong, show: Show) -> str:
    """Whole sentences: what is so, and what to look at."""
    said = {name: show(gap) if isinstance(gap, datetime) else gap for name, gap in gaps(wrong).items()}
    return RAISED[wrong.kind].format_map(said)


def cleared(kind: AlarmKind, minutes: int) -> str:
    """It is well again, and how long it was not."""
    return f"{_WELL[kind]} It took {show_duration(MINUTE * minutes)}."


def gaps(wrong: Wrong) -> dict[str, str | datetime]:  # noqa: PLR0911 - one row a kind
    """The values for the gaps in an alarm's sentence."""
    match wrong:
        case AccessPastEnd():
            more = wrong.count - len(wrong.requests.split(", "))
            rest = f" and {more} more" if more > 0 else ""
            return {"requests": f"{wrong.requests}{rest}", "since": wrong.since}
        case LeasesHeld():
            return {"where": wrong.where}
        case MessagesWaiting():
            return {"since": wrong.since}
        case WorkWaiting():
            return {"work": _WORK[wrong.what], "since": wrong.since}
        case ArchiveBehind():
            return {"behind": wrong.behind}
        case EventsWaiting():
            return {"where": _named(wrong.where), "since": wrong.since}
        case ArchiveAhead():
            return {"seq": str(wrong.seq), "day": wrong.day}
        case DatabaseWentBack():
            return {"what": wrong.what}
