"""From slack_sdk's models to what is sent, with the limits that the SDK does not check. Fails loudly.

Limits: docs.slack.dev/reference/block-kit and docs.slack.dev/reference/views.
"""

import copy
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, SectionBlock
from slack_sdk.models.views import View

from handlers.screens import screen
from handlers.screens.inputs import Choice
from handlers.screens.screen import TOO_LONG, Home, Screen
from handlers.slack.drawing.inputs import draw_choices
from handlers.slack.drawing.markup import within
from handlers.slack.drawing.message import Message
from handlers.slack.drawing.surfaces import draw_message, draw_view

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
SECTION = 3000
FIELD = 2000
PLACEHOLDER = 150
DESCRIPTION = 75
TEXT = 4000
"""Longest fallback text: chat.update refuses more."""
MESSAGE_CHARACTERS = 12_000
VIEW_BYTES = 250_000

Json = dict[str, Any]


class UnrenderableError(ValueError):
    """A view was built that Slack would refuse: a fault of the program, never of a person."""


def render_message(said: screen.Message) -> Json:
    """``text`` and ``blocks`` for chat.postMessage, chat.update and response URLs: as much as there is room for."""
    drawn = draw_message(said)
    for shorter in (*said.shorter, None):
        blocks = _as_sent(drawn)
        if blocks is not None and _have_room(blocks):
            return _checked(within(drawn.text, TEXT), blocks)
        drawn = draw_message(shorter) if shorter else drawn
    return check_message(fitted(drawn))


def _as_sent(message: Message) -> list[Json] | None:
    """The blocks as they are sent, each looked through by the SDK once; None when Slack would refuse one."""
    try:
        return [block.to_dict() for block in message.blocks]
    except SlackObjectFormationError:
        return None


def _have_room(blocks: Sequence[Json]) -> bool:
    return len(blocks) <= MESSAGE_BLOCKS and sum(map(len, _texts(list(blocks)))) <= MESSAGE_CHARACTERS


def check_message(message: Message) -> Json:
    """The payload of a message. UnrenderableError when Slack would refuse it."""
    return _checked(message.text, message.blocks)


def _checked(text: str, drawn: Sequence[Block | Json]) -> Json:
    blocks = _blocks(drawn, MESSAGE_BLOCKS)
    if not text.strip() or len(text) > TEXT:
        raise UnrenderableError(f"the fallback text has {len(text)} characters")
    if sum(map(len, _texts(blocks))) > MESSAGE_CHARACTERS:
        raise UnrenderableError("the message is too long as a whole")
    return {"text": text, "blocks": blocks}


def fits(message: Message) -> bool:
    """True if Slack takes the message as a whole: each block may be well and all of them too much."""
    sizes = [_size(block) for block in message.blocks]
    return len(sizes) <= MESSAGE_BLOCKS and sum(sizes) <= MESSAGE_CHARACTERS


def fitted(message: Message) -> Message:
    """The same where it fits, else with its longest words left out: what people typed first, a heading never.

    People may type much and things may have long names: that is no fault, and no reason to say nothing.
    """
    blocks, shortened = [_shorter(block) for block in message.blocks], False
    while not fits(Message(message.text, blocks)):
        droppable = [index for index, block in enumerate(blocks) if index and block.type in _WORDS]
        if not droppable:
            break
        longest = max(droppable, key=lambda index: (_is_typed(blocks[index]), _size(blocks[index])))
        blocks[longest : longest + 1] = [] if shortened else [_left_out()]
        shortened = True
    return Message(within(message.text, TEXT), blocks)


_WORDS = frozenset({"section", "context"})


def _shorter(block: Block) -> Block:
    """The same, with a section's own text cut where it alone is too long."""
    text = getattr(block, "text", None)
    if not isinstance(block, SectionBlock) or not isinstance(text, MarkdownTextObject) or len(text.text) <= SECTION:
        return block
    cut = copy.copy(block)
    cut.text = MarkdownTextObject(text=within(text.text, SECTION), verbatim=text.verbatim)
    return cut


def _left_out() -> Block:
    return ContextBlock(elements=[MarkdownTextObject(text=TOO_LONG)])


def _is_typed(block: Block) -> bool:
    """Somebody's own words, in a fence (see ``block.quoted``)."""
    return "```" in getattr(getattr(block, "text", None), "text", "")


def _size(block: Block) -> int:
    """Characters that are counted; of a block that Slack would refuse for its length, more than a message may have."""
    try:
        return sum(map(len, _texts(block.to_dict())))
    except SlackObjectFormationError:
        return MESSAGE_CHARACTERS + 1


def render_view(shown: Screen | Home) -> Json:
    """Return a modal or Home tab for views.open, views.update, views.publish."""
    return check_view(draw_view(shown))


def check_view(view: View) -> Json:
    """The payload of a view. UnrenderableError when Slack would refuse it."""
    blocks = _blocks(view.blocks or [], VIEW_BLOCKS)
    rendered: Json = {**view.to_dict(), "blocks": blocks}
    has_input = any(block["type"] == "input" for block in blocks)
    if rendered["type"] == "modal" and has_input and "submit" not in rendered:
        raise UnrenderableError("a modal with an input needs a submit button")
    if len(json.dumps(rendered, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise UnrenderableError("the view is too large")
    return rendered


def render_options(offered: Iterable[Choice]) -> list[Json]:
    """Return the answer to a type-ahead."""
    options = draw_choices(offered)
    rendered: list[Json] = [option.to_dict() for option in options]
    for option in rendered:
        _check_option(option)
    return rendered


def _blocks(blocks: Sequence[Block | Json], most: int) -> list[Json]:
    rendered: list[Json] = [block if isinstance(block, dict) else block.to_dict() for block in blocks]
    if not 0 < len(rendered) <= most:
        raise UnrenderableError(f"{len(rendered)} blocks, where 1 to {most} may be")
    twice = [name for name, count in Counter(block.get("block_id") for block in rendered).items() if name and count > 1]
    if twice:
        raise UnrenderableError(f"block ids that occur twice: {twice}")
    for block in rendered:
        _check_block(block)
    return rendered


def _check_block(block: Json) -> None:
    for field in block.get("fields", ()):
        if len(field["text"]) > FIELD:
            raise UnrenderableError(f"a section field of {len(field['text'])} characters")
    if block["type"] in {"section", "header", "context"} and not any(_texts(block)):
        raise UnrenderableError(f"a {block['type']} that says nothing")
    elements = [*block.get("elements", ()), *filter(None, (block.get("element"), block.get("accessory")))]
    action_ids = [element["action_id"] for element in elements if "action_id" in element]
    if len(action_ids) != len(set(action_ids)):
        raise UnrenderableError(f"action ids that occur twice in a block: {action_ids}")
    for element in elements:
        _check_element(element)


def _check_element(element: Json) -> None:
    if len(element.get("placeholder", {}).get("text", "")) > PLACEHOLDER:
        raise UnrenderableError("a placeholder that is too long")
    if len(element.get("initial_value", "")) > element.get("max_length", 3000):
        raise UnrenderableError("an initial value longer than what may be typed")
    for option in (*element.get("options", ()), *filter(None, (element.get("initial_option"),))):
        _check_option(option)


def _check_option(option: Json) -> None:
    if not option["text"]["text"] or not option["value"]:
        raise UnrenderableError("an option without a text or a value")
    if len(option.get("description", {}).get("text", "")) > DESCRIPTION:
        raise UnrenderableError("an option's description that is too long")


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, list):
        for each in content:
            yield from _texts(each)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
