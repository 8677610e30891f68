"""Messages as they are read in Slack and in Teams, and the audit trail, without what each writes in its own way.

Everything that is taken away here is a difference that is meant. What stays has to be the same to the letter.
"""

import json
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from infra.sandbox.company import Company
from infra.sandbox.company_tenant import teams_channel

_LOOKALIKES = str.maketrans(dict.fromkeys("*_~`∗ˍ∼ˋ\u200b\u2060─", "") | {"\u00a0": " "})
_DAY = r"(?:today|tomorrow|yesterday|[A-Z][a-z]{2} \d{1,2}, \d{4})"
_DIFFERENCES = tuple(
    (re.compile(found), instead)
    for found, instead in (
        # A moment: in the reader's zone where one person reads it, in UTC and by how far away where many do in Teams.
        (rf"(?:{_DAY} at )?\d\d:\d\d(?: UTC)?(?: \(in [^)]*\))?", "⏱"),
        # How long until then: the two did not look in the same second.
        (r"(expires in|·) \d+ (?:h|min)(?: \d+ min)?\b", r"\1 ⏱"),
        (r"\d+ (?:h|min)(?: \d+ min)? left", "⏱ left"),
        # What is typed before a word.
        (r"(?:/team|@TEAM Bot) ", ""),
        # A channel: Teams names its team, too.
        (r"#([a-z-]+)|\b[A-Z][a-z]+ / ([a-z]+-[a-z]+)", r"⌗\1\2"),
        # Whoever asks who they are.
        (r"\b(?:Slack|Teams) user\W+@Ada Lovelace \S+", "chat user"),
        # Buttons and fields, which are compared by their labels.
        (r"\[[^\[\]]*\]", ""),
        # Slack marks the fields that may stay empty by itself.
        (r" \(optional\)", ""),
        # Slack writes a fact below its label, Teams beside it.
        (r":(?=\s|$)", ""),
        # Separators and lines.
        (r"\s+·(?=\s)", ""),
        (r"\s+", " "),
        # Slack has a tab for Home, and no word.
        (r"home what waits for you, what is live, and what you can do here ", ""),
        # Teams has two fields for a moment.
        (r"Start date Start time \([^)]*\)", "Start"),
    )
)
_START = re.compile(r"^Start (?:date|time \(.*\))$")
_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
CHECKED_LATER = "is still being checked"
"""A bot that is busy in one of the chats says so of a form that was sent, and the other tells what came of it."""
OFFERED_FIRST = {"export.offered", "export.accepted"}
"""A file comes in Teams once it was accepted."""
WATCHED = ("alarm.", "drift.", "organization.", "assignment.")
"""Actions found by looking around: their time is chance."""
_EACH_TIME_ANOTHER = {"seq", "at", "prev_hash", "hash", "aws_request_id", "sha256"}

Event = dict[str, Any]
Read = tuple[str, str]


def as_read(text: str) -> str:
    """The words of a screen or message."""
    read = text.translate(_LOOKALIKES)
    for difference, instead in _DIFFERENCES:
        read = difference.sub(instead, read)
    return read.strip()


def as_labelled(labels: Iterable[str]) -> list[str]:
    """The fields of a form."""
    return list(dict.fromkeys(_START.sub("Start", as_read(each)) for each in labels))


def differing(slack: Iterable[Read], teams: Iterable[Read]) -> list[str]:
    """The places where one of them reads differently from the other."""
    found = []
    for (what, in_slack), (_, in_teams) in zip(slack, teams, strict=True):
        if any(CHECKED_LATER in each for each in (in_slack, in_teams)):
            continue
        mine, theirs = as_read(in_slack).split(), as_read(in_teams).split()
        for kind, i, j, m, n in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
            if kind != "equal":
                found.append(f"{what}: after {mine[max(0, i - 4) : i]} Slack says {mine[i:j]}, Teams {theirs[m:n]}")
    return found


def as_trail(events: Iterable[Event], company: Company) -> list[Event]:
    """The audit trail, each request's events in their order, without ids and moments that are new each time."""
    acts = (each for each in events if not each["action"].startswith((*OFFERED_FIRST, *WATCHED)))
    told = [_told(each, company) for each in acts]
    return sorted(told, key=lambda each: (str(each["request_id"]), each["action"].partition(".")[0], _pinned(each)))


def _pinned(event: Event) -> str:
    """Two people who come at once are known in either order."""
    return str(event["actor"]["name"]) if event["action"] == "identity.pinned" else ""


def _told(event: Event, company: Company) -> Event:
    written = json.dumps(event)
    for channel in company.channels:
        written = written.replace(channel.id, channel.name).replace(_in_teams(channel.name), channel.name)
    told: Event = _alike(json.loads(written))
    return {**told, "actor": {**told["actor"], "chat_user": bool(told["actor"]["chat_user"])}}


def _alike(found: Any) -> Any:
    """Channels are listed in the order of their ids."""
    if isinstance(found, Mapping):
        return {key: _alike(value) for key, value in found.items() if key not in _EACH_TIME_ANOTHER}
    if isinstance(found, list):
        return sorted(map(_alike, found), key=str)
    return "⏱" if isinstance(found, str) and _INSTANT.match(found) else found


def _in_teams(channel: str) -> str:
    try:
        return teams_channel(channel)
    except StopIteration:
        return channel
