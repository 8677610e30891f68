"""The parts of a screen as blocks, in their order, each as richly as Slack shows it."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    HeaderBlock,
    InteractiveElement,
)

from handlers.screens import parts
from handlers.screens.inputs import Input
from handlers.screens.parts import Act, Address, Button, Menu, Part, Tone
from handlers.slack.drawing import blocks
from handlers.slack.drawing.inputs import draw_input, draw_menu
from handlers.slack.drawing.markup import entities
from handlers.slack.drawing.spans import mrkdwn

_STYLES = {Tone.PLAIN: None, Tone.PRIMARY: "primary", Tone.DANGER: "danger"}


def draw(shown: Iterable[Part], *, on_home: bool = False) -> list[Block]:
    """``on_home``: headings are Home's own kind of block there, and a line in bold elsewhere."""
    return [drawn for part in shown for drawn in _part(part, on_home=on_home)]


def _part(part: Part, *, on_home: bool) -> Iterator[Block]:  # noqa: C901 - one row a part
    match part:
        case parts.Heading(title):
            yield HeaderBlock(text=blocks.words(title, 150)) if on_home else blocks.section(f"*{entities(title)}*")
        case parts.Row(text, button, id_):
            yield blocks.section(mrkdwn(text), _button(button) if button else None, block_id=id_ or None)
        case parts.Lines(lines, most, cut):
            pages = blocks.sections(list(map(mrkdwn, lines)))
            yield from pages[:most]
            yield from blocks.context(entities(cut)) if most is not None and len(pages) > most else ()
        case parts.Facts(facts):
            yield from blocks.facts([(label, mrkdwn(value)) for label, value in facts])
        case parts.Quote(label, words):
            yield from blocks.quoted(label, words)
        case parts.Aside(texts):
            yield from blocks.context(*map(mrkdwn, texts))
        case parts.Buttons(acts, id_):
            if acts:
                yield ActionsBlock(elements=list(map(_act, acts)), block_id=id_)
        case parts.Break():
            yield DividerBlock()
        case Input():
            yield draw_input(part)
        case _:
            assert_never(part)


def _act(act: Act) -> InteractiveElement:
    return draw_menu(act.action, act.choices) if isinstance(act, Menu) else _button(act)


def _button(act: Button | Address) -> ButtonElement:
    if isinstance(act, Address):
        return blocks.open_link(act.label, act.url)
    return blocks.button(act.label, act.action, act.value, says=act.spoken, style=_STYLES[act.tone])
