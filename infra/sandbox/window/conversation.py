"""One conversation as one person sees it: days, messages in groups, threads under their roots."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from markupsafe import Markup

from infra.sandbox.slack.model import SLACKBOT, Channel, Message, User
from infra.sandbox.slack.reading.dates import spoken_date
from infra.sandbox.window.drawing import Reader, draw_message_body
from infra.sandbox.window.unread import Reading

#: Messages of one author within so many seconds stand under one name.
TOGETHER_WITHIN = 5 * 60
HUES = 8


@dataclass(frozen=True)
class Face:
    """Avatars: initials on a colour, or the picture of an app."""

    name: str
    initials: str
    hue: int
    is_app: bool = False


@dataclass(frozen=True)
class Shown:
    ts: str
    channel_id: str
    face: Face
    time: str
    #: The whole instant, for machines and for hovering.
    iso: str
    whole: str
    body: Markup
    is_edited: bool
    #: Only this person sees it.
    is_private: bool
    #: The same author just before: no name again.
    follows: bool = False
    replies: tuple["Shown", ...] = ()

    @property
    def anchor(self) -> str:
        return f"m-{self.ts}"


@dataclass(frozen=True)
class Day:
    label: str
    messages: tuple[Shown, ...]


def face_of(user: User) -> Face:
    name = user.real_name
    initials = "".join(part[0] for part in name.replace("(", "").split()[:2]).upper()
    hue = int(sha256(user.id.encode()).hexdigest(), 16) % HUES
    return Face(name, initials, hue, user.is_bot)


def conversation(channel: Channel, reader: Reader, reading: Reading) -> list[Day]:
    messages = reading.messages(reader.user, channel)
    roots = [each for each in messages if each.thread_ts in (None, each.ts)]
    threads = {
        root.ts: tuple(_grouped((each for each in messages if each.thread_ts == root.ts != each.ts), reader))
        for root in roots
    }
    days = groupby(roots, key=lambda each: reader.local(float(each.ts)).date())
    return [Day(_day(day, reader), tuple(_grouped(some, reader, threads))) for day, some in days]


def title(channel: Channel, reader: Reader) -> str:
    """The name of a conversation: of a direct one, that of the others in it."""
    if channel.kind == "im":
        return other(channel, reader).real_name
    if channel.kind == "mpim":
        users = reader.workspace.users
        return ", ".join(users[each].real_name for each in channel.members if each != reader.user.id)
    return channel.name


def other(channel: Channel, reader: Reader) -> User:
    """The one that a direct conversation is with; oneself, where nobody else is in it."""
    members = [each for each in channel.members if each != reader.user.id]
    return reader.workspace.users[members[0]] if members else reader.user


def _grouped(
    messages: Iterable[Message], reader: Reader, threads: dict[str, tuple[Shown, ...]] | None = None
) -> Iterator[Shown]:
    before: Message | None = None
    for message in messages:
        follows = before is not None and _goes_with(before, message)
        yield _shown(message, reader, follows=follows, replies=(threads or {}).get(message.ts, ()))
        before = message


def _goes_with(before: Message, message: Message) -> bool:
    near = float(message.ts) - float(before.ts) <= TOGETHER_WITHIN
    return near and before.user_id == message.user_id and bool(before.ephemeral_to) == bool(message.ephemeral_to)


def _shown(message: Message, reader: Reader, *, follows: bool, replies: tuple[Shown, ...]) -> Shown:
    at = float(message.ts)
    return Shown(
        ts=message.ts,
        channel_id=message.channel_id,
        face=face_of(reader.workspace.users[message.user_id]),
        time=reader.time(at),
        iso=f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        whole=f"{reader.local(at):%A %d %B %Y, %H:%M:%S}",
        body=draw_message_body(message, reader),
        is_edited=message.edited_at is not None and message.user_id != SLACKBOT,
        is_private=message.ephemeral_to is not None,
        follows=follows,
        replies=replies,
    )


def _day(day: dt.date, reader: Reader) -> str:
    noon = dt.datetime.combine(day, dt.time(12), reader.zone)
    words = spoken_date(int(noon.timestamp()), "{day_divider_pretty}", reader.user, reader.workspace.clock())
    return words[0].upper() + words[1:]
