"""A change of policies or settings that somebody has made, told in a line: who, what, why."""

from collections.abc import Iterator
from datetime import datetime

from core.domain.durations import read_duration
from core.domain.errors import Field
from core.domain.ids import ConversationId
from core.domain.notices import Notice, Topic
from core.domain.policy_diff import Change
from core.domain.policy_notices import ToldField, ToldPart, read_changes
from core.domain.setting_kinds import Length
from core.domain.settings import settings_of_kind
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Part, Tone, buttons
from handlers.screens.spans import (
    NOTHING,
    Duration,
    Instant,
    Said,
    Text,
    Untrusted,
    channel,
    fill,
    joined,
    length,
    name,
    strong_name,
    text,
)
from handlers.words import policy_words
from handlers.words.policy_words import SECTIONS, field_name
from handlers.words.setting_words import choices_of

_WORDS = {Change.ADDED: "new", Change.REMOVED: "deleted", Change.CHANGED: "changed"}
_LENGTHS = frozenset(settings_of_kind(Length))
_LONGEST = 2000


def told(notice: Notice, now: datetime) -> Text:
    """Whatever is told of policies and settings."""
    match notice.topic:
        case Topic.POLICIES_WAITING:
            return waits(notice, now)
        case Topic.POLICIES_UNCHANGED:
            return unchanged(notice)
        case _:
            return changed(notice)


def changed(notice: Notice) -> Text:
    """``Policies and settings: revision 8 by Frank Rosen: …``."""
    facts = notice.facts
    number = facts.get("revision", "")
    seen = text(", approved by ", name(facts["approved_by"])) if facts.get("approved_by") else ""
    return fill(
        "Policies and settings, revision {number} by {author}{seen}: {what} {why}",
        number=Untrusted(number),
        author=_author(notice),
        seen=seen,
        what=what(notice),
        why=_why(notice),
    )


def waits(notice: Notice, now: datetime) -> Text:
    """A change that waits for a second admin."""
    facts = notice.facts
    because = policy_words.waits_because(facts.get("because", "").split())
    reason = text(" It waits because ", because, ".") if because else ""
    until = _read_instant(facts.get("until", ""))
    dropped = text(" Without a decision it is dropped ", Instant(until, now), ".") if until else ""
    wanted = text(_author(notice), " wants to change policies or settings, and another admin has to approve it")
    return text(wanted, ": ", what(notice), " ", _why(notice), ".", reason, dropped)


_ENDS = {
    "rejected": "was rejected",
    "expired": "was not decided in time, and is dropped",
    "outdated": "was overtaken by another change, and is dropped",
}


def unchanged(notice: Notice) -> Text:
    """Such a change does not come."""
    facts = notice.facts
    by = text(" by ", name(facts["closed_by"])) if facts.get("closed_by") else ""
    ended = _ENDS.get(facts.get("state", ""), "does not come")
    return fill(
        "The change of policies or settings by {author} {ended}{by}. Nothing changes: {what}",
        author=_author(notice),
        ended=ended,
        by=by,
        what=what(notice),
    )


def acts(notice: Notice) -> list[Part]:
    """What is not shown whole can be approved only where it is."""
    number = notice.facts.get("proposal", "")
    if not number:
        return []
    details = Button("Details", ActionId.CHANGE_DETAILS, number)
    if notice.topic is Topic.POLICIES_WAITING:
        decide = buttons(
            Button("Approve", ActionId.CHANGE_APPROVE, number, Tone.PRIMARY) if _is_whole(notice) else None,
            Button("Reject", ActionId.CHANGE_REJECT, number, Tone.DANGER),
            details,
            id="change.decide",
        )
        return [decide]
    if notice.topic is Topic.POLICIES_UNCHANGED and notice.facts.get("state") != "rejected":
        return [buttons(Button("Look at it again", ActionId.CHANGE_AGAIN, number), id="change.again")]
    return []


def _is_whole(notice: Notice) -> bool:
    parts = read_changes(notice)
    values = [value for part in parts for field in part.fields for value in (*field.gained, *field.lost)]
    counted = notice.facts.get("more") != "0" or any(part.more for part in parts)
    return bool(parts) and not counted and not any(value.endswith(" more") for value in values)


def _read_instant(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def what(notice: Notice) -> Text:
    """Every part that changes, as far as a line has room."""
    said: list[Text] = []
    for told in map(_part, read_changes(notice)):
        if sum(map(length, said)) + length(told) > _LONGEST:
            return joined(" · ", (*said, "and more, see the history"))
        said.append(told)
    more = notice.facts.get("more", "0")
    if more.isdecimal() and int(more):
        said.append(text("and ", int(more), " more"))
    return joined(" · ", said) or text("nothing")


def _author(notice: Notice) -> Said:
    return name(notice.facts.get("by", "somebody"))


def _why(notice: Notice) -> Text:
    return text("Why: ", why(notice.facts.get("why", "")))


def why(words: str) -> Text:
    """The reason that an admin gave."""
    return text("“", Untrusted(words, 300), "”") if words.strip() else text("no reason given")


def _part(part: ToldPart) -> Text:
    called = text(SECTIONS[part.section], " ", strong_name(part.name, 60)) if part.name else SECTIONS[part.section]
    said = joined("; ", (_field(part, field) for field in _shown(part)))
    more = text("; and ", part.more, " more fields") if part.more else ""
    state = "" if part.change is Change.CHANGED and not part.name else text(" ", _WORDS[part.change])
    return text(called, state, text(" (", said, more, ")") if said else "")


def _shown(part: ToldPart) -> Iterator[ToldField]:
    """What was said by a policy that goes is in the history; that it goes is what matters."""
    return iter(part.fields) if part.change is not Change.REMOVED else iter(())


def _field(part: ToldPart, field: ToldField) -> Text:
    label = field_name(field.field)
    if part.name and field.field == "approval_required":  # of the settings it is said in their own words
        return text(label, ": ", "not needed → needed" if field.after == "true" else "needed → not needed")
    if field.gained or field.lost:
        signs = (("+", field.gained), ("−", field.lost))
        gained_and_lost = (text(sign, " ", _named(field.field, ids)) for sign, ids in signs if ids)
        return text(label, " ", joined(" ", gained_and_lost))
    if field.before or field.after:
        return text(label, ": ", _value(field.field, field.before), " → ", _value(field.field, field.after))
    return NOTHING


def _named(field: str, names: tuple[str, ...]) -> Text:
    if field == Field.CHANNELS:
        return joined(", ", (_channel(each) for each in names))
    return joined(", ", (Untrusted(each, 60) for each in names))


def _channel(named: str) -> Said:
    return Untrusted(named) if named.endswith(" more") else channel(ConversationId(named))


def _value(field: str, value: str) -> Said:
    if not value:
        return "the global maximum" if field == Field.MAX_DURATION else "none"
    if field in _LENGTHS and (length := read_duration(value)):
        return Duration(length)
    words = choices_of(field)
    return words[value].lower() if value in words else Untrusted(value, 250)
