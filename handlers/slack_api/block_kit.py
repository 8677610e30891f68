"""Block Kit's limits that slack_sdk does not check. What is past one fails loudly here, before it is sent.

Limits: docs.slack.dev/reference/block-kit and docs.slack.dev/reference/views.
"""

import copy
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
SECTION = 3000
FIELD = 2000
PLACEHOLDER = 150
DESCRIPTION = 75
OPTION_VALUE = 150
TEXT = 4000
"""Longest fallback text: chat.update refuses more."""
MESSAGE_CHARACTERS = 12_000
VIEW_BYTES = 250_000

Json = dict[str, Any]


class UnrenderableError(ValueError):
    """A view was built that Slack would refuse: a fault of the program, never of a person."""


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """``text`` is read by notifications and screen readers: a whole sentence, always there."""

    text: str
    blocks: Sequence[Block]


def check_message(message: SlackMessage) -> Json:
    """The payload of a message. UnrenderableError when Slack would refuse it."""
    return check_content(message.text, message.blocks)


def check_content(text: str, drawn: Sequence[Block | Json]) -> Json:
    """The same of a message whose blocks the SDK may have looked through already."""
    blocks = _blocks(drawn, MESSAGE_BLOCKS)
    if not text.strip() or len(text) > TEXT:
        raise UnrenderableError(f"the fallback text has {len(text)} characters")
    if sum(map(len, texts(blocks))) > MESSAGE_CHARACTERS:
        raise UnrenderableError("the message is too long as a whole")
    return {"text": text, "blocks": blocks}


def check_view(view: View) -> Json:
    """The payload of a view. UnrenderableError when Slack would refuse it."""
    blocks, around = _blocks(view.blocks or [], VIEW_BLOCKS), copy.copy(view)
    around.blocks = around.blocks[:1]  # the SDK has looked through them once, and wants one
    rendered: Json = {**around.to_dict(), "blocks": blocks}
    has_input = any(block["type"] == "input" for block in blocks)
    if rendered["type"] == "modal" and has_input and "submit" not in rendered:
        raise UnrenderableError("a modal with an input needs a submit button")
    if len(json.dumps(rendered, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise UnrenderableError("the view is too large")
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
    if block["type"] in {"section", "header", "context"} and not any(texts(block)):
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
        check_option(option)


def check_option(option: Json) -> None:
    if not option["text"]["text"] or not option["value"]:
        raise UnrenderableError("an option without a text or a value")
    if len(option["value"]) > OPTION_VALUE:
        raise UnrenderableError("an option's value that is too long")
    if len(option.get("description", {}).get("text", "")) > DESCRIPTION:
        raise UnrenderableError("an option's description that is too long")


def texts(content: object) -> Iterator[str]:
    """Every text in it, whose characters count."""
    if isinstance(content, list):
        for each in content:
            yield from texts(each)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
