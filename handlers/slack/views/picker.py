"""Inputs of the forms about policies and settings: type-aheads of several values, lengths, choices.

A type-ahead can begin with a hundred values at most, and a form as a whole may have 250 kB. A field that holds more
than fits is shown as text and left as it is: nothing is lost because a form is too small.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ConversationFilter,
    ConversationMultiSelectElement,
    ExternalDataMultiSelectElement,
    ExternalDataSelectElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    StaticSelectElement,
)

from core.domain.durations import write_duration
from core.domain.errors import Field
from core.domain.ids import ConversationId
from core.services.policies.names import ACCOUNTS, GROUPS, USERS, Named
from handlers.screens.inputs import Choice
from handlers.slack.ids import ActionId
from handlers.slack.views.block import option, section, words
from handlers.slack.views.text import bold, prose
from handlers.words.policy_words import field_name

MOST = 100
"""Values that one field may begin with (Slack: ``initial_options``)."""
CROWDED = 60
"""The same where all fields are full: six such fields of the longest names stay below what a view may have."""
_LONGEST = 75
_SHOWN = 100


def block_of(field: str) -> str:
    """The block id of a field; errors are shown on it."""
    return f"policy.{field}"


def finder(field: str) -> ActionId:
    """The type-ahead that offers what this field takes."""
    for fields, action in (
        (USERS, ActionId.FIND_USERS),
        (GROUPS, ActionId.FIND_GROUPS),
        (ACCOUNTS, ActionId.FIND_ACCOUNTS),
        ({Field.PERMISSION_SETS}, ActionId.FIND_OPENED_SETS),
        ({Field.PROTECTED_PERMISSION_SETS}, ActionId.FIND_PERMISSION_SETS),
        ({Field.DIRECT_OUS}, ActionId.FIND_DIRECT_OUS),
    ):
        if field in fields:
            return action
    return ActionId.FIND_OUS


def room(counts: Iterable[int]) -> int:
    """How many values each field of a form may have, when these are what its fields have now."""
    return MOST if sum(counts) <= 6 * CROWDED else CROWDED


def several(field: str, chosen: Sequence[Named], hint: str = "", most: int = MOST) -> Block:
    """A type-ahead of several values; what does not fit stands there as text."""
    if len(chosen) > most:
        return _too_many(field, [each.text for each in chosen])
    element = ExternalDataMultiSelectElement(
        action_id=finder(field).value,
        placeholder=words("Type to search", 150),
        initial_options=[_chosen(each) for each in chosen] or None,
        min_query_length=0,
        max_selected_items=most,
    )
    return _input(field, element, optional=True, hint=hint)


def one(field: str, chosen: Named | None, hint: str = "", *, optional: bool = True, block: str = "") -> Block:
    """A type-ahead of one value."""
    element = ExternalDataSelectElement(
        action_id=finder(field).value,
        placeholder=words("Type to search", 150),
        initial_option=_chosen(chosen) if chosen else None,
        min_query_length=0,
    )
    return _input(field, element, optional=optional, hint=hint, block=block)


def channels(field: str, chosen: Sequence[ConversationId], hint: str) -> Block:
    """Slack's own list of the channels that this person can see; none that others share."""
    if len(chosen) > MOST:
        return _too_many(field, chosen)
    element = ConversationMultiSelectElement(
        action_id=ActionId.PICK.value,
        placeholder=words("Choose channels", 150),
        initial_conversations=list(chosen) or None,
        max_selected_items=MOST,
        filter=ConversationFilter(include=["public", "private"], exclude_external_shared_channels=True),
    )
    return _input(field, element, optional=True, hint=hint)


def text(field: str, value: str, hint: str = "", *, longest: int = 80, optional: bool = False) -> Block:
    element = PlainTextInputElement(
        action_id=ActionId.PICK.value, initial_value=value[:longest] or None, max_length=longest
    )
    return _input(field, element, optional=optional, hint=hint)


def length(field: str, value: timedelta | None, hint: str = "", *, optional: bool = False) -> Block:
    return text(field, write_duration(value) if value else "", hint, longest=60, optional=optional)


def choice(field: str, options: Mapping[str, str], chosen: str, hint: str = "") -> Block:
    """One of a few; ``options`` are value → label."""
    offered = {value: option(label, value) for value, label in options.items()}
    element = StaticSelectElement(
        action_id=ActionId.PICK.value, options=list(offered.values()), initial_option=offered[chosen]
    )
    return _input(field, element, hint=hint)


def named_choices(found: Iterable[Named]) -> list[Choice]:
    """Answers to a type-ahead, each with what tells it apart."""
    return [Choice(_end(each.text), each.id, _ends(each.detail)) for each in found]


def _chosen(named: Named) -> Option:
    label = f"{named.text} (gone)" if named.is_gone else named.text
    return option(_end(label), named.id)


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


def _too_many(field: str, names: Sequence[str]) -> Block:
    shown = prose(", ".join(each[:_LONGEST] for each in names[:_SHOWN]), 2500)
    pointer = "too many for a form. They stay as they are; teambot policy apply changes them."
    return section(f"{bold(field_name(field))} ({len(names)}): {pointer}\n{shown}", block_id=f"kept.{field}")


def _input(
    field: str, element: InputInteractiveElement, *, optional: bool = False, hint: str = "", block: str = ""
) -> Block:
    return InputBlock(
        label=words(field_name(field), 100),
        block_id=block or block_of(field),
        element=element,
        optional=optional,
        hint=words(hint, 200) if hint else None,
    )


# --- reading back ------------------------------------------------------------------------------------


class FilledPickers:
    """What stands in a form that was sent."""

    def __init__(self, view: Mapping[str, Any]) -> None:
        self._values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}

    def has(self, field: str) -> bool:
        """Whether the field was an input: what is too large for one is not."""
        return block_of(field) in self._values

    def typed(self, field: str) -> str:
        return str(self._element(field).get("value") or "").strip()

    def chosen(self, field: str) -> str:
        return _value(self._element(field).get("selected_option"))

    def several(self, field: str) -> frozenset[str]:
        return frozenset(filter(None, map(_value, self._element(field).get("selected_options") or ())))

    def conversations(self, field: str) -> tuple[ConversationId, ...]:
        found = self._element(field).get("selected_conversations") or ()
        return tuple(ConversationId(str(each)) for each in dict.fromkeys(found))

    def _element(self, field: str) -> Mapping[str, Any]:
        elements = self._values.get(block_of(field)) or {}
        return next((found for found in elements.values() if isinstance(found, Mapping)), {})


def _value(option: object) -> str:
    return str(option.get("value") or "") if isinstance(option, Mapping) else ""


def place_of(field: Field | None, view: Mapping[str, Any]) -> str:
    """The input on which a refusal is shown: its own, else the first there is."""
    ids = [block.get("block_id") for block in view.get("blocks") or () if block.get("type") == "input"]
    inputs = [each for each in ids if each]
    wanted = block_of(field) if field else ""
    return wanted if wanted in inputs else next(iter(inputs), "")
