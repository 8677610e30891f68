"""Inputs of the forms about policies and settings: type-aheads of several values, lengths, choices.

A type-ahead can begin with a hundred values at most, and a form as a whole may have 250 kB. A field that holds more
than fits is shown as text and left as it is: nothing is lost because a form is too small.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.domain.durations import write_duration
from core.domain.errors import Field
from core.domain.ids import ConversationId
from core.domain.setting_kinds import PermissionSetArns
from core.domain.settings import settings_of_kind
from core.services.policies.names import ACCOUNTS, GROUPS, USERS, Named
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Channels, Choice, Control, Input, Lookup, Select, Typed
from handlers.screens.parts import Part, row
from handlers.screens.spans import Text, Untrusted, strong_name, text
from handlers.words.policy_words import field_name

MOST = 100
"""Values that one field may begin with: no platform takes more."""
CROWDED = 60
"""The same where all fields are full: six such fields of the longest names stay below what a form may have."""
_LONGEST = 75
_SHOWN, _BRIEFLY = 100, 300


def input_of(field: str) -> str:
    """The id of a field's input; errors are shown on it."""
    return f"policy.{field}"


def finder(field: str) -> ActionId:
    """The type-ahead that offers what this field takes."""
    for fields, action in (
        (USERS, ActionId.FIND_USERS),
        (GROUPS, ActionId.FIND_GROUPS),
        (ACCOUNTS, ActionId.FIND_ACCOUNTS),
        ({Field.PERMISSION_SETS}, ActionId.FIND_OPENED_SETS),
        (settings_of_kind(PermissionSetArns), ActionId.FIND_PERMISSION_SETS),
        ({Field.DIRECT_OUS}, ActionId.FIND_DIRECT_OUS),
    ):
        if field in fields:
            return action
    return ActionId.FIND_OUS


def room(counts: Iterable[int]) -> int:
    """The number of values that each field of a form may have, when these are what its fields have now."""
    return MOST if sum(counts) <= 6 * CROWDED else CROWDED


def several(field: str, chosen: Sequence[Named], hint: str = "", most: int = MOST) -> Part:
    """A type-ahead of several values; what does not fit stands there as text."""
    names = [each.text for each in chosen]
    if len(chosen) > most:
        return row(_too_many(field, names), id=f"kept.{field}")
    lookup = Lookup(tuple(map(_chosen, chosen)), most, otherwise=_too_many(field, names, _BRIEFLY))
    return _input(field, finder(field), lookup, hint, optional=True)


def one(field: str, chosen: Named | None, hint: str = "", *, optional: bool = True) -> Part:
    """A type-ahead of one value."""
    return _input(field, finder(field), Lookup((_chosen(chosen),) if chosen else ()), hint, optional=optional)


def channels(field: str, chosen: Sequence[ConversationId], hint: str) -> Part:
    """The platform's own list of the channels that this person can see; none that others share."""
    if len(chosen) > MOST:
        return row(_too_many(field, chosen), id=f"kept.{field}")
    control = Channels(MOST, tuple(chosen), "Choose channels", _too_many(field, chosen, _BRIEFLY))
    return _pick(field, control, hint, optional=True)


def typed(field: str, value: str, hint: str = "", *, longest: int = 80, optional: bool = False) -> Part:
    return _pick(field, Typed(longest, value), hint, optional=optional)


def length(field: str, value: timedelta | None, hint: str = "", *, optional: bool = False) -> Part:
    return typed(field, write_duration(value) if value else "", hint, longest=60, optional=optional)


def choice(field: str, options: Mapping[str, str], chosen: str, hint: str = "") -> Part:
    """One of a few; ``options`` are value → label."""
    offered = tuple(Choice(label, value) for value, label in options.items())
    return _pick(field, Select(offered, (chosen,)), hint)


def named_choices(found: Iterable[Named]) -> list[Choice]:
    """Answers to a type-ahead, each with what tells it apart."""
    return [Choice(_end(each.text), each.id, _ends(each.detail)) for each in found]


def _chosen(named: Named) -> Choice:
    return Choice(_end(f"{named.text} (gone)" if named.is_gone else named.text), named.id)


def _end(label: str) -> str:
    """The end of a long path tells more than its beginning."""
    return label if len(label) <= _LONGEST else "…" + label[1 - _LONGEST :]


def _ends(detail: str) -> str:
    """An id in front tells apart what bears one name; the end of the path behind it tells more than its beginning."""
    head, dot, path = detail.partition(" · ")
    if not dot or len(head) > _LONGEST // 2:
        return _end(detail)
    room = _LONGEST - len(head) - len(dot)
    return f"{head}{dot}{path if len(path) <= room else '…' + path[1 - room :]}"


def _too_many(field: str, names: Sequence[str], longest: int = 2500) -> Text:
    shown = Untrusted(", ".join(each[:_LONGEST] for each in names[:_SHOWN]), longest)
    pointer = "too many for a form. They stay as they are; teambot policy apply changes them."
    return text(strong_name(field_name(field)), f" ({len(names)}): {pointer}\n", shown)


def _pick(field: str, control: Control, hint: str, *, optional: bool = False) -> Part:
    return _input(field, ActionId.PICK, control, hint, optional=optional)


def _input(field: str, action: ActionId, control: Control, hint: str, *, optional: bool) -> Part:
    return Input(input_of(field), action, field_name(field), control, hint, optional=optional)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers in a form that was sent, by field."""

    filled: Filled

    def has(self, field: str) -> bool:
        """True if the field was an input: what is too large for one is not."""
        return self.filled.has(input_of(field))

    def typed(self, field: str) -> str:
        return self.filled.typed(input_of(field)).strip()

    def chosen(self, field: str) -> str:
        return self.filled.chosen(input_of(field))

    def several(self, field: str) -> frozenset[str]:
        return frozenset(self.filled.several(input_of(field)))

    def conversations(self, field: str) -> tuple[ConversationId, ...]:
        return tuple(map(ConversationId, dict.fromkeys(self.filled.several(input_of(field)))))


def place_of(field: str | None, inputs: Sequence[str]) -> str:
    """The input on which a refusal is shown: its own, else the first there is."""
    named = [each for each in inputs if each]
    wanted = input_of(field) if field else ""
    return wanted if wanted in named else next(iter(named), "")
