"""Short ways to write the few kinds of elements that cards are made of (Adaptive Cards schema 1.6; Microsoft Teams)."""

from collections.abc import Sequence
from typing import Any

from handlers.screens.clean import plain
from handlers.screens.ids import OPENS
from handlers.screens.parts import Address, Button, Tone
from handlers.teams import wire
from handlers.teams.drawing.markup import paragraphs, quote
from handlers.teams.wire import ControlPlace

Json = dict[str, Any]

IN_SIGHT = 6
"""Actions that Teams shows side by side; more would hide in a menu (Microsoft Teams, cards reference)."""
TITLE = 75
"""Longest label of a button, in characters."""
_STYLES: dict[Tone, Json] = {Tone.PLAIN: {}, Tone.PRIMARY: {"style": "positive"}, Tone.DANGER: {"style": "destructive"}}


def words(markdown: str, **style: Any) -> Json:
    return {"type": "TextBlock", "text": paragraphs(markdown), "wrap": True, **style}


def heading(markdown: str, **style: Any) -> Json:
    """A title, for eyes and for screen readers."""
    return words(markdown, style="heading", weight="Bolder", **style)


def small(markdown: str, **style: Any) -> Json:
    return words(markdown, isSubtle=True, size="Small", **style)


def container(items: Sequence[Json], **style: Any) -> Json:
    return {"type": "Container", "items": list(items), **style}


def code(text: str) -> Json:
    """Several lines to be copied, as they are: nothing in them is read as markup."""
    otherwise = {"type": "TextBlock", "text": quote(text), "wrap": True, "fontType": "Monospace"}
    return {"type": "CodeBlock", "codeSnippet": text, "language": "PlainText", "fallback": otherwise}


def fact_set(facts: Sequence[tuple[str, str]]) -> Json:
    return {"type": "FactSet", "facts": [{"title": title, "value": paragraphs(value)} for title, value in facts]}


def side_by_side(left: Sequence[Json], right: Sequence[Json], *, width: str = "auto") -> Json:
    """The left as wide as there is room beside the right, which is as wide as it needs, or ``stretch`` too."""
    columns = ((left, "stretch"), (right, width))
    return {
        "type": "ColumnSet",
        "columns": [{"type": "Column", "width": wide, "items": list(items)} for items, wide in columns],
    }


def action_sets(actions: Sequence[Json]) -> list[Json]:
    """All actions in sight."""
    rows = [actions[start : start + IN_SIGHT] for start in range(0, len(actions), IN_SIGHT)]
    return [{"type": "ActionSet", "actions": list(row)} for row in rows]


def draw_button(button: Button | Address, group: str, place: ControlPlace) -> Json:
    """A press in a dialog is sent to it; outside it opens one, or is done at once."""
    if isinstance(button, Address):
        return {"type": "Action.OpenUrl", "title": _title(button.label), "url": button.url}
    spoken = {"tooltip": plain(button.spoken, TITLE)} if button.spoken else {}
    look = {"title": _title(button.label), **spoken, **_STYLES[button.tone]}
    if place.screen:
        return submit(wire.press(button.action, button.value, group, place), **look)
    if button.action in OPENS:
        return submit(wire.opening(button.action, button.value, group, place), **look)
    data = wire.press(button.action, button.value, group, place)
    return {"type": "Action.Execute", **look, "verb": button.action.value, "data": data}


def submit(data: Json, **look: Any) -> Json:
    return {"type": "Action.Submit", **look, "data": data}


def _title(label: str) -> str:
    return plain(label, TITLE)
