"""The data that a control of a card sends, written and read here. No other module knows the keys.

Teams sends back only what the card holds and what was filled in, so a control carries what is needed to understand
it. Whoever has a card could send anything in its place: what is read here is believed no further than its type.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from handlers.screens.ids import ActionId, FormId

Json = dict[str, Any]

BACK = "back"
"""The act of the button that leads to the dialog before."""
CHANNELS = "teams.channels"
"""The act of the type-ahead of channels: Teams has none of its own for cards, so the bot offers those that it is in."""
_TURNS = frozenset({ActionId.HOME_ONWARD, ActionId.HOME_BACK})
_OPENING = {"msteams": {"type": "task/fetch"}}
_ESCAPED = str.maketrans({"%": "%25", ",": "%2C", "|": "%7C"})


class Kind(StrEnum):
    """The types of answers to inputs: Teams sends every answer as text."""

    TYPED = "t"
    CHOSEN = "c"
    MOMENT = "m"
    DAY = "d"


@dataclass(frozen=True, slots=True)
class ControlPlace:
    """The place of a control: in a dialog (``screen`` names it), on Home, or in a message.

    ``inputs`` are those around it; ``zone`` is the one that its times are read in, as a name of the IANA database.
    ``is_full``: there is no room for the memo in every control, so that only those that turn pages bring it.
    """

    memo: str = ""
    screen: str = ""
    on_home: bool = False
    inputs: Mapping[str, Kind] = field(default_factory=dict)
    zone: str = ""
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """``act`` with ``value`` and ``group`` was pressed, or ``form`` was sent."""

    act: str = ""
    value: str = ""
    group: str = ""
    form: str = ""
    place: ControlPlace = field(default_factory=ControlPlace)


def press(act: str, value: str, group: str, place: ControlPlace) -> Json:
    """The data of a button."""
    brought = replace(place, memo="") if place.is_full and act not in _TURNS else place
    return {"act": act, **_said(value=value, group=group), **_placed(brought)}


def opening(act: str, value: str, group: str, place: ControlPlace) -> Json:
    """The same for one that Teams opens a dialog for."""
    return {**_OPENING, **press(act, value, group, place)}


def choosing(act: str, menu: str, group: str, place: ControlPlace) -> Json:
    """The same for one whose value is what was chosen in the input ``menu``."""
    return {"act": act, "menu": menu, **_said(group=group), **_placed(place)}


def sending(form: FormId, place: ControlPlace) -> Json:
    """The data of the button that sends a form."""
    return {"form": form.value, **_placed(place)}


def dataset(act: str, place: ControlPlace) -> str:
    """The name under which a type-ahead asks: it is all that comes with the question, but for what is filled in."""
    return json.dumps(press(act, "", "", place), separators=(",", ":"))


def read_sent(data: object) -> Sent:
    """The press or the form that was sent; its act is empty for anything that was not written here."""
    found = data if isinstance(data, Mapping) else {}
    value = read_choice(_text(found, _text(found, "menu")))[0] if "menu" in found else _text(found, "value")
    return Sent(_text(found, "act"), value, _text(found, "group"), _text(found, "form"), _place(found))


def in_message(data: object) -> object:
    """The data of a button in a message. No dialog is there, whatever it says: anybody may have written the card."""
    return {key: said for key, said in data.items() if key != "screen"} if isinstance(data, Mapping) else data


def read_dataset(name: object) -> Sent:
    """The query of a type-ahead."""
    try:
        return read_sent(json.loads(name)) if isinstance(name, str) else Sent()
    except (ValueError, RecursionError):
        return Sent()


def choice(value: str, label: str = "") -> str:
    """The value of a choice, with the label under which it can be shown again: Teams sends the value alone."""
    return "|".join(part.translate(_ESCAPED) for part in (value, label) if part)


def read_choice(sent: str) -> tuple[str, str]:
    """Value and label."""
    value, _, label = sent.partition("|")
    return unquote(value), unquote(label)


def read_choices(sent: str) -> list[tuple[str, str]]:
    """Several, which Teams sends with commas between them."""
    return [read_choice(each) for each in sent.split(",") if each]


def _placed(place: ControlPlace) -> Json:
    said = _said(memo=place.memo, screen=place.screen, zone=place.zone)
    inputs: Json = {"inputs": {id_: kind.value for id_, kind in place.inputs.items()}} if place.inputs else {}
    return {**said, **({"home": True} if place.on_home else {}), **inputs}


def _place(found: Mapping[str, object]) -> ControlPlace:
    inputs = found.get("inputs")
    kinds = inputs.items() if isinstance(inputs, Mapping) else ()
    return ControlPlace(
        memo=_text(found, "memo"),
        screen=_text(found, "screen"),
        on_home=found.get("home") is True,
        inputs={str(id_): Kind(kind) for id_, kind in kinds if kind in list(Kind)},
        zone=_text(found, "zone"),
    )


def _said(**texts: str) -> Json:
    """Those that say anything: a card has little room."""
    return {key: said for key, said in texts.items() if said}


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""
