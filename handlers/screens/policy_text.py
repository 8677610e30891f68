"""Policies, and what changes in them, in lines. Ids are shown as names, and what is gone says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from core.domain.errors import Field
from core.domain.group_targets import target_groups
from core.domain.ids import AccountId, ConversationId, GroupId, PrincipalId
from core.domain.organization import Target
from core.domain.policy import Bundle, PolicyBook
from core.domain.policy_diff import Change, FieldChange, NamedPart, PartChange, Policy, written
from core.domain.settings import WITHOUT, Settings
from core.services.policies.names import ACCOUNTS, NAMED, CurrentNames, Named
from handlers.screens.spans import NAME, Code, Duration, Text, Untrusted, channel, joined, name, strong_name, text
from handlers.words.policy_words import SECTIONS, choices_of, field_name

_MARKS = {Change.ADDED: "🆕", Change.REMOVED: "🗑️", Change.CHANGED: "✏️"}
_WORDS = {Change.ADDED: "new", Change.REMOVED: "deleted", Change.CHANGED: "changed"}
_SHORT = 40
NONE = text("none")
_AS_THE_POLICIES_SAY = text(choices_of("approval_required")["true"].lower())
_FEW = 8
"""Values of a field that are named where several fields stand together."""


@dataclass(frozen=True, slots=True)
class Speller:
    """Knows what the ids of a book are called."""

    book: PolicyBook
    names: CurrentNames

    def value(self, field: str, value: object, most: int = _FEW) -> Text:
        """The value of a field in words."""
        if field == Field.TARGETS and isinstance(value, tuple):
            return self.targets(value, most)
        if isinstance(value, frozenset | tuple):
            return self.several(field, _ordered(value), most) or NONE
        if isinstance(value, timedelta):
            return text(Duration(value))
        if field in NAMED and value is not None:
            return self.one(field, str(value))
        return _spelled(field, value)

    def several(self, field: str, ids: Sequence[str], most: int = _FEW, longest: int = NAME) -> Text:
        """``Bob, Carol and 190 more``, in the order of names."""
        if field == Field.CHANNELS:
            shown = [self.channel(ConversationId(each)) for each in ids[:most]]
        else:
            found = sorted(
                (self.names.of(field, each, self.book) for each in ids), key=lambda each: each.text.casefold()
            )
            shown = [_spelled_out(field, each, longest) for each in found[:most]]
        rest = len(ids) - len(shown)
        more = text(" and ", rest, " more") if rest > 0 else ""
        return text(joined(", ", shown), more)

    def one(self, field: str, identifier: str) -> Text:
        return _spelled_out(field, self.names.of(field, identifier, self.book))

    def target(self, target: Target) -> Text:
        if target.group is not None:
            return text("membership of ", self.one(Field.TARGET_GROUPS, target.group))
        arn, account = target.permission_set, target.account
        found = self.names.of(Field.PERMISSION_SETS, arn, self.book).text
        return text(name(found), " in ", name(self.names.of(Field.ACCOUNTS, account, self.book).text))

    def targets(self, targets: Sequence[Target], most: int = _FEW) -> Text:
        """``ReadOnlyAccess in Payments Prod and 3 more``, in the order of the list."""
        rest = len(targets) - most
        more = text(" and ", rest, " more") if rest > 0 else ""
        return text(joined(", ", map(self.target, targets[:most])), more)

    def person(self, principal: PrincipalId) -> Text:
        return text(name(self.names.person(principal)))

    def group(self, group: GroupId) -> Text:
        return self.one(Field.GROUPS, group)

    def channel(self, place: ConversationId) -> Text:
        return text(channel(place, Code(place)))

    def account(self, account: AccountId) -> Text:
        """An account; or a group that is a target, which stands in its place."""
        if account in map(str, target_groups(self.book)):
            return text("the group ", self.one(Field.TARGET_GROUPS, account))
        return self.one(Field.ACCOUNTS, account)


def _ordered(values: frozenset[object] | tuple[object, ...]) -> list[str]:
    """Lengths by length, all else by its letters."""
    lengths = sorted(each for each in values if isinstance(each, timedelta))
    return [written(each) for each in lengths] or sorted(map(str, values))


def _spelled_out(field: str, found: Named, longest: int = NAME) -> Text:
    beside = text(" (", Code(found.id), ")") if field in ACCOUNTS and found.text != found.id else ""
    return text(Untrusted(found.text, longest, found.id), beside, " ⚠️ gone" if found.is_gone else "")


def _spelled(field: str, value: object) -> Text:
    if isinstance(value, bool):
        options = choices_of(field) or {"true": "yes", "false": "no"}
        return text(options[str(value).lower()].lower())
    if isinstance(value, StrEnum):
        return text(choices_of(field).get(value, value.value).lower())
    if value is None:
        return text("the global maximum" if field == Field.MAX_DURATION else WITHOUT.get(field, "none"))
    return text(Code(str(value), 250))


def changes(parts: Iterable[PartChange], before: Speller, after: Speller) -> list[Text]:
    """A headline for each policy, and a line for each of its fields; of one that got another name what else changed."""
    lines: list[Text] = []
    told = list(parts)
    renamed = _renamed(told)
    for part in told:
        if part in renamed.values():
            continue
        was = renamed.get(part)
        lines.append(headline(part) if was is None else _new_name(was, part))
        told_of = _fields(part, before, after) if was is None else _beside(was, part, before)
        lines += [text("• ", line) for line in told_of]
    return lines


def _renamed(parts: Sequence[PartChange]) -> Mapping[PartChange, PartChange]:
    """New → old, where both name the same people and places: told as new and deleted, nobody could see that."""
    gone = {_reach(part): part for part in parts if part.change is Change.REMOVED}
    new = (part for part in parts if part.change is Change.ADDED)
    found: dict[PartChange, PartChange] = {}
    for part in new:
        was = gone.pop(_reach(part), None)
        if was is not None:
            found[part] = was
    return found


def _reach(part: PartChange) -> tuple[object, ...]:
    if part.policy is None:
        return (part.section, part.name)
    values = (getattr(part.policy, field.name) for field in fields(part.policy))
    return (part.section, *(value for value in values if isinstance(value, frozenset)))


def _new_name(was: PartChange, part: PartChange) -> Text:
    called = text(SECTIONS[part.section], " ", strong_name(part.name))
    return text(_MARKS[Change.CHANGED], " ", called, ": new name, was ", strong_name(was.name))


def _beside(was: PartChange, part: PartChange, speller: Speller) -> list[Text]:
    """The fields that a policy has changed along with its name."""
    if was.policy is None or part.policy is None:
        return []
    old, new = (dict(_values(policy)) for policy in (was.policy, part.policy))
    return [
        text(field_name(key), ": ", speller.value(key, old[key]), " → ", speller.value(key, new[key]))
        for key in new
        if old[key] != new[key] and key != Field.NAME
    ]


def _values(policy: Policy) -> list[tuple[str, object]]:
    return [(field.name, getattr(policy, field.name)) for field in fields(policy)]


def _fields(part: PartChange, before: Speller, after: Speller) -> list[Text]:
    """The changed fields; of a new or deleted policy, all of them."""
    if part.policy is None:
        return [_field(field, before, after) for field in part.fields]
    speller = after if part.change is Change.ADDED else before
    return [text(label, ": ", value) for label, value in facts(part.policy, speller, _FEW) if value != NONE]


def headline(part: PartChange) -> Text:
    """``✏️ Eligibility policy payments-engineers: changed``."""
    called = text(" ", strong_name(part.name)) if part.name else ""
    return text(_MARKS[part.change], " ", SECTIONS[part.section], called, ": ", _WORDS[part.change])


def _field(field: FieldChange, before: Speller, after: Speller) -> Text:
    label = field_name(field.field)
    if not field.is_of_many:
        return text(label, ": ", before.value(field.field, field.before), " → ", after.value(field.field, field.after))
    gained = text("+ ", after.several(field.field, field.gained)) if field.gained else ""
    lost = text("− ", before.several(field.field, field.lost)) if field.lost else ""
    return text(label, ": ", joined(" · ", (gained, lost)) or "in another order")


def summary(policy: NamedPart, speller: Speller) -> Text:
    """A policy in one line: who, as what, where; a bundle: its first targets."""
    if isinstance(policy, Bundle):
        return speller.targets(policy.targets, 2)
    values: Mapping[str, object] = {field.name: getattr(policy, field.name) for field in fields(policy)}
    people = _counted(speller, values, (Field.GROUPS, Field.APPROVER_GROUPS, Field.USERS, Field.APPROVER_USERS))
    sets = _counted(speller, values, (Field.PERMISSION_SETS,)) or "any permission set"
    places = _counted(speller, values, (Field.OUS, Field.DIRECT_OUS, Field.ACCOUNTS))
    groups = _counted(speller, values, (Field.TARGET_GROUPS,))
    joined_ones = text("membership of ", groups) if groups else ""
    there = text(sets, " in ", places or "nowhere") if places or not groups else ""
    return text(people or "nobody", " · ", joined(" · ", (there, joined_ones)))


def _counted(speller: Speller, values: Mapping[str, object], wanted: Sequence[str]) -> Text:
    said = []
    for field in wanted:
        value = values.get(field)
        if isinstance(value, frozenset) and value:
            alone = " (not below)" if field == Field.DIRECT_OUS else ""
            said.append(text(speller.several(field, sorted(value), 2, _SHORT), alone))
    return joined(", ", said)


def facts(part: NamedPart | Settings, speller: Speller, most: int = 12) -> list[tuple[str, Text]]:
    """Every field with its value, for showing one policy whole."""
    pairs = ((field.name, getattr(part, field.name)) for field in fields(part) if field.name != Field.NAME)
    return [(field_name(key), _whole(key, speller.value(key, value, most))) for key, value in pairs]


def _whole(key: str, value: Text) -> Text:
    if key in {Field.PERMISSION_SETS, "durations"} and value == NONE:
        return text("any")
    if key == "approval_required":
        return text("needed" if value == _AS_THE_POLICIES_SAY else "not needed")
    return value
