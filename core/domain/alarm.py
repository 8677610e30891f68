"""Alarms that stand until what is wrong is mended: raised once, cleared once, however often somebody looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

PAST_END_AFTER = timedelta(minutes=1)
"""Access that is there for longer after its end breaks an invariant (rule 17)."""
WAITING_AFTER = timedelta(minutes=5)
"""So does a message or a command that has waited for longer, and a lease that ran out so long ago and was not taken."""
ARCHIVED_WITHIN = timedelta(hours=6)
"""So does a day that is over and was not archived within this."""
EVENTS_WITHIN = timedelta(minutes=15)
"""So does an event that a destination outside has not taken within this."""


class AlarmKind(StrEnum):
    """The kinds of alarm. The value is a label of a metric and part of the audit trail."""

    PAST_END = "access_past_its_end"
    LEASES = "leases_past_their_limit"
    MESSAGES = "messages_waiting"
    WORK = "work_waiting"
    ARCHIVE = "audit_archive_behind"
    EVENTS = "events_waiting"
    ARCHIVE_AHEAD = "audit_archive_ahead"
    """The archive has events that the trail does not: the database was restored from a backup."""
    WENT_BACK = "database_went_back"
    """The database has lost recent data: a restored backup, or a failover that lost the last commits."""


_MESSAGES = "messages"
"""The stored word for waiting messages."""


class WaitingWork(StrEnum):
    COMMANDS = "acts"
    ASSIGNMENTS = "assignments"


@dataclass(frozen=True, slots=True)
class AccessPastEnd:
    kind: ClassVar = AlarmKind.PAST_END
    requests: str
    """Some of them: ``R-1001, R-1002``."""
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class LeasesHeld:
    kind: ClassVar = AlarmKind.LEASES
    where: str


@dataclass(frozen=True, slots=True)
class MessagesWaiting:
    kind: ClassVar = AlarmKind.MESSAGES
    since: datetime


@dataclass(frozen=True, slots=True)
class WorkWaiting:
    kind: ClassVar = AlarmKind.WORK
    what: WaitingWork
    since: datetime


@dataclass(frozen=True, slots=True)
class ArchiveBehind:
    kind: ClassVar = AlarmKind.ARCHIVE
    behind: str
    """A length as it is shown."""


@dataclass(frozen=True, slots=True)
class EventsWaiting:
    kind: ClassVar = AlarmKind.EVENTS
    where: str
    """Names of destinations: ``webhook, sns``."""
    since: datetime


@dataclass(frozen=True, slots=True)
class ArchiveAhead:
    kind: ClassVar = AlarmKind.ARCHIVE_AHEAD
    seq: int
    day: str
    key: str
    """Of the object in the bucket."""


@dataclass(frozen=True, slots=True)
class DatabaseWentBack:
    kind: ClassVar = AlarmKind.WENT_BACK
    what: str


Wrong = (
    AccessPastEnd
    | LeasesHeld
    | MessagesWaiting
    | WorkWaiting
    | ArchiveBehind
    | EventsWaiting
    | ArchiveAhead
    | DatabaseWentBack
)
"""The facts of an alarm: one type for each kind."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One that stands. What is ``wrong`` may be newer than ``raised_at``."""

    wrong: Wrong
    raised_at: datetime

    @property
    def kind(self) -> AlarmKind:
        return self.wrong.kind


def dump_wrong(wrong: Wrong) -> dict[str, str]:  # noqa: PLR0911 - one row a kind
    """As it is stored with an alarm and with what is told of it, and as the audit trail has it."""
    match wrong:
        case AccessPastEnd():
            return {"requests": wrong.requests, "count": str(wrong.count), "since": wrong.since.isoformat()}
        case LeasesHeld():
            return {"where": wrong.where}
        case MessagesWaiting():
            return {"what": _MESSAGES, "since": wrong.since.isoformat()}
        case WorkWaiting():
            return {"what": wrong.what.value, "since": wrong.since.isoformat()}
        case ArchiveBehind():
            return {"behind": wrong.behind}
        case EventsWaiting():
            return {"where": wrong.where, "since": wrong.since.isoformat()}
        case ArchiveAhead():
            return {"seq": str(wrong.seq), "day": wrong.day, "key": wrong.key}
        case DatabaseWentBack():
            return {"what": wrong.what}


def load_wrong(kind: AlarmKind, stored: Mapping[str, str]) -> Wrong:  # noqa: PLR0911 - one row a kind
    """From what ``dump_wrong`` made. ValueError or KeyError for anything else."""
    match kind:
        case AlarmKind.PAST_END:
            since = datetime.fromisoformat(stored["since"])
            return AccessPastEnd(stored["requests"], int(stored["count"]), since)
        case AlarmKind.LEASES:
            return LeasesHeld(stored["where"])
        case AlarmKind.MESSAGES if stored["what"] != _MESSAGES:
            raise ValueError("'what' is not what waits")
        case AlarmKind.MESSAGES:
            return MessagesWaiting(datetime.fromisoformat(stored["since"]))
        case AlarmKind.WORK:
            return WorkWaiting(WaitingWork(stored["what"]), datetime.fromisoformat(stored["since"]))
        case AlarmKind.ARCHIVE:
            return ArchiveBehind(stored["behind"])
        case AlarmKind.EVENTS:
            return EventsWaiting(stored["where"], datetime.fromisoformat(stored["since"]))
        case AlarmKind.ARCHIVE_AHEAD:
            return ArchiveAhead(int(stored["seq"]), stored["day"], stored["key"])
        case AlarmKind.WENT_BACK:
            return DatabaseWentBack(stored["what"])
