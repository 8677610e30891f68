"""Text of messages and cards as a person reads it: markdown, mentions, and the functions that show a time.

Of markdown only what Teams knows in cards. A mention counts where an entity names it, and reads ``@Ada Lovelace``;
everything else in angle brackets stays as it was typed.
"""

import datetime as dt
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt
from markdown_it.token import Token

from infra.sandbox.local_teams.model import Json

_MARKDOWN = MarkdownIt("zero").enable(["emphasis", "link", "list", "newline", "escape", "entity"])
_TIME = re.compile(r"\{\{(DATE|TIME)\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))(?:,\s*(\w+))?\)\}\}")
JOINER = "\u2060"
"""U+2060 has no width, so nobody reads it; it keeps what people typed from being markup."""
_DATES = {"LONG": "%A, %d %B %Y", "SHORT": "%a, %d %b %Y", "COMPACT": "%d/%m/%Y"}


def plain(text: str, zone: str, entities: Iterable[Json] = ()) -> str:
    """Markdown as plain text."""
    marked = _with_times(text, zone)
    for each in _mentions(entities):
        marked = marked.replace(each["text"], f"@{_escaped(_mentioned(each))}")
    return _text(_MARKDOWN.parse(marked)).replace(JOINER, "")


def as_typed(text: str, entities: Iterable[Json] = ()) -> str:
    """A text without markdown as it is read (``textFormat: plain``)."""
    for each in _mentions(entities):
        text = text.replace(each["text"], f"@{_mentioned(each)}")
    return text.replace(JOINER, "")


def links(text: str) -> list[tuple[str, str]]:
    """The label and address of each link of a markdown text."""
    found, label, address = [], "", None
    for token in (part for block in _MARKDOWN.parse(text) for part in block.children or ()):
        if token.type == "link_open":
            label, address = "", str(token.attrs["href"])
        elif token.type == "link_close" and address is not None:
            found.append((label, address))
            address = None
        else:
            label += token.content
    return found


def _mentions(entities: Iterable[Json]) -> list[Json]:
    return [each for each in entities if each.get("type") == "mention" and each.get("text")]


def _mentioned(entity: Json) -> str:
    return str((entity.get("mentioned") or {}).get("name", ""))


def _escaped(text: str) -> str:
    return re.sub(r"([\\*_\[\]()&`])", r"\\\1", text)


def _with_times(text: str, zone: str) -> str:
    """``{{DATE(…)}}`` and ``{{TIME(…)}}`` in the reader's zone."""

    def shown(found: re.Match[str]) -> str:
        kind, instant, form = found.groups()
        there = dt.datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
        return there.strftime("%H:%M" if kind == "TIME" else _DATES.get(form or "COMPACT", _DATES["COMPACT"]))

    return _TIME.sub(shown, text)


def _text(tokens: list[Token]) -> str:
    lines: list[str] = []
    marks: list[str] = []
    for token in tokens:
        if token.type == "list_item_open":
            marks.append(f"{token.info}. " if token.info else "- ")
        elif token.type == "inline":
            words = "".join(_inline(each) for each in token.children or ())
            lines.append(f"{marks.pop() if marks else ''}{words}")
    return "\n".join(lines)


def _inline(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content
