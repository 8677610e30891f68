"""An alarm: in a message, as a line of the audit channel, as a row of Home's warnings."""

from collections.abc import Mapping
from datetime import datetime

from core.domain.alarm import Alarm, AlarmKind
from core.domain.notices import Notice
from handlers.screens.spans import Instant, Said, Text, Untrusted, fill, name, text
from handlers.words import alarm_words

LONGEST = 500
"""Of one fact."""


def told(notice: Notice, now: datetime) -> Text:
    """That it was raised, or that it is cleared. One that a newer release raised is named, and no more."""
    called = notice.facts.get("alarm", "")
    if called not in frozenset(AlarmKind):
        return text("An alarm of another release of TEAM Bot: ", name(called), ".")
    kind = AlarmKind(called)
    if notice.facts.get("state") == "cleared":
        return text(alarm_words.cleared(kind, notice.facts))
    return _raised(kind, notice.facts, now)


def is_raised(notice: Notice) -> bool:
    return notice.facts.get("state") != "cleared"


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
