"""The blocks: every field each may carry, the limits, and the surfaces that show it."""

from collections.abc import Mapping

from infra.sandbox.slack.blockkit.elements import (
    BUTTON,
    IMAGE,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    element,
)
from infra.sandbox.slack.blockkit.objects import SLACK_FILE, URL, plain, text
from infra.sandbox.slack.blockkit.rich_text import RICH_TEXT
from infra.sandbox.slack.blockkit.schema import (
    Anything,
    Choice,
    Flag,
    Items,
    Number,
    Record,
    Rule,
    String,
    Surface,
    Typed,
    any_of,
    one_of,
)

MARKDOWN_MOST = 12_000

_ID: Mapping[str, Rule] = {"block_id": String(255)}
_PICTURE = Typed({"image": IMAGE})
_CONTEXT_TEXT = text(3000)

_SECTION = Record(
    {},
    {
        **_ID,
        "text": text(3000),
        "fields": Items(text(2000), 10),
        "accessory": element(IN_SECTION),
        "expand": Flag(),
    },
    (any_of("text", "fields"),),
)
_IMAGE = Record(
    {"alt_text": String(2000)},
    {**_ID, "image_url": URL, "slack_file": SLACK_FILE, "title": plain(2000)},
    (one_of("image_url", "slack_file"),),
)
_INPUT = Record(
    {"label": plain(2000), "element": element(IN_INPUT)},
    {**_ID, "hint": plain(2000), "optional": Flag(), "dispatch_action": Flag()},
)
_CELL = Typed(
    {
        "rich_text": RICH_TEXT,
        "raw_text": Record({"text": String(10_000)}),
        "raw_number": Record({"value": Anything()}, {"text": String(255)}),
    }
)
_COLUMN = Record({}, {"align": Choice(("left", "center", "right")), "is_wrapped": Flag()})
_TABLE = Record({"rows": Items(Items(_CELL, 20), 100)}, {**_ID, "column_settings": Items(_COLUMN, 20, 0)})
_DATA_TABLE = Record(
    {"rows": Items(Items(_CELL, 20), 101, 2), "caption": String(300)},
    {**_ID, "page_size": Number(1, 100), "row_header_column_index": Number(0, 19)},
)
_CARD = Record(
    {},
    {
        **_ID,
        "hero_image": _PICTURE,
        "icon": _PICTURE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": Items(Typed({"button": BUTTON}), 5),
    },
    (any_of("hero_image", "title", "actions", "body"),),
)

_PLAIN_BLOCKS: Mapping[str, Rule] = {
    "section": _SECTION,
    "divider": Record({}, _ID),
    "image": _IMAGE,
    "header": Record({"text": plain(150)}, _ID),
    "context": Record({"elements": Items(Typed({**_CONTEXT_TEXT.kinds, "image": IMAGE}), 10)}, _ID),
    "actions": Record({"elements": Items(element(IN_ACTIONS), 25)}, _ID),
    "rich_text": RICH_TEXT,
    "table": _TABLE,
}
_CONTAINER = Record(
    {"child_blocks": Items(Typed(_PLAIN_BLOCKS), 10)},
    {
        **_ID,
        "title": plain(150),
        "rich_text_title": Typed({"rich_text": RICH_TEXT}),
        "subtitle": text(150),
        "icon": _PICTURE,
        "width": Choice(("narrow", "standard", "wide", "full")),
        "is_collapsible": Flag(),
        "default_collapsed": Flag(),
        "has_header_divider": Flag(),
    },
)

BLOCKS: Mapping[str, Rule] = {
    **_PLAIN_BLOCKS,
    "input": _INPUT,
    "markdown": Record({"text": String(MARKDOWN_MOST)}, _ID),
    "context_actions": Record({"elements": Items(element(IN_CONTEXT_ACTIONS), 5)}, _ID),
    "data_table": _DATA_TABLE,
    "alert": Record(
        {"text": text(3000)},
        {**_ID, "level": Choice(("default", "info", "warning", "error", "success"))},
    ),
    "card": _CARD,
    "carousel": Record({"elements": Items(Typed({"card": _CARD}), 10)}, _ID),
    "container": _CONTAINER,
}

_MESSAGES: frozenset[Surface] = frozenset(("message",))
_MODALS: frozenset[Surface] = frozenset(("modal",))

BLOCK = Typed(
    BLOCKS,
    {
        "markdown": _MESSAGES,
        "table": _MESSAGES,
        "data_table": _MESSAGES,
        "context_actions": _MESSAGES,
        "carousel": _MESSAGES,
        "alert": _MODALS,
    },
)
