"""Short ways to write the few kinds of blocks that screens are drawn as."""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
)

from handlers.screens.clean import plain
from handlers.screens.ids import ActionId
from handlers.slack.drawing.markup import SECTION, quote

MOST_FIELDS = 10


def markdown(text: str) -> MarkdownTextObject:
    """``verbatim``: Slack makes no links of what looks like an address or a channel."""
    return MarkdownTextObject(text=text, verbatim=True)


def words(text: str, limit: int = 2000) -> PlainTextObject:
    return PlainTextObject(text=plain(text, limit), emoji=False)


def section(text: str, button: ButtonElement | None = None, *, block_id: str | None = None) -> SectionBlock:
    return SectionBlock(text=markdown(text), accessory=button, block_id=block_id)


def sections(lines: Sequence[str]) -> list[Block]:
    """As few sections as hold all lines."""
    pages: list[str] = []
    for line in filter(None, lines):
        if pages and len(pages[-1]) + 1 + len(line) <= SECTION:
            pages[-1] += f"\n{line}"
        else:
            pages.append(line)
    return [section(page) for page in pages]


def facts(pairs: Sequence[tuple[str, str]]) -> list[Block]:
    """Labelled facts in two columns; the labels are ours, the values are made by ``text``."""
    shown = [markdown(f"*{label}*\n{value}") for label, value in pairs if value]
    return [SectionBlock(fields=shown[i : i + MOST_FIELDS]) for i in range(0, len(shown), MOST_FIELDS)]


def quoted(label: str, text: str) -> list[Block]:
    """Somebody's own words under a label."""
    pieces = quote(text, SECTION - len(label) - 4)
    return [section(f"*{label}*\n{piece}" if index == 0 else piece) for index, piece in enumerate(pieces)]


def context(*texts: str) -> list[Block]:
    shown = [markdown(text) for text in texts if text]
    return [ContextBlock(elements=shown)] if shown else []


def button(
    label: str,
    action: ActionId,
    value: str,
    *,
    says: str = "",
    style: str | None = None,
) -> ButtonElement:
    """``says`` is what a screen reader reads instead of the label: the label, whole, and what is acted on."""
    return ButtonElement(
        text=words(label, 75),
        action_id=action.value,
        value=value,
        style=style,
        accessibility_label=plain(says, 75) if says else None,
    )


def open_link(label: str, url: str) -> ButtonElement:
    return ButtonElement(text=words(label, 75), action_id=ActionId.OPEN_LINK.value, url=url)


def option(label: str, value: str, description: str = "") -> Option:
    return Option(**option_as_sent(label, value, description))


def option_as_sent(label: str, value: str, description: str = "") -> dict[str, Any]:
    shown, more = plain(label, 75) or plain(value, 75), plain(description, 75)
    said = {"text": {"type": "plain_text", "text": shown, "emoji": False}, "value": value}
    return said | {"description": {"type": "plain_text", "text": more, "emoji": False}} if more else said
