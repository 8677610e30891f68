"""Slack's markup as a reader sees it: marks gone, escapes resolved, references by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra.sandbox.slack.model import User
from infra.sandbox.slack.reading.dates import spoken_date
from infra.sandbox.slack.workspace import Workspace

_REFERENCE = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_MARKS = [re.compile(rf"(?<![\w{m}]){m}(?=\S)([^\n]+?)(?<=\S){m}(?![\w{m}])") for m in (r"\*", "_", "~")]
_HELD = re.compile("\x00(\\d+)\x00")


@dataclass(frozen=True)
class Reference:
    """Something between angle brackets: a link, a person, a channel, a date or a shout."""

    target: str
    label: str

    @property
    def is_link(self) -> bool:
        return not self.target.startswith(("@", "#", "!"))


def references(text: str) -> Iterator[Reference]:
    """Everything in the text that is more than words; what was escaped is words."""
    for match in _REFERENCE.finditer(text):
        target, _, label = match[1].partition("|")
        yield Reference(target, unescaped(label))


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def spoken(text: str, workspace: Workspace, reader: User) -> str:
    """The text as this person reads it."""
    held: list[str] = []

    def hold(words: str) -> str:
        held.append(words)
        return f"\x00{len(held) - 1}\x00"

    text = _REFERENCE.sub(lambda m: hold(_named(m[1], workspace, reader)), text)
    text = _CODE.sub(lambda m: hold(unescaped(m[1] or m[2])), text)
    for mark in _MARKS:
        text = mark.sub(r"\1", text)
    text = unescaped(text)
    while _HELD.search(text):
        text = _HELD.sub(lambda m: held[int(m[1])], text)
    return text


def _named(inner: str, workspace: Workspace, reader: User) -> str:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        user = workspace.users.get(target[1:])
        return f"@{user.real_name if user else label or target[1:]}"
    if target.startswith("#"):
        channel = workspace.channels.get(target[1:])
        return f"#{channel.name if channel else label or target[1:]}"
    if target.startswith("!"):
        return _special(target[1:], label, workspace, reader)
    return unescaped(label or target.removeprefix("mailto:"))


def _special(target: str, label: str, workspace: Workspace, reader: User) -> str:
    kind, *rest = target.split("^")
    if kind == "date" and len(rest) >= 2 and rest[0].lstrip("-").isdigit():
        return spoken_date(int(rest[0]), unescaped(rest[1]), reader, workspace.clock())
    if kind == "subteam" and rest:
        group = workspace.user_groups.get(rest[0])
        return f"@{group.handle}" if group else label or f"@{rest[0]}"
    return f"@{kind}" if kind in ("here", "channel", "everyone") else unescaped(label)
