"""Buttons, with the question that some of them ask first, and the menu behind three dots."""

from markupsafe import Markup

from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.html_writer import HtmlWriter
from infra.sandbox.window.drawing.tags import EMPTY, tag
from infra.sandbox.window.drawing.texts import draw_text, words

_ICONS = {"trash": "🗑️"}


def draw_button(element: Json, block: Json, writer: HtmlWriter) -> Markup:
    style = element.get("style")
    attributes = {
        **_act(element, block),
        "class_": f"button {style}" if style else "button",
        "aria_label": element.get("accessibility_label"),
    }
    text = draw_text(element.get("text"), writer.reader)
    address = writer.reader.address(element["url"]) if element.get("url") else ""
    if address:
        drawn = tag("a", text, href=address, title=element["url"], **attributes)
    else:
        drawn = tag("button", text, type="button", **attributes)
    return _with_question(drawn, element, writer)


def draw_icon_button(element: Json, block: Json, writer: HtmlWriter) -> Markup:
    allowed = element.get("visible_to_user_ids")
    if allowed and writer.reader.user.id not in allowed:
        return EMPTY
    icon = _ICONS.get(element["icon"], "") or element["icon"]
    name = element.get("accessibility_label") or words(element["text"])
    button = tag("button", icon, type="button", class_="button icon", aria_label=name, **_act(element, block))
    return _with_question(button, element, writer)


def draw_feedback(element: Json, block: Json, writer: HtmlWriter) -> Markup:
    """Two buttons under one action: what is pressed is told by its value."""
    buttons = []
    for part in ("positive_button", "negative_button"):
        each = element[part]
        name = each.get("accessibility_label")
        text = draw_text(each["text"], writer.reader)
        buttons.append(
            tag("button", text, type="button", class_="button", aria_label=name, data_value=each["value"],
                **_act(element, block))
        )  # fmt: skip
    return tag("span", *buttons, class_="feedback")


def draw_overflow(element: Json, block: Json, writer: HtmlWriter) -> Markup:
    items = []
    for option in element["options"]:
        item = tag(
            "button", draw_text(option["text"], writer.reader), type="button", data_value=option["value"],
            class_="item", **_act(element, block),
        )  # fmt: skip
        items.append(tag("li", _with_question(item, element, writer)))
    return tag(
        "details",
        tag("summary", tag("span", "⋯", aria_hidden="true"), aria_label="More actions", class_="button"),
        tag("ul", *items),
        class_="overflow",
        data_menu=True,
    )


def _act(element: Json, block: Json) -> dict[str, str]:
    return {
        "data_do": "press",
        "data_block": block.get("block_id", ""),
        "data_action": element.get("action_id", ""),
    }


def _with_question(drawn: Markup, element: Json, writer: HtmlWriter) -> Markup:
    """The confirmation dialog, ready to be shown when it is pressed."""
    confirm = element.get("confirm")
    if not confirm:
        return drawn
    style = "primary" if confirm.get("style", "primary") == "primary" else "danger"
    question = tag(
        "template",
        tag("h2", draw_text(confirm["title"], writer.reader)),
        tag("div", draw_text(confirm["text"], writer.reader), class_="words"),
        tag(
            "footer",
            tag("button", words(confirm["deny"]), type="button", class_="button", data_answer="no"),
            tag("button", words(confirm["confirm"]), type="button", class_=f"button {style}", data_answer="yes"),
        ),
    )
    return tag("span", drawn, question, class_="asks")
