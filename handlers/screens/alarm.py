"""An alarm: in a message, as a line of the audit channel, as a row of Home's warnings."""

from datetime import datetime

from core.domain.alarm import Alarm, AlarmKind, Wrong
from core.domain.notice_content import AlarmCleared, AlarmRaised, OtherAlarm
from handlers.screens.spans import Instant, Said, Text, Untrusted, fill, name, text
from handlers.words import alarm_words

LONGEST = 500
"""Of one fact."""


def told(content: AlarmRaised | OtherAlarm | AlarmCleared, now: datetime) -> Text:
    """That it was raised, or that it is cleared. One of another release is named, and no more."""
    match content:
        case AlarmRaised():
            return _raised(content.wrong, now)
        case AlarmCleared() if content.alarm in frozenset(AlarmKind):
            return text(alarm_words.cleared(AlarmKind(content.alarm), content.minutes))
        case AlarmCleared() | OtherAlarm():
            return text("An alarm of another release of TEAM Bot: ", name(content.alarm), ".")


def standing(alarm: Alarm) -> Text:
    """A row of Home, for as long as it stands."""
    return text("🔴 ", _raised(alarm.wrong))


def _raised(wrong: Wrong, now: datetime | None = None) -> Text:
    shown: dict[str, Said] = {
        called: Instant(gap, now) if isinstance(gap, datetime) else Untrusted(gap, LONGEST)
        for called, gap in alarm_words.gaps(wrong).items()
    }
    return fill(alarm_words.RAISED[wrong.kind], **shown)
