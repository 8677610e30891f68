"""Rich text as HTML: sections, lists, quotes, code, and what stands inside them."""

from markupsafe import Markup

from infra.sandbox.slack.model import Json
from infra.sandbox.slack.reading.markup import Words
from infra.sandbox.slack.reading.rich_text import inline_of
from infra.sandbox.window.drawing.mrkdwn import draw_inline
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import BREAK, EMPTY, tag, together

_STYLES = (("code", "code"), ("bold", "strong"), ("italic", "em"), ("strike", "s"), ("underline", "u"))


def draw_rich_text(block: Json, reader: Reader) -> Markup:
    return EMPTY.join(_part(each, reader) for each in block.get("elements", ()))


def _part(part: Json, reader: Reader) -> Markup:
    inside = part.get("elements", ())
    match part["type"]:
        case "rich_text_list":
            return _list(part, reader)
        case "rich_text_quote":
            return tag("blockquote", _line(inside, reader))
        case "rich_text_preformatted":
            return tag("pre", _line(inside, reader, breaks=False))
        case _:
            return tag("p", _line(inside, reader))


def _list(part: Json, reader: Reader) -> Markup:
    items = [tag("li", _line(each.get("elements", ()), reader)) for each in part["elements"]]
    indent = f"indent-{part['indent']}" if part.get("indent") else None
    if part["style"] == "ordered":
        return tag("ol", *items, start=1 + part["offset"] if part.get("offset") else None, class_=indent)
    return tag("ul", *items, class_=indent)


def _line(pieces: list[Json], reader: Reader, *, breaks: bool = True) -> Markup:
    return EMPTY.join(_styled(piece, _inline(piece, reader, breaks=breaks)) for piece in pieces)


def _styled(piece: Json, drawn: Markup) -> Markup:
    style = piece.get("style") or {}
    for name, wrapper in _STYLES:
        if style.get(name):
            drawn = tag(wrapper, drawn)
    return drawn


def _inline(piece: Json, reader: Reader, *, breaks: bool) -> Markup:
    node = inline_of(piece)
    if not isinstance(node, Words) or piece["type"] == "emoji":
        return draw_inline(node, reader)
    return BREAK.join(together(line) for line in node.text.split("\n")) if breaks else together(node.text)
