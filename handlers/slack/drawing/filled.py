"""The answers in a view as Slack sends it back (docs.slack.dev/reference/interaction-payloads)."""

from collections.abc import Mapping
from typing import Any

from core.domain.outside_values import read_day, read_instant
from handlers.screens.filled import Answer, Filled


def read_filled(view: Mapping[str, Any]) -> Filled:
    """Read every input of a view. Each block has one element, so its block names it."""
    values = (view.get("state") or {}).get("values") or {}
    asked = [block for block in view.get("blocks") or () if block.get("type") == "input"]
    return Filled(
        answers={str(block): _answer(_element(elements)) for block, elements in values.items()},
        inputs=tuple(str(block.get("block_id") or "") for block in asked),
        memo=str(view.get("private_metadata") or ""),
    )


def _element(elements: object) -> Mapping[str, Any]:
    found = elements.values() if isinstance(elements, Mapping) else ()
    return next((element for element in found if isinstance(element, Mapping)), {})


def _answer(element: Mapping[str, Any]) -> Answer:
    if "selected_option" in element:
        return _chosen([element["selected_option"]])
    if "selected_options" in element:
        return _chosen(element["selected_options"] or ())
    if "selected_conversations" in element:
        return tuple(map(str, element["selected_conversations"] or ()))
    if "selected_date_time" in element:
        at = element["selected_date_time"]
        return read_instant(at) if isinstance(at, int) and at > 0 else None
    if "selected_date" in element:
        return read_day(element["selected_date"])
    return str(element.get("value") or "")


def _chosen(options: Any) -> tuple[str, ...]:
    values = (option.get("value") for option in options if isinstance(option, Mapping))
    return tuple(str(value) for value in values if value)
