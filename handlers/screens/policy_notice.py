"""A change of policies or settings that somebody has made, told in a line: who, what, why."""

from collections.abc import Iterator
from datetime import datetime

from core.domain.durations import read_duration
from core.domain.errors import Field
from core.domain.ids import ConversationId
from core.domain.notice_content import AboutPolicies, PoliciesChanged, PoliciesUnchanged, PoliciesWaiting, PolicyChange
from core.domain.notices import Content
from core.domain.policy_diff import Change
from core.domain.setting_kinds import Length
from core.domain.settings import settings_of_kind
from core.domain.told_changes import ToldField, ToldPart
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Part, Tone, buttons
from handlers.screens.spans import (
    NOTHING,
    Duration,
    Instant,
    Quotation,
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
from handlers.words.counts import noun
from handlers.words.policy_words import SECTIONS, choices_of, field_name

_WORDS = {Change.ADDED: "new", Change.REMOVED: "deleted", Change.CHANGED: "changed"}
_LENGTHS = frozenset(settings_of_kind(Length))
_LONGEST = 2000


def told(content: AboutPolicies, now: datetime) -> Text:
    """Whatever is told of policies and settings."""
    match content:
        case PoliciesWaiting():
            return waits(content, now)
        case PoliciesUnchanged():
            return unchanged(content)
        case PoliciesChanged():
            return changed(content)


def changed(content: PoliciesChanged) -> Text:
    """``Policies and settings: revision 8 by Frank Rosen: …``."""
    change = content.change
    return fill(
        "Policies and settings, revision {number} by {author}{seen}: {what} {why}",
        number=change.revision,
        author=name(change.by),
        seen=text(", approved by ", name(content.approved_by)) if content.approved_by else "",
        what=what(change),
        why=_why(change),
    )


def waits(content: PoliciesWaiting, now: datetime) -> Text:
    """A change that waits for a second admin."""
    change, because = content.change, policy_words.waits_because(content.because)
    reason = text(" It waits because ", because, ".") if because else ""
    dropped = text(" Without a decision it is dropped ", Instant(content.until, now), ".")
    wanted = text(name(change.by), " wants to change policies or settings, and another admin has to approve it")
    return text(wanted, ": ", what(change), " ", _why(change), reason, dropped)


_ENDS = {
    "rejected": "was rejected",
    "expired": "was not decided in time, and is dropped",
    "outdated": "was overtaken by another change, and is dropped",
}


def unchanged(content: PoliciesUnchanged) -> Text:
    """Such a change does not come."""
    return fill(
        "The change of policies or settings by {author} {ended}{by}. Nothing changes: {what}",
        author=name(content.change.by),
        ended=_ENDS.get(content.state, "was not applied"),
        by=text(" by ", name(content.closed_by)) if content.closed_by else "",
        what=what(content.change),
    )


def acts(content: Content) -> list[Part]:
    """The buttons. A change that is not shown whole can only be approved where it is."""
    if isinstance(content, PoliciesWaiting):
        number = str(content.proposal)
        decide = buttons(
            Button("Approve", ActionId.CHANGE_APPROVE, number, Tone.PRIMARY) if _is_whole(content.change) else None,
            Button("Reject", ActionId.CHANGE_REJECT, number, Tone.DANGER),
            Button("Details", ActionId.CHANGE_DETAILS, number),
            id="change.decide",
        )
        return [decide]
    if isinstance(content, PoliciesUnchanged) and content.state != "rejected":
        again = Button("Look at it again", ActionId.CHANGE_AGAIN, str(content.proposal))
        return [buttons(again, id="change.again")]
    return []


def _is_whole(change: PolicyChange) -> bool:
    values = [value for part in change.parts for field in part.fields for value in (*field.gained, *field.lost)]
    counted = change.more or any(part.more for part in change.parts)
    return bool(change.parts) and not counted and not any(value.endswith(" more") for value in values)


def what(change: PolicyChange) -> Text:
    """Every part that changes, as far as a line has room."""
    said: list[Text] = []
    for told in map(_part, change.parts):
        if sum(map(length, said)) + length(told) > _LONGEST:
            return joined(" · ", (*said, "and more, see the history"))
        said.append(told)
    if change.more:
        said.append(text("and ", change.more, " more"))
    return joined(" · ", said) or text("nothing")


def _why(change: PolicyChange) -> Text:
    return text("Why: ", Quotation(change.why, 300, ends=True) if change.why.strip() else "no reason given.")


def why(words: str) -> Text:
    """The reason that an admin gave."""
    return text(Quotation(words, 300)) if words.strip() else text("no reason given")


def _part(part: ToldPart) -> Text:
    called = text(SECTIONS[part.section], " ", strong_name(part.name, 60)) if part.name else SECTIONS[part.section]
    said = joined("; ", (_field(part, field) for field in _shown(part)))
    more = text("; and ", part.more, " more ", noun(part.more, "field")) if part.more else ""
    state = "" if part.change is Change.CHANGED and not part.name else text(" ", _WORDS[part.change])
    return text(called, state, text(" (", said, more, ")") if said else "")


def _shown(part: ToldPart) -> Iterator[ToldField]:
    """The fields to show. Of a deleted policy none: the history has them."""
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
