"""Fields that are filled in: text, numbers, dates and times, boxes to tick, short lists."""

import datetime as dt
from collections.abc import Callable

from markupsafe import Markup

from infra.sandbox.slack.blockkit.form import held
from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.html_writer import HtmlWriter, Named, shape
from infra.sandbox.window.drawing.menus import draw_menu
from infra.sandbox.window.drawing.tags import EMPTY, tag
from infra.sandbox.window.drawing.texts import draw_text, words

Draw = Callable[[Json, Json, HtmlWriter, Named], Markup]

_HTML_TYPES = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "text",
    "datepicker": "date",
    "timepicker": "time",
}


def draw_field(element: Json, block: Json, writer: HtmlWriter, named: Named) -> Markup:
    """The control with all that the page needs to know to send it, or to leave it as a person typed it."""
    kind = element["type"]
    dispatches = block["type"] != "input" or block.get("dispatch_action")
    return tag(
        "div",
        FIELDS[kind](element, block, writer, named),
        class_="control",
        id=writer.id(block, element),
        data_control=kind,
        data_block=block.get("block_id", ""),
        data_action=element.get("action_id", ""),
        data_held=writer.held(block, element),
        data_shape=shape(element),
        data_dispatches=bool(dispatches),
    )


def is_group(element: Json) -> bool:
    """Several controls under one label."""
    return element["type"] in ("checkboxes", "radio_buttons")


def _typed(element: Json, block: Json, writer: HtmlWriter, named: Named) -> Markup:
    kind, value = element["type"], _value(element, block, writer)
    shared = {
        "id": f"{writer.id(block, element)}-i",
        "placeholder": words(element.get("placeholder")) or None,
        "data_input": True,
        "data_focus": bool(element.get("focus_on_load")),
        **named.attributes(),
    }
    if element.get("multiline") or kind == "rich_text_input":
        return tag("textarea", value, rows="3", **shared)
    return tag(
        "input",
        type=_HTML_TYPES[kind],
        value=value,
        inputmode="decimal" if kind == "number_input" else None,
        autocomplete="off",
        **shared,
    )


def _datetime(element: Json, block: Json, writer: HtmlWriter, named: Named) -> Markup:
    state = writer.state(block, element)
    unix = held(element, state) if state else None
    local = f"{dt.datetime.fromtimestamp(unix, writer.reader.zone):%Y-%m-%dT%H:%M}" if unix else ""
    name = f"{writer.id(block, element)}-i"
    described = " ".join(part for part in (named.described_by, f"{name}-zone") if part)
    field = tag(
        "input",
        type="datetime-local",
        id=name,
        value=local,
        data_input=True,
        **{**named.attributes(), "aria_describedby": described},
    )
    return tag(
        "div", field, tag("span", f"{writer.reader.zone_name} time", id=f"{name}-zone", class_="zone"), class_="at"
    )


def _listed(element: Json, block: Json, writer: HtmlWriter, named: Named) -> Markup:
    """A short list that the browser shows by itself."""
    state = writer.state(block, element)
    chosen = (held(element, state) or {}).get("value", "") if state else ""
    first = tag("option", words(element.get("placeholder")) or "Choose", value="", selected=not chosen)
    groups = [
        tag("optgroup", *_options(group["options"], chosen), label=words(group["label"]))
        for group in element.get("option_groups") or ()
    ]
    return tag(
        "select",
        first,
        *_options(element.get("options") or [], chosen),
        *groups,
        id=f"{writer.id(block, element)}-i",
        data_input=True,
        **named.attributes(),
    )


def _options(options: list[Json], chosen: str) -> list[Markup]:
    return [tag("option", words(o["text"]), value=o["value"], selected=o["value"] == chosen) for o in options]


def _boxes(element: Json, block: Json, writer: HtmlWriter, named: Named) -> Markup:
    state = writer.state(block, element)
    value = held(element, state) if state else None
    ticked = [each["value"] for each in (value if isinstance(value, list) else [value]) if each]
    kind = "checkbox" if element["type"] == "checkboxes" else "radio"
    name = writer.id(block, element)
    lines = []
    for index, option in enumerate(element["options"]):
        box = tag(
            "input", type=kind, name=name, id=f"{name}-{index}", value=option["value"],
            checked=option["value"] in ticked, data_input=True,
        )  # fmt: skip
        about = option.get("description")
        described = tag("span", draw_text(about, writer.reader), class_="about") if about else EMPTY
        text = tag("label", draw_text(option["text"], writer.reader), described, for_=f"{name}-{index}")
        lines.append(tag("div", box, text, class_="choice"))
    attributes = {key: value for key, value in named.attributes().items() if key != "aria_required"}
    return tag("div", *lines, role="radiogroup" if kind == "radio" else "group", **attributes)


def _value(element: Json, block: Json, writer: HtmlWriter) -> str:
    state = writer.state(block, element)
    value = held(element, state) if state else None
    if element["type"] == "rich_text_input" and value:
        return _typed_words(value)
    return "" if value is None else str(value)


def _typed_words(rich: Json) -> str:
    """The words of rich text, a line for each part; how they were marked is not kept in this field."""
    lines = ("".join(str(each.get("text", "")) for each in part.get("elements", ())) for part in rich["elements"])
    return "\n".join(lines)


FIELDS: dict[str, Draw] = {
    **dict.fromkeys(_HTML_TYPES, _typed),
    "rich_text_input": _typed,
    "datetimepicker": _datetime,
    "static_select": _listed,
    "checkboxes": _boxes,
    "radio_buttons": _boxes,
    **dict.fromkeys(
        (
            "external_select",
            "users_select",
            "conversations_select",
            "channels_select",
            "multi_static_select",
            "multi_external_select",
            "multi_users_select",
            "multi_conversations_select",
            "multi_channels_select",
        ),
        draw_menu,
    ),
}
