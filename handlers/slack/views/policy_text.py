"""Policies, and what changes in them, as lines of mrkdwn. Ids are shown as names, and what is gone says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from core.domain.durations import show_duration
from core.domain.errors import Field
from core.domain.ids import AccountId, ConversationId, GroupId, PrincipalId
from core.domain.organization import Target
from core.domain.policy import WITHOUT, PolicyBook, Settings
from core.domain.policy_diff import Change, FieldChange, PartChange, Policy
from core.services.policies.names import ACCOUNTS, NAMED, CurrentNames, Named
from handlers.screens.setting_words import CHOICES, SWITCHES
from handlers.slack.views.text import NAME, bold, channel, code, name, prose
from handlers.words.policy_words import SECTIONS, field_name

_MARKS = {Change.ADDED: "🆕", Change.REMOVED: "🗑️", Change.CHANGED: "✏️"}
_WORDS = {Change.ADDED: "new", Change.REMOVED: "deleted", Change.CHANGED: "changed"}
_SHORT = 40
_FEW = 8
"""Values of a field that are named where several fields stand together."""


@dataclass(frozen=True, slots=True)
class Speller:
    """Knows what the ids of a book are called."""

    book: PolicyBook
    names: CurrentNames

    def value(self, field: str, value: object, most: int = _FEW) -> str:
        """The value of a field in words; escaped."""
        if isinstance(value, frozenset | tuple):
            return self.several(field, sorted(map(str, value)), most) or "none"
        if isinstance(value, timedelta):
            return show_duration(value)
        if field in NAMED and value is not None:
            return self.one(field, str(value))
        return _spelled(field, value)

    def several(self, field: str, ids: Sequence[str], most: int = _FEW, longest: int = NAME) -> str:
        """``Bob, Carol and 190 more``, in the order of names."""
        if field == Field.CHANNELS:
            shown = [channel(ConversationId(each)) or code(each) for each in ids[:most]]
        else:
            found = sorted(
                (self.names.of(field, each, self.book) for each in ids), key=lambda each: each.text.casefold()
            )
            shown = [_spelled_out(field, each, longest) for each in found[:most]]
        rest = len(ids) - len(shown)
        more = f" and {rest} more" if rest > 0 else ""
        return ", ".join(filter(None, shown)) + more

    def one(self, field: str, identifier: str) -> str:
        return _spelled_out(field, self.names.of(field, identifier, self.book))

    def target(self, target: Target) -> str:
        arn, account = target.permission_set, target.account
        found = self.names.of(Field.PERMISSION_SETS, arn, self.book).text
        return f"{name(found)} in {name(self.names.of(Field.ACCOUNTS, account, self.book).text)}"

    # --- as ``handlers.words.impact_words`` wants it

    def person(self, principal: PrincipalId) -> str:
        return name(self.names.person(principal))

    def group(self, group: GroupId) -> str:
        return self.one(Field.GROUPS, group)

    def channel(self, place: ConversationId) -> str:
        return channel(place)

    def account(self, account: AccountId) -> str:
        return self.one(Field.ACCOUNTS, account)

    def free(self, text: str) -> str:
        return name(text)


def _spelled_out(field: str, found: Named, longest: int = NAME) -> str:
    beside = f" ({code(found.id)})" if field in ACCOUNTS and found.text != found.id else ""
    return f"{prose(found.text, longest) or found.id}{beside}{' ⚠️ gone' if found.is_gone else ''}"


def _spelled(field: str, value: object) -> str:
    if isinstance(value, bool):
        options = SWITCHES.get(field, {"true": "yes", "false": "no"})
        return options[str(value).lower()].lower()
    if isinstance(value, StrEnum):
        return CHOICES.get(field, {}).get(value, value.value).lower()
    if value is None:
        return "the global maximum" if field == Field.MAX_DURATION else WITHOUT.get(field, "none")
    return code(str(value), 250)


def changes(parts: Iterable[PartChange], before: Speller, after: Speller) -> list[str]:
    """A headline for each policy, and a line for each of its fields; of one that got another name what else changed."""
    lines: list[str] = []
    told = list(parts)
    renamed = _renamed(told)
    for part in told:
        if part in renamed.values():
            continue
        was = renamed.get(part)
        lines.append(headline(part) if was is None else _new_name(was, part))
        lines += [f"• {line}" for line in (_fields(part, before, after) if was is None else _beside(was, part, before))]
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
    values = (getattr(part.policy, field.name) for field in fields(part.policy)) if part.policy else ()
    return (part.section, *(value for value in values if isinstance(value, frozenset)))


def _new_name(was: PartChange, part: PartChange) -> str:
    return f"{_MARKS[Change.CHANGED]} {SECTIONS[part.section]} {bold(part.name)}: new name, was {bold(was.name)}"


def _beside(was: PartChange, part: PartChange, speller: Speller) -> list[str]:
    """The fields that a policy has changed along with its name."""
    if was.policy is None or part.policy is None:
        return []
    old, new = (dict(_values(policy)) for policy in (was.policy, part.policy))
    return [
        f"{field_name(key)}: {speller.value(key, old[key])} → {speller.value(key, new[key])}"
        for key in new
        if old[key] != new[key] and key != Field.NAME
    ]


def _values(policy: Policy) -> list[tuple[str, object]]:
    return [(field.name, getattr(policy, field.name)) for field in fields(policy)]


def _fields(part: PartChange, before: Speller, after: Speller) -> list[str]:
    """What has changed; of a policy that comes or goes everything that it says."""
    if part.policy is None:
        return [_field(field, before, after) for field in part.fields]
    speller = after if part.change is Change.ADDED else before
    return [f"{label}: {value}" for label, value in facts(part.policy, speller, _FEW) if value != "none"]


def headline(part: PartChange) -> str:
    """``✏️ Eligibility policy payments-engineers: changed``."""
    called = f" {bold(part.name)}" if part.name else ""
    return f"{_MARKS[part.change]} {SECTIONS[part.section]}{called}: {_WORDS[part.change]}"


def _field(field: FieldChange, before: Speller, after: Speller) -> str:
    label = field_name(field.field)
    if not field.is_of_many:
        return f"{label}: {before.value(field.field, field.before)} → {after.value(field.field, field.after)}"
    gained = f"+ {after.several(field.field, field.gained)}" if field.gained else ""
    lost = f"− {before.several(field.field, field.lost)}" if field.lost else ""
    return f"{label}: " + (" · ".join(filter(None, (gained, lost))) or "in another order")


def summary(policy: Policy, speller: Speller) -> str:
    """A policy in one line: who, as what, where."""
    values: Mapping[str, object] = {field.name: getattr(policy, field.name) for field in fields(policy)}
    people = _counted(speller, values, (Field.GROUPS, Field.APPROVER_GROUPS, Field.USERS, Field.APPROVER_USERS))
    sets = _counted(speller, values, (Field.PERMISSION_SETS,)) or "any permission set"
    places = _counted(speller, values, (Field.OUS, Field.DIRECT_OUS, Field.ACCOUNTS)) or "nowhere"
    return f"{people or 'nobody'} · {sets} in {places}"


def _counted(speller: Speller, values: Mapping[str, object], wanted: Sequence[str]) -> str:
    said = []
    for field in wanted:
        value = values.get(field)
        if isinstance(value, frozenset) and value:
            alone = " (not below)" if field == Field.DIRECT_OUS else ""
            said.append(f"{speller.several(field, sorted(value), 2, _SHORT)}{alone}")
    return ", ".join(said)


def facts(part: Policy | Settings, speller: Speller, most: int = 12) -> list[tuple[str, str]]:
    """Every field with its value, for showing one policy whole."""
    pairs = ((field.name, getattr(part, field.name)) for field in fields(part) if field.name != Field.NAME)
    return [(field_name(key), _whole(key, speller.value(key, value, most))) for key, value in pairs]


def _whole(key: str, value: str) -> str:
    if key == Field.PERMISSION_SETS and value == "none":
        return "any"
    if key == "approval_required":
        return "needed" if value == "as the policies say" else "not needed"
    return value


def why(words: str) -> str:
    return f"“{prose(words, 300)}”" if words.strip() else "no reason given"
