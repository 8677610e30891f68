"""The message that somebody chose an action of the app for: its words and its link, as Teams sends them along.

Reference: learn.microsoft.com, "Create and send the dialog", payload of a message action (``messagePayload``). It is
the requester's own client that tells it: it says no more than what they could have typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from handlers.bot_connector.activities import Body

LONGEST_LINK = 1000
LONGEST_BODY = 100_000
"""Characters of the markup that are read: Teams takes messages of about 28 KB."""
_BLOCKS = frozenset({"address", "blockquote", "br", "div", "h1", "h2", "h3", "hr", "li", "ol", "p", "pre", "tr", "ul"})
_UNSEEN = frozenset({"attachment", "script", "style", "title"})


@dataclass(frozen=True, slots=True)
class QuotedMessage:
    """Empty texts for what Teams left out, as of a message that is only a card."""

    words: str = ""
    link: str = ""


def read_quoted_message(value: Body) -> QuotedMessage:
    """Read it from the value of an invoke; nothing is there where it is not of the shape that Teams documents."""
    told = value.get("messagePayload")
    body = told.get("body") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(body, dict):
        return QuotedMessage(link=_link(told.get("linkToMessage")) if isinstance(told, dict) else "")
    content, is_html = body.get("content"), body.get("contentType") == "html"
    written = content[:LONGEST_BODY] if isinstance(content, str) else ""
    return QuotedMessage(_plain(written) if is_html else written.strip(), _link(told.get("linkToMessage")))


def _link(found: object) -> str:
    """One address on one line, else nothing."""
    if not isinstance(found, str) or len(found) > LONGEST_LINK or not found.startswith("https://"):
        return ""
    return found if found.isascii() and found.isprintable() and " " not in found else ""


def _plain(markup: str) -> str:
    reader = _Words()
    reader.feed(markup)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.found).splitlines())
    return "\n".join(line for line in lines if line)


class _Words(HTMLParser):
    """The words of a message as people read them: lines are kept, and a name that is mentioned gets its sign."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self.found.append("\n")
        elif tag == "at":
            self.found.append("@")
        elif tag in {"emoji", "img"}:
            self.found.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in _BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)
