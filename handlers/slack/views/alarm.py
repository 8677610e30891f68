"""An alarm as Slack shows it: in a message, as a line of the audit channel, as a row of Home's warnings."""

from collections.abc import Mapping
from datetime import datetime

from core.domain.alarm import Alarm, AlarmKind
from core.domain.notices import Notice
from handlers import alarm_words
from handlers.slack.views.text import name, prose, when

LONGEST = 500
"""Of one fact."""


def told(notice: Notice, now: datetime) -> str:
    """That it was raised, or that it is cleared. One that a newer release raised is named, and no more."""
    called = notice.facts.get("alarm", "")
    if called not in frozenset(AlarmKind):
        return f"An alarm of another release of TEAM Bot: {name(called)}."
    kind = AlarmKind(called)
    if notice.facts.get("state") == "cleared":
        return alarm_words.cleared(kind, notice.facts)
    return alarm_words.raised(kind, _tame(notice.facts), lambda at: when(at, now))


def is_raised(notice: Notice) -> bool:
    return notice.facts.get("state") != "cleared"


def standing(alarm: Alarm) -> str:
    """A row of Home, for as long as it stands."""
    return f"🔴 {alarm_words.raised(alarm.kind, _tame(alarm.facts), when)}"


def _tame(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Nothing in them that Slack would format; an instant is read, and not shown as it is written."""
    return {key: value if key == "since" else prose(value, LONGEST) for key, value in facts.items()}
