"""An alarm: in a message, as a line of the audit channel, as a row of Home's warnings."""

from collections.abc import Mapping
from datetime import datetime

from core.domain.alarm import Alarm, AlarmKind
from core.domain.notice_content import AlarmCleared, AlarmRaised
from handlers.screens.spans import Instant, Said, Text, Untrusted, fill, name, text
from handlers.words import alarm_words

LONGEST = 500
"""Of one fact."""


def told(content: AlarmRaised | AlarmCleared, now: datetime) -> Text:
    """That it was raised, or that it is cleared. One that a newer release raised is named, and no more."""
    if content.alarm not in frozenset(AlarmKind):
        return text("An alarm of another release of TEAM Bot: ", name(content.alarm), ".")
    kind = AlarmKind(content.alarm)
    if isinstance(content, AlarmCleared):
        return text(alarm_words.cleared(kind, content.minutes))
    return _raised(kind, content.facts, now)


def standing(alarm: Alarm) -> Text:
    """A row of Home, for as long as it stands."""
    return text("🔴 ", _raised(alarm.kind, alarm.facts))


def _raised(kind: AlarmKind, facts: Mapping[str, str], now: datetime | None = None) -> Text:
    since = alarm_words.since(facts)
    shown: dict[str, Said] = {key: Untrusted(value, LONGEST) for key, value in facts.items()}
    shown["since"] = Instant(since, now) if since else alarm_words.LONG_AGO
    shown["requests"] = text(Untrusted(facts.get("requests", ""), LONGEST), alarm_words.more_requests(facts))
    shown["work"] = alarm_words.work(facts)
    return fill(alarm_words.RAISED[kind], **{**dict.fromkeys(alarm_words.FACTS, ""), **shown})
