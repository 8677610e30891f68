"""From what the page sends of a field to what Slack would hold of it."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from infra.sandbox.slack.blockkit import check_options
from infra.sandbox.slack.blockkit.form import holding
from infra.sandbox.slack.model import Json

_BY_ID = ("users_select", "conversations_select", "channels_select")


class UnreadableError(ValueError):
    """The page sent something that this element cannot hold."""


def state_of(element: Json, sent: Any, zone: ZoneInfo) -> Json:
    """The state of an element; `sent` is a text, or a list of texts where several may be chosen."""
    return holding(element, _value(element, sent, zone))


def _value(element: Json, sent: Any, zone: ZoneInfo) -> Any:
    kind = element["type"]
    if kind == "datetimepicker":
        return _unix(_one(sent), zone)
    if kind == "rich_text_input":
        return _rich_text(_one(sent))
    if kind in ("static_select", "radio_buttons"):
        return _offered(element, _one(sent)) if _one(sent) else None
    if kind == "checkboxes":
        return [_offered(element, each) for each in _many(sent)]
    name = kind.removeprefix("multi_")
    if name == "external_select" or name in _BY_ID or kind.startswith("multi_"):
        chosen = [_option(each, by_id=name in _BY_ID) for each in _many(sent)]
        return chosen if kind.startswith("multi_") else next(iter(chosen), None)
    return _one(sent) or None


def _one(sent: Any) -> str:
    value = next(iter(sent), "") if isinstance(sent, list) else sent
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableError("a field holds a text")
    return value


def _many(sent: Any) -> Sequence[str]:
    several = sent if isinstance(sent, list) else [sent]
    return [each for each in map(_one, several) if each]


def _offered(element: Json, value: str) -> Json:
    options: list[Json] = list(element.get("options") or ())
    for group in element.get("option_groups") or ():
        options += group["options"]
    for option in options:
        if option["value"] == value:
            return option
    raise UnreadableError("this is not among what was offered")


def _option(sent: str, *, by_id: bool) -> Json | str:
    """An option of a type-ahead comes back as it was offered."""
    try:
        option = json.loads(sent)
    except ValueError:
        raise UnreadableError("an option that cannot be read") from None
    if not isinstance(option, dict) or check_options({"options": [option]}):
        raise UnreadableError("an option that Slack would not have offered")
    return str(option["value"]) if by_id else option


def _rich_text(sent: str) -> Json | None:
    """Plain typed text as one section, without marks."""
    if not sent:
        return None
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": sent}]}
    return {"type": "rich_text", "elements": [section]}


def _unix(sent: str, zone: ZoneInfo) -> int | None:
    """Local wall time to seconds; the picker knows whole minutes."""
    if not sent:
        return None
    try:
        local = dt.datetime.fromisoformat(sent)
    except ValueError:
        raise UnreadableError("a time that cannot be read") from None
    return int(local.replace(tzinfo=local.tzinfo or zone, second=0, microsecond=0).timestamp())
