"""Standard Markdown, of the block of that name: HTML in it is text, links lead where those of messages do."""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from infra.sandbox.window.drawing.reader import Reader

_READER = "reader"


def draw_markdown(text: str, reader: Reader) -> Markup:
    return Markup(_READ.render(text, {_READER: reader}))  # noqa: S704 - HTML is off, and links are made below


def _link(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    del renderer, options
    url = str(tokens[index].attrGet("href") or "")
    return str(Markup('<a href="{}" title="{}">').format(env[_READER].address(url), url))


def _image(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Its words: nothing is fetched from elsewhere."""
    del renderer, options, env
    return str(escape(f"🖼️ {tokens[index].content}"))


_READ = MarkdownIt("js-default", {"html": False, "linkify": False})
_READ.add_render_rule("link_open", _link)
_READ.add_render_rule("image", _image)
