"""Menus that are searched by typing, for one choice or several, and the options they offer."""

import json
from collections.abc import Sequence

from markupsafe import Markup

from infra.sandbox.slack.blockkit.form import held
from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.html_writer import HtmlWriter, Named
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import EMPTY, tag
from infra.sandbox.window.drawing.texts import draw_text, words

_NOTHING = "Nothing matches."


def draw_menu(element: Json, block: Json, writer: HtmlWriter, named: Named) -> Markup:
    """A combobox: what is chosen, a field to search in, and an empty list that is filled when it opens."""
    several = element["type"].startswith("multi_")
    chosen = chosen_options(element, writer.state(block, element), writer.reader)
    name = writer.id(block, element)
    box = tag(
        "input",
        type="text",
        id=f"{name}-i",
        role="combobox",
        autocomplete="off",
        spellcheck="false",
        aria_expanded="false",
        aria_haspopup="listbox",
        aria_controls=f"{name}-list",
        aria_autocomplete="list",
        placeholder=words(element.get("placeholder")) or "Type to search",
        value=words(chosen[0]["text"]) if chosen and not several else "",
        data_input=True,
        data_focus=bool(element.get("focus_on_load")),
        **named.attributes(),
    )
    clear = tag(
        "button",
        tag("span", "×", aria_hidden="true"),
        type="button",
        class_="clear",
        aria_label=f"Clear {named.label}",
        data_clear=True,
        hidden=not chosen or several,
    )
    return tag(
        "div",
        tag("ul", *(_chip(each) for each in chosen), class_="chips", aria_label=f"Chosen: {named.label}")
        if several
        else _value(chosen),
        tag("div", box, clear, class_="box"),
        tag("ul", id=f"{name}-list", role="listbox", aria_label=f"Options of {named.label}", hidden=True),
        class_="combo",
        data_several=str(element.get("max_selected_items", 10_000)) if several else None,
        data_least=str(_least(element)),
    )


def draw_offered(options: Sequence[Json], reader: Reader) -> Markup:
    """The list of an open menu."""
    if not options:
        return tag("li", _NOTHING, role="option", aria_disabled="true", aria_selected="false", class_="none")
    return EMPTY.join(_offered(each, reader) for each in options)


def chosen_options(element: Json, state: Json | None, reader: Reader) -> list[Json]:
    """The chosen values as options: people and channels by name."""
    value = held(element, state) if state else None
    several = value if isinstance(value, list) else [value]
    return [each if isinstance(each, dict) else _named(str(each), reader) for each in several if each]


def _offered(option: Json, reader: Reader) -> Markup:
    lines = [tag("span", draw_text(option["text"], reader), class_="name")]
    if option.get("description"):
        lines.append(tag("span", draw_text(option["description"], reader), class_="about"))
    return tag("li", *lines, role="option", aria_selected="false", data_option=_dump(option))


def _chip(option: Json) -> Markup:
    name = words(option["text"])
    cross = tag("span", "×", aria_hidden="true")
    remove = tag("button", cross, type="button", aria_label=f"Remove {name}", data_remove=True)
    return tag("li", tag("span", name), remove, _value([option]), class_="chip")


def _value(options: Sequence[Json]) -> Markup:
    """The value that the page sends back."""
    return tag("input", type="hidden", data_chosen=True, value=_dump(options[0]) if options else "")


def _dump(option: Json) -> str:
    return json.dumps(option, ensure_ascii=False)


def _named(value: str, reader: Reader) -> Json:
    user, channel = reader.workspace.users.get(value), reader.workspace.channels.get(value)
    name = user.real_name if user else channel.name if channel else value
    return {"text": {"type": "plain_text", "text": name}, "value": value}


def _least(element: Json) -> int:
    """Letters before the app is asked: three, unless it says otherwise."""
    asks = element["type"].endswith("external_select")
    return int(element.get("min_query_length", 3)) if asks else 0
