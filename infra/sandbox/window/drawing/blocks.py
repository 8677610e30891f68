"""Each block by its type. What is missing here is shown as missing."""

from collections.abc import Callable

from markupsafe import Markup

from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.buttons import draw_button, draw_feedback, draw_icon_button, draw_overflow
from infra.sandbox.window.drawing.fields import FIELDS, draw_field, is_group
from infra.sandbox.window.drawing.html_writer import HtmlWriter, Named
from infra.sandbox.window.drawing.markdown import draw_markdown
from infra.sandbox.window.drawing.pictures import draw_image
from infra.sandbox.window.drawing.rich_text import draw_rich_text
from infra.sandbox.window.drawing.tables import draw_table
from infra.sandbox.window.drawing.tags import EMPTY, hidden, tag
from infra.sandbox.window.drawing.texts import draw_text, words
from infra.sandbox.window.drawing.undrawn import undrawn


def draw_blocks(blocks: list[Json], writer: HtmlWriter) -> Markup:
    return EMPTY.join(draw_block(each, writer) for each in blocks)


def draw_block(block: Json, writer: HtmlWriter) -> Markup:
    draw = BLOCKS.get(str(block.get("type")))
    return draw(block, writer) if draw else undrawn(block)


def draw_element(element: Json, block: Json, writer: HtmlWriter) -> Markup:
    """An element outside of an input; its own words name it."""
    kind = element["type"]
    if kind in FIELDS:
        label = words(element.get("placeholder")) or _spoken(block) or kind.replace("_", " ")
        return draw_field(element, block, writer, Named(label))
    draw = PRESSED.get(kind)
    return draw(element, block, writer) if draw else undrawn(element, "control")


def _spoken(block: Json) -> str:
    text = block.get("text")
    return str(text["text"]) if isinstance(text, dict) else ""


def _section(block: Json, writer: HtmlWriter) -> Markup:
    text = tag("div", draw_text(block["text"], writer.reader), class_="words") if block.get("text") else EMPTY
    cells = [tag("div", draw_text(each, writer.reader), class_="words") for each in block.get("fields", ())]
    fields = tag("div", *cells, class_="fields") if cells else EMPTY
    accessory = block.get("accessory")
    beside = tag("div", draw_element(accessory, block, writer), class_="accessory") if accessory else EMPTY
    return tag("div", tag("div", text, fields, class_="main"), beside, class_="section")


def _header(block: Json, writer: HtmlWriter) -> Markup:
    return tag(writer.heading, draw_text(block["text"], writer.reader), class_="header")


def _context(block: Json, writer: HtmlWriter) -> Markup:
    parts = [
        draw_image(each, writer.reader, small=True)
        if each["type"] == "image"
        else tag("span", draw_text(each, writer.reader), class_="words")
        for each in block["elements"]
    ]
    return tag("div", *parts, class_="context")


def _actions(block: Json, writer: HtmlWriter) -> Markup:
    return tag("div", *(draw_element(each, block, writer) for each in block["elements"]), class_="actions")


def _input(block: Json, writer: HtmlWriter) -> Markup:
    """A label, its control, a hint, and what is wrong with it."""
    element = block["element"]
    if element["type"] not in FIELDS:
        return undrawn(block, "field")
    name, error = writer.id(block, element), writer.errors.get(block.get("block_id", ""))
    described = [f"{name}-{part}" for part, there in (("hint", block.get("hint")), ("error", error)) if there]
    optional = bool(block.get("optional"))
    label = draw_text(block["label"], writer.reader)
    note = tag("span", " (optional)", class_="optional") if optional else EMPTY
    named = Named(words(block["label"]), f"{name}-label", " ".join(described), bool(error), not optional)
    caption = (
        tag("span", label, note, id=f"{name}-label", class_="label")
        if is_group(element)
        else tag("label", label, note, id=f"{name}-label", for_=f"{name}-i", class_="label")
    )
    hint = (
        tag("p", draw_text(block["hint"], writer.reader), id=f"{name}-hint", class_="hint") if block.get("hint") else ""
    )
    wrong = tag("p", hidden("Error: "), error, id=f"{name}-error", class_="error") if error else ""
    return tag(
        "div", caption, draw_field(element, block, writer, named), wrong, hint, class_="input", id=f"{name}-field"
    )


def _alert(block: Json, writer: HtmlWriter) -> Markup:
    level = block.get("level", "default")
    return tag("div", draw_text(block["text"], writer.reader), class_=f"alert {level}", role="note")


def _card(block: Json, writer: HtmlWriter) -> Markup:
    hero, icon = block.get("hero_image"), block.get("icon")
    words_ = [
        tag(name, draw_text(block[part], writer.reader), class_=part)
        for part, name in (("title", "strong"), ("subtitle", "span"), ("body", "div"))
        if block.get(part)
    ]
    actions = [draw_element(each, block, writer) for each in block.get("actions", ())]
    return tag(
        "div",
        draw_image(hero, writer.reader) if hero else EMPTY,
        draw_image(icon, writer.reader, small=True) if icon else EMPTY,
        *words_,
        tag("div", *actions, class_="actions") if actions else EMPTY,
        class_="card",
    )


def _carousel(block: Json, writer: HtmlWriter) -> Markup:
    cards = [tag("li", _card(each, writer)) for each in block["elements"]]
    return tag("ul", *cards, class_="carousel", tabindex="0", aria_label="Cards")


def _container(block: Json, writer: HtmlWriter) -> Markup:
    rich = block.get("rich_text_title")
    title = draw_rich_text(rich, writer.reader) if rich else draw_text(block.get("title"), writer.reader)
    about = tag("span", draw_text(block["subtitle"], writer.reader), class_="about") if block.get("subtitle") else EMPTY
    inside = draw_blocks(block["child_blocks"], writer)
    if block.get("is_collapsible"):
        unfolded = not block.get("default_collapsed")
        return tag("details", tag("summary", title, about), inside, class_="container", open=unfolded)
    return tag("div", tag("strong", title), about, inside, class_="container")


PRESSED: dict[str, Callable[[Json, Json, HtmlWriter], Markup]] = {
    "button": draw_button,
    "overflow": draw_overflow,
    "feedback_buttons": draw_feedback,
    "icon_button": draw_icon_button,
    "image": lambda element, _block, writer: draw_image(element, writer.reader, small=True),
}
BLOCKS: dict[str, Callable[[Json, HtmlWriter], Markup]] = {
    "section": _section,
    "divider": lambda _block, _writer: tag("hr"),
    "header": _header,
    "context": _context,
    "context_actions": _actions,
    "actions": _actions,
    "input": _input,
    "image": lambda block, writer: draw_image(block, writer.reader),
    "rich_text": lambda block, writer: tag("div", draw_rich_text(block, writer.reader), class_="words"),
    "table": lambda block, writer: draw_table(block, writer.reader),
    "data_table": lambda block, writer: draw_table(block, writer.reader),
    "markdown": lambda block, writer: tag("div", draw_markdown(block["text"], writer.reader), class_="words markdown"),
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
}
