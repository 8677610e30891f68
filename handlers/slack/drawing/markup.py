"""The only maker of mrkdwn from variables: whatever a person, AWS or a policy named is shown as it is, never as markup.

Three ways in: ``prose`` for names and sentences inside a line, ``quote`` for what a person typed, ``plain`` for
plain_text objects. Slack reads ``<…>`` everywhere in mrkdwn and ``*_~`:`` almost everywhere, and it has no
escape for the latter; inside a line they are therefore replaced by characters that look the same.
"""

import re
from datetime import UTC, datetime, timedelta

from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from core.domain.platforms import SLACK
from handlers.screens.clean import ELLIPSIS, clean

NAME = 120
"""Longest name shown in a line."""
SECTION = 2900
"""Longest text put into one section: Slack refuses past 3000, and markup around it counts."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPES = str.maketrans(_ENTITIES)
_LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EMOJI = re.compile(r":(?=[\w+'-]+:)")
_SOON = timedelta(hours=12)


def prose(text: str, limit: int = SECTION) -> str:
    """A name or sentence inside a line of mrkdwn, with nothing in it that Slack would format."""
    tame = clean(text).translate(_LOOKALIKES)
    return _within(_EMOJI.sub("∶", _EDGE_UNDERSCORE.sub("ˍ", tame)), limit)


def code(text: str, limit: int = NAME) -> str:
    """A value to be copied: an id, a command."""
    return f"`{_within(clean(text).replace('`', 'ˋ'), limit)}`"


def code_block(text: str) -> str:
    return f"```\n{_fenced(text, SECTION)[0]}\n```"


def quote(text: str, limit: int = SECTION) -> list[str]:
    """A person's text, as typed: line breaks kept, nothing formatted. One piece a section, all of it."""
    return [f"```\n{piece}\n```" for piece in _fenced(text, limit - 8)] if clean(text) else []


def mention(user: ChatUser) -> str:
    """Only ids that Slack could have given: a mention is markup."""
    return f"<@{user.user}>" if user.platform == SLACK and user.user.isalnum() else ""


def channel(conversation: ConversationId) -> str:
    return f"<#{conversation}>" if conversation.isalnum() else ""


def link(url: str, label: str) -> str:
    """A link to an address that this program made; the bare label when there is none."""
    shown = prose(label)
    if not url.startswith(("https://", "http://")) or set(url) & set("<>| \n"):
        return shown
    return f"<{url.replace('&', '&amp;')}|{shown}>"


def when(at: datetime, now: datetime | None = None) -> str:
    """An instant in the reader's own time: the time alone when it is near ``now``, else with the day."""
    near = now is not None and abs(at - now) < _SOON
    shown = "{time}" if near else "{date_short_pretty} at {time}"
    return f"<!date^{int(at.timestamp())}^{shown}|{utc(at, near=near)}>"


def utc(at: datetime, *, near: bool = False) -> str:
    """The same for where Slack cannot convert: plain_text, exports."""
    return at.astimezone(UTC).strftime("%H:%M UTC" if near else "%Y-%m-%d %H:%M UTC")


def within(markup: str, limit: int) -> str:
    """Mrkdwn that was made here, cut where it is too long: between words, not within a link, with its fence closed."""
    if len(markup) <= limit:
        return markup
    kept = markup[: limit - 6]
    kept = kept.rpartition(" ")[0] or kept[: kept.rfind("&")] or kept
    opened, closed = kept.rfind("<"), kept.rfind(">")
    kept = (kept[:opened] if opened > closed else kept).rstrip() + ELLIPSIS
    return f"{kept}\n```" if kept.count("```") % 2 else kept


def entities(text: str) -> str:
    """The same with what Slack reads as the beginning of a link or a mention escaped."""
    return text.translate(_ESCAPES)


def _within(text: str, limit: int) -> str:
    """Escape, and cut so that the escaped text fits without an entity cut in two."""
    if len(text) <= limit and len(escaped := entities(text)) <= limit:
        return escaped
    kept, size = [], 1
    for c in text[:limit]:
        piece = _ENTITIES.get(c, c)
        size += len(piece)
        if size > limit:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + ELLIPSIS


def _fenced(text: str, limit: int) -> list[str]:
    """Escaped pieces that fit the limit and cannot end the fence around them."""
    pieces: list[list[str]] = [[]]
    size = 0
    for c in clean(text, lines=True).replace("``", "`\u200b`").replace("``", "`\u200b`"):
        piece = _ENTITIES.get(c, c)
        if size + len(piece) > limit:
            pieces.append([])
            size = 0
        pieces[-1].append(piece)
        size += len(piece)
    return ["".join(piece) for piece in pieces]
