"""Values of interactive elements: their state in `view.state.values`, and a person's choice that fills it."""

import copy
from collections.abc import Iterator
from typing import Any

from infra.sandbox.slack.blockkit.surfaces import elements_of
from infra.sandbox.slack.model import Json

Values = dict[str, dict[str, Json]]

#: Element type → (where its value stands, the field that sets it at first, what it is when empty).
HOLDS: dict[str, tuple[str, str, Any]] = {
    "plain_text_input": ("value", "initial_value", None),
    "email_text_input": ("value", "initial_value", None),
    "url_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "users_select": ("selected_user", "initial_user", None),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_static_select": ("selected_options", "initial_options", []),
    "multi_external_select": ("selected_options", "initial_options", []),
    "multi_users_select": ("selected_users", "initial_users", []),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "checkboxes": ("selected_options", "initial_options", []),
    "radio_buttons": ("selected_option", "initial_option", None),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
    "file_input": ("files", "", []),
}


def fields_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every block and element that holds a value."""
    for block in blocks:
        for element, _ in elements_of(block, ""):
            if element["type"] in HOLDS:
                yield block, element


def initial_values(blocks: list[Json]) -> Values:
    values: Values = {}
    for block, element in fields_of(blocks):
        values.setdefault(block["block_id"], {})[element["action_id"]] = _initial(element)
    return values


def carried_over(old: Values, blocks: list[Json]) -> Values:
    """The state after an update: kept where both ids and the kind stayed, as it was filled in at first elsewhere."""
    values = initial_values(blocks)
    for block_id, actions in values.items():
        for action_id, fresh in actions.items():
            kept = old.get(block_id, {}).get(action_id)
            if kept is not None and kept["type"] == fresh["type"]:
                actions[action_id] = copy.deepcopy(kept)
    return values


def holding(element: Json, value: Any) -> Json:
    """The state of an element once a person has given it this value."""
    return {"type": element["type"], HOLDS[element["type"]][0]: copy.deepcopy(value)}


def held(element: Json, state: Json) -> Any:
    """The bare value in a state."""
    return state.get(HOLDS[element["type"]][0])


def _initial(element: Json) -> Json:
    _, source, empty = HOLDS[element["type"]]
    value = element.get(source, empty)
    return holding(element, empty if value == "" else value)
