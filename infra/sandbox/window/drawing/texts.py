"""Text objects: plain ones as they are, markup only where it was declared."""

from markupsafe import Markup

from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.emoji import pictured
from infra.sandbox.window.drawing.mrkdwn import mrkdwn
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import BREAK, EMPTY, together


def draw_text(text: Json | None, reader: Reader) -> Markup:
    if not text:
        return EMPTY
    if text["type"] == "mrkdwn":
        return mrkdwn(text["text"], reader, verbatim=bool(text.get("verbatim")))
    return BREAK.join(together(line) for line in words(text).split("\n"))


def words(text: Json | None) -> str:
    """A plain text as one string, for attributes and menus."""
    if not text:
        return ""
    said = str(text["text"])
    return pictured(said) if text.get("emoji", True) else said
