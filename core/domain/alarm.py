"""Alarms that stand until what is wrong is mended: raised once, cleared once, however often somebody looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.notice_content import AlarmCleared, AlarmRaised
from core.domain.notices import Notice, notices_to_admins

PAST_END_AFTER = timedelta(minutes=1)
"""Access that is there for longer after its end breaks an invariant (rule 17)."""
WAITING_AFTER = timedelta(minutes=5)
"""So does a message or a command that has waited for longer, and a lease that ran out so long ago and was not taken."""
ARCHIVED_WITHIN = timedelta(hours=6)
"""So does a day that is over and was not archived within this."""


class AlarmKind(StrEnum):
    """What is wrong. The value is a label of a metric and part of the audit trail."""

    PAST_END = "access_past_its_end"
    LEASES = "leases_past_their_limit"
    MESSAGES = "messages_waiting"
    WORK = "work_waiting"
    ARCHIVE = "audit_archive_behind"
    ARCHIVE_AHEAD = "audit_archive_ahead"
    """The archive has events that the trail does not: the database was restored from a backup."""
    WENT_BACK = "database_went_back"
    """The database has forgotten what it knew: a restored backup, or a failover that lost the last commits."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One that stands. ``facts`` are what the words about it are made of; they may be newer than ``raised_at``."""

    kind: AlarmKind
    raised_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


def notices_of_raised(alarm: Alarm) -> tuple[Notice, ...]:
    """To the admins and to the audit channel: something is wrong."""
    return notices_to_admins(AlarmRaised(alarm.kind.value, alarm.facts))


def notices_of_cleared(alarm: Alarm, at: datetime) -> tuple[Notice, ...]:
    """To the same: it is well again, and for how long it was not."""
    minutes = max(1, round((at - alarm.raised_at) / timedelta(minutes=1)))
    return notices_to_admins(AlarmCleared(alarm.kind.value, minutes))
