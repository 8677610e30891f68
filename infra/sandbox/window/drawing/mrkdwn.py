"""Slack's markup as HTML: links, people, channels, dates, code, quotes and the three marks, all else as it stands."""

import datetime as dt
from collections.abc import Iterable

from markupsafe import Markup

from infra.sandbox.slack.reading.dates import spoken_date
from infra.sandbox.slack.reading.markup import (
    Broadcast,
    ChannelMention,
    Code,
    Date,
    GroupMention,
    Inline,
    Line,
    Link,
    Mention,
    Quote,
    Styled,
    UserMention,
    Words,
    read,
)
from infra.sandbox.window.drawing.emoji import pictured
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import BREAK, EMPTY, tag, together

_TAGS = {"bold": "strong", "italic": "em", "strike": "s"}


def mrkdwn(text: str, reader: Reader, *, verbatim: bool = True) -> Markup:
    """The text as this person sees it; `verbatim` makes no links of what merely looks like one."""
    drawn: list[Markup] = []
    after_block = True
    for block in read(text, verbatim=verbatim):
        is_block = isinstance(block, Quote) or block.is_code
        drawn.append(together(EMPTY if after_block or is_block else BREAK, _block(block, reader)))
        after_block = is_block
    return EMPTY.join(drawn)


def _block(block: Line | Quote, reader: Reader) -> Markup:
    if isinstance(block, Line):
        return _all(block.inside, reader)
    return tag("blockquote", BREAK.join(_all(line.inside, reader) for line in block.lines))


def _all(nodes: Iterable[Inline], reader: Reader, *, as_typed: bool = False) -> Markup:
    return EMPTY.join(draw_inline(node, reader, as_typed=as_typed) for node in nodes)


def draw_inline(node: Inline, reader: Reader, *, as_typed: bool = False) -> Markup:
    """``as_typed``: within code, where shortcodes are no pictures."""
    match node:
        case Words(text):
            return together(text if as_typed else pictured(text))
        case Styled(style, inside):
            return tag(_TAGS[style], _all(inside, reader))
        case Code(inside, is_block):
            return tag("pre" if is_block else "code", _all(inside, reader, as_typed=True))
        case Link(url, label):
            return _link(url, label, reader)
        case Date(unix, pattern, url):
            return _date(unix, pattern, url, reader)
        case _:
            return _mention(node, reader)


def _mention(node: Mention, reader: Reader) -> Markup:
    match node:
        case UserMention(user_id, label):
            return _user_mention(user_id, label, reader)
        case ChannelMention(channel_id, label):
            return _channel_mention(channel_id, label, reader)
        case GroupMention(group_id, label):
            return _group_mention(group_id, label, reader)
        case Broadcast(to):
            return tag("span", f"@{to}", class_="mention own")


def _link(url: str, label: str, reader: Reader) -> Markup:
    """A link that leads somewhere in this window; a scheme that no browser should follow stays words."""
    shown = label or url.removeprefix("mailto:")
    if url.startswith("mailto:"):
        return tag("span", shown, class_="address")
    address = reader.address(url)
    return tag("a", shown, href=address, title=url) if address else together(shown)


def _user_mention(user_id: str, label: str, reader: Reader) -> Markup:
    user = reader.workspace.users.get(user_id)
    own = " own" if user_id == reader.user.id else ""
    return tag("span", f"@{user.real_name if user else label or user_id}", class_=f"mention{own}")


def _channel_mention(channel_id: str, label: str, reader: Reader) -> Markup:
    """A private channel that the reader is not in has no name here, as in Slack."""
    channel = reader.workspace.channels.get(channel_id)
    if channel is None:
        return tag("span", f"#{label or channel_id}", class_="mention")
    if reader.may_look(channel_id):
        return tag("a", f"#{channel.name}", class_="mention", href=reader.conversation(channel_id))
    return tag("span", "private channel" if channel.kind == "private" else f"#{channel.name}", class_="mention")


def _date(unix: int, pattern: str, url: str, reader: Reader) -> Markup:
    """In the reader's own time; the whole of it on hovering."""
    at = dt.datetime.fromtimestamp(unix, dt.UTC)
    words = spoken_date(unix, pattern, reader.user, reader.workspace.clock())
    whole = f"{reader.local(unix):%A %d %B %Y, %H:%M %Z} ({reader.zone_name})"
    drawn = tag("time", words, datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}", title=whole)
    address = reader.address(url) if url else ""
    return tag("a", drawn, href=address) if address else drawn


def _group_mention(group_id: str, label: str, reader: Reader) -> Markup:
    group = reader.workspace.user_groups.get(group_id)
    return tag("span", f"@{group.handle if group else label or group_id}", class_="mention")
