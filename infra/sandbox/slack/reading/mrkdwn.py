"""Slack's markup in words, as one person reads it: marks gone, escapes resolved, references by name."""

from collections.abc import Iterable

from infra.sandbox.slack.model import User
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
    Styled,
    UserMention,
    Words,
    read,
)
from infra.sandbox.slack.workspace import Workspace


def spoken(text: str, workspace: Workspace, reader: User, *, verbatim: bool = True) -> str:
    """The text as this person reads it."""
    lines: list[str] = []
    for block in read(text, verbatim=verbatim):
        if isinstance(block, Line):
            lines.append(_all(block.inside, workspace, reader))
        else:
            lines += [f"> {_all(line.inside, workspace, reader)}" for line in block.lines]
    return "\n".join(lines)


def _all(nodes: Iterable[Inline], workspace: Workspace, reader: User) -> str:
    return "".join(said(node, workspace, reader) for node in nodes)


def said(node: Inline, workspace: Workspace, reader: User) -> str:
    """One node in words."""
    match node:
        case Words(text):
            return text
        case Link(url, label):
            return label or url.removeprefix("mailto:")
        case Code(inside) | Styled(_, inside):
            return _all(inside, workspace, reader)
        case Date(unix, pattern):
            return spoken_date(unix, pattern, reader, workspace.clock())
        case _:
            return _mention(node, workspace, reader)


def _mention(node: Mention, workspace: Workspace, reader: User) -> str:
    match node:
        case Broadcast(to):
            return f"@{to}"
        case UserMention(user_id, label):
            user = workspace.users.get(user_id)
            return f"@{user.real_name if user else label or user_id}"
        case GroupMention(group_id, label):
            group = workspace.user_groups.get(group_id)
            return f"@{group.handle if group else label or group_id}"
        case ChannelMention(channel_id, label):
            channel = workspace.channels.get(channel_id)
            if channel is not None and channel.kind == "private" and reader.id not in channel.members:
                return "private channel"
            return f"#{channel.name if channel else label or channel_id}"
