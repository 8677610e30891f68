"""Rich text blocks as words."""

from infra.sandbox.slack.model import Json, User
from infra.sandbox.slack.reading.dates import spoken_date
from infra.sandbox.slack.workspace import Workspace


def spoken_rich_text(block: Json, workspace: Workspace, reader: User) -> str:
    return "\n".join(_part(each, workspace, reader) for each in block.get("elements", ()))


def _part(part: Json, workspace: Workspace, reader: User) -> str:
    kind = part["type"]
    if kind == "rich_text_list":
        return _list(part, workspace, reader)
    line = "".join(_inline(each, workspace, reader) for each in part.get("elements", ()))
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


def _inline(piece: Json, workspace: Workspace, reader: User) -> str:
    match piece["type"]:
        case "link":
            return str(piece.get("text") or piece["url"])
        case "emoji":
            return f":{piece['name']}:"
        case "user" | "channel" | "broadcast":
            return _reference(piece, workspace)
        case "date":
            return spoken_date(piece["timestamp"], piece["format"], reader, workspace.clock())
        case _:
            return str(piece.get("text") or piece.get("value") or "")


def _reference(piece: Json, workspace: Workspace) -> str:
    if piece["type"] == "broadcast":
        return f"@{piece['range']}"
    if piece["type"] == "user":
        user = workspace.users.get(piece["user_id"])
        return f"@{user.real_name if user else piece['user_id']}"
    channel = workspace.channels.get(piece["channel_id"])
    return f"#{channel.name if channel else piece['channel_id']}"
