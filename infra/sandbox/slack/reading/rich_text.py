"""Rich text blocks: what stands in them as the nodes of markup, and all of them as words."""

from collections.abc import Callable

from infra.sandbox.slack.model import Json, User
from infra.sandbox.slack.reading.markup import (
    Broadcast,
    ChannelMention,
    Date,
    GroupMention,
    Inline,
    Link,
    UserMention,
    Words,
)
from infra.sandbox.slack.reading.mrkdwn import said
from infra.sandbox.slack.workspace import Workspace

_NODES: dict[str, Callable[[Json], Inline]] = {
    "link": lambda piece: Link(piece["url"], piece.get("text", "")),
    "date": lambda piece: Date(piece["timestamp"], piece["format"], piece.get("url", "")),
    "user": lambda piece: UserMention(piece["user_id"]),
    "channel": lambda piece: ChannelMention(piece["channel_id"]),
    "usergroup": lambda piece: GroupMention(piece["usergroup_id"]),
    "broadcast": lambda piece: Broadcast(piece["range"]),
    "emoji": lambda piece: Words(f":{piece['name']}:"),
}


def inline_of(piece: Json) -> Inline:
    """The node that a piece of a section is; its style is left to whoever shows styles."""
    node = _NODES.get(piece["type"])
    return node(piece) if node else Words(str(piece.get("text") or piece.get("value") or piece.get("team_id") or ""))


def spoken_rich_text(block: Json, workspace: Workspace, reader: User) -> str:
    return "\n".join(_part(each, workspace, reader) for each in block.get("elements", ()))


def _part(part: Json, workspace: Workspace, reader: User) -> str:
    kind = part["type"]
    if kind == "rich_text_list":
        return _list(part, workspace, reader)
    line = "".join(said(inline_of(each), workspace, reader) for each in part.get("elements", ()))
    if kind == "rich_text_quote":
        return "\n".join(f"> {each}" for each in line.split("\n"))
    return line


def _list(part: Json, workspace: Workspace, reader: User) -> str:
    indent = "  " * part.get("indent", 0)
    lines = []
    for number, each in enumerate(part["elements"], start=1 + part.get("offset", 0)):
        mark = f"{number}." if part["style"] == "ordered" else "•"
        lines.append(f"{indent}{mark} {_part(each, workspace, reader)}")
    return "\n".join(lines)
