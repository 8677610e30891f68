"""From screens to the payloads that are sent, within Slack's limits."""

import copy
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, SectionBlock

from handlers.screens import screen
from handlers.screens.inputs import MOST_OFFERED, Choice
from handlers.screens.screen import TOO_LONG, Home, Screen
from handlers.slack.drawing.blocks import option_as_sent
from handlers.slack.drawing.markup import within
from handlers.slack.drawing.surfaces import draw_message, draw_view
from handlers.slack_api.block_kit import (
    MESSAGE_BLOCKS,
    MESSAGE_CHARACTERS,
    SECTION,
    TEXT,
    SlackMessage,
    check_content,
    check_message,
    check_option,
    check_view,
    texts,
)

Json = dict[str, Any]


def render_message(said: screen.Message) -> Json:
    """``text`` and ``blocks`` for chat.postMessage, chat.update and response URLs: as much as there is room for."""
    drawn = draw_message(said)
    for shorter in (*said.shorter, None):
        blocks = _as_sent(drawn)
        if blocks is not None and _have_room(blocks):
            return check_content(within(drawn.text, TEXT), blocks)
        drawn = draw_message(shorter) if shorter else drawn
    return check_message(fitted(drawn))


def _as_sent(message: SlackMessage) -> list[Json] | None:
    """The blocks as they are sent, each looked through by the SDK once; None when Slack would refuse one."""
    try:
        return [block.to_dict() for block in message.blocks]
    except SlackObjectFormationError:
        return None


def _have_room(blocks: Sequence[Json]) -> bool:
    return len(blocks) <= MESSAGE_BLOCKS and sum(map(len, texts(list(blocks)))) <= MESSAGE_CHARACTERS


def fits(message: SlackMessage) -> bool:
    """True if Slack takes the message as a whole: each block may be well and all of them too much."""
    sizes = [_size(block) for block in message.blocks]
    return len(sizes) <= MESSAGE_BLOCKS and sum(sizes) <= MESSAGE_CHARACTERS


def fitted(message: SlackMessage) -> SlackMessage:
    """The same where it fits, else with its longest words left out: what people typed first, a heading never.

    People may type much and things may have long names: that is no fault, and no reason to say nothing.
    """
    blocks, shortened = [_shorter(block) for block in message.blocks], False
    while not fits(SlackMessage(message.text, blocks)):
        droppable = [index for index, block in enumerate(blocks) if index and block.type in _WORDS]
        if not droppable:
            break
        longest = max(droppable, key=lambda index: (_is_typed(blocks[index]), _size(blocks[index])))
        blocks[longest : longest + 1] = [] if shortened else [_left_out()]
        shortened = True
    return SlackMessage(within(message.text, TEXT), blocks)


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
        return sum(map(len, texts(block.to_dict())))
    except SlackObjectFormationError:
        return MESSAGE_CHARACTERS + 1


def render_view(shown: Screen | Home) -> Json:
    """Return a modal or Home tab for views.open, views.update, views.publish."""
    return check_view(draw_view(shown))


def render_options(offered: Iterable[Choice]) -> list[Json]:
    """Return the answer to a type-ahead. A hundred objects of the SDK would cost most of the time of a key."""
    rendered = [option_as_sent(each.label, each.value, each.description) for each in islice(offered, MOST_OFFERED)]
    for option in rendered:
        check_option(option)
    return rendered
