"""A change of policies or settings that somebody has made, told in a line: who, what, why."""

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block

from core.domain.durations import read_duration, show_duration
from core.domain.errors import Field
from core.domain.ids import ConversationId
from core.domain.notices import Notice, Topic
from core.domain.policy_diff import Change
from core.domain.policy_notices import ToldField, ToldPart, read_changes
from handlers import policy_words
from handlers.policy_words import SECTIONS, field_name
from handlers.slack.ids import ActionId
from handlers.slack.views import policy_text, settings_form
from handlers.slack.views.block import actions, button
from handlers.slack.views.text import bold, channel, name, prose, when

_WORDS = {Change.ADDED: "new", Change.REMOVED: "deleted", Change.CHANGED: "changed"}
_LENGTHS = frozenset({Field.MAX_DURATION, Field.REQUEST_EXPIRY, Field.MAX_START_AHEAD, Field.REMINDER_AFTER})
_LONGEST = 2000


def told(notice: Notice, now: datetime) -> str:
    """Whatever is told of policies and settings."""
    match notice.topic:
        case Topic.POLICIES_WAITING:
            return waits(notice, now)
        case Topic.POLICIES_UNCHANGED:
            return unchanged(notice)
        case _:
            return changed(notice)


def changed(notice: Notice) -> str:
    """``Policies and settings: revision 8 by Frank Rosen: …``."""
    facts = notice.facts
    number = facts.get("revision", "")
    seen = f", approved by {name(facts['approved_by'])}" if facts.get("approved_by") else ""
    return f"Policies and settings, revision {prose(number)} by {_author(notice)}{seen}: {what(notice)} {_why(notice)}"


def waits(notice: Notice, now: datetime) -> str:
    """A change that waits for a second admin."""
    facts = notice.facts
    because = policy_words.waits_because(facts.get("because", "").split())
    reason = f" It waits because {because}." if because else ""
    until = _read_instant(facts.get("until", ""))
    dropped = f" Without a decision it is dropped {when(until, now)}." if until else ""
    wanted = f"{_author(notice)} wants to change policies or settings, and another admin has to approve it"
    return f"{wanted}: {what(notice)} {_why(notice)}.{reason}{dropped}"


_ENDS = {
    "rejected": "was rejected",
    "expired": "was not decided in time, and is dropped",
    "outdated": "was overtaken by another change, and is dropped",
}


def unchanged(notice: Notice) -> str:
    """Such a change does not come."""
    facts = notice.facts
    by = f" by {name(facts['closed_by'])}" if facts.get("closed_by") else ""
    ended = _ENDS.get(facts.get("state", ""), "does not come")
    return f"The change of policies or settings by {_author(notice)} {ended}{by}. Nothing changes: {what(notice)}"


def buttons(notice: Notice) -> list[Block]:
    """What is not shown whole can be approved only where it is."""
    number = notice.facts.get("proposal", "")
    if not number:
        return []
    details = button("Details", ActionId.CHANGE_DETAILS, number)
    if notice.topic is Topic.POLICIES_WAITING:
        return actions(
            button("Approve", ActionId.CHANGE_APPROVE, number, style="primary") if _is_whole(notice) else None,
            button("Reject", ActionId.CHANGE_REJECT, number, style="danger"),
            details,
            block_id="change.decide",
        )
    if notice.topic is Topic.POLICIES_UNCHANGED and notice.facts.get("state") != "rejected":
        return actions(button("Look at it again", ActionId.CHANGE_AGAIN, number), block_id="change.again")
    return []


def _is_whole(notice: Notice) -> bool:
    parts = read_changes(notice)
    values = [value for part in parts for field in part.fields for value in (*field.gained, *field.lost)]
    counted = notice.facts.get("more") != "0" or any(part.more for part in parts)
    return bool(parts) and not counted and not any(value.endswith(" more") for value in values)


def _read_instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def what(notice: Notice) -> str:
    """Every part that changes, as far as a line has room."""
    said: list[str] = []
    for told in map(_part, read_changes(notice)):
        if sum(map(len, said)) + len(told) > _LONGEST:
            return " · ".join([*said, "and more, see the history"])
        said.append(told)
    more = notice.facts.get("more", "0")
    if more.isdecimal() and int(more):
        said.append(f"and {int(more)} more")
    return " · ".join(said) or "nothing"


def _author(notice: Notice) -> str:
    return name(notice.facts.get("by", "somebody"))


def _why(notice: Notice) -> str:
    return f"Why: {policy_text.why(notice.facts.get('why', ''))}"


def _part(part: ToldPart) -> str:
    called = f"{SECTIONS[part.section]} {bold(part.name, 60)}" if part.name else SECTIONS[part.section]
    said = "; ".join(filter(None, (_field(part, field) for field in _shown(part))))
    more = f"; and {part.more} more fields" if part.more else ""
    state = "" if part.change is Change.CHANGED and not part.name else f" {_WORDS[part.change]}"
    return f"{called}{state}{f' ({said}{more})' if said else ''}"


def _shown(part: ToldPart) -> Iterator[ToldField]:
    """What was said by a policy that goes is in the history; that it goes is what matters."""
    return iter(part.fields) if part.change is not Change.REMOVED else iter(())


def _field(part: ToldPart, field: ToldField) -> str:
    label = field_name(field.field)
    if part.name and field.field == "approval_required":  # of the settings it is said in their own words
        return f"{label}: {'not needed → needed' if field.after == 'true' else 'needed → not needed'}"
    if field.gained or field.lost:
        signs = (("+", field.gained), ("−", field.lost))
        return f"{label} " + " ".join(f"{sign} {_named(field.field, ids)}" for sign, ids in signs if ids)
    if field.before or field.after:
        return f"{label}: {_value(field.field, field.before)} → {_value(field.field, field.after)}"
    return ""


def _named(field: str, names: tuple[str, ...]) -> str:
    if field == Field.CHANNELS:
        return ", ".join(prose(each) if each.endswith(" more") else channel(ConversationId(each)) for each in names)
    return ", ".join(prose(each, 60) for each in names)


def _value(field: str, value: str) -> str:
    if not value:
        return "the global maximum" if field == Field.MAX_DURATION else "none"
    if field in _LENGTHS and (length := read_duration(value)):
        return show_duration(length)
    words = {**settings_form.SWITCHES, **settings_form.CHOICES}.get(field, {})
    return words.get(value, prose(value, 250)).lower() if value in words else prose(value, 250)
