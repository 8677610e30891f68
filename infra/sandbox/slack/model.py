"""The things a Slack workspace is made of. They hold state; what may be done to them is decided elsewhere."""

import datetime as dt
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "im", "mpim"]

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class Enterprise:
    id: str
    name: str


@dataclass
class User:
    id: str
    name: str
    real_name: str
    email: str | None = None
    is_email_confirmed: bool = True
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    is_stranger: bool = False
    is_invited_user: bool = False
    is_admin: bool = False
    deleted: bool = False
    tz: str = "Etc/UTC"
    team_id: str = ""
    enterprise: Enterprise | None = None
    title: str = ""
    #: The person's own preference; Slack's default for English is the twelve-hour clock.
    clock_24h: bool = False
    updated: int = 0

    def tz_offset(self, at: float) -> int:
        """Seconds east of UTC at an instant."""
        offset = dt.datetime.fromtimestamp(at, ZoneInfo(self.tz)).utcoffset()
        return int(offset.total_seconds()) if offset else 0


@dataclass
class Channel:
    id: str
    name: str
    kind: ChannelKind = "public"
    members: list[str] = field(default_factory=list)
    is_archived: bool = False
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    is_org_shared: bool = False
    topic: str = ""
    purpose: str = ""
    created: int = 0

    @property
    def is_shared(self) -> bool:
        return self.is_ext_shared or self.is_org_shared

    @property
    def command_name(self) -> str:
        """The `channel_name` of a slash command, which hides the names of private places."""
        return {"public": self.name, "private": "privategroup", "mpim": "privategroup"}.get(self.kind, "directmessage")


@dataclass
class Message:
    channel_id: str
    ts: str
    user_id: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    app_id: str | None = None
    bot_id: str | None = None
    #: Only this person sees it, and `chat.update` doesn't know it.
    ephemeral_to: str | None = None
    edited_at: str | None = None
    deleted: bool = False
    reply_broadcast: bool = False

    def has(self, word: str) -> bool:
        """True if the word is in it, as the app wrote it."""
        return any(word in str(each) for each in (self.text, self.blocks, self.attachments))


@dataclass
class View:
    id: str
    app_id: str
    bot_id: str
    team_id: str
    user_id: str
    payload: Json
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    is_open: bool = True
    #: What stands under each input in red, by block id.
    errors: dict[str, str] = field(default_factory=dict)
    #: Slack's own words over the form when the app didn't answer, or answered nonsense.
    trouble: str | None = None

    @property
    def type(self) -> str:
        return str(self.payload["type"])

    @property
    def blocks(self) -> list[Json]:
        return list(self.payload["blocks"])

    @property
    def title(self) -> str:
        return str(self.payload.get("title", {}).get("text", ""))


@dataclass
class UserGroup:
    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)
    disabled: bool = False


@dataclass
class File:
    id: str
    name: str
    length: int
    user_id: str
    title: str = ""
    content: bytes | None = None
    channel_ids: list[str] = field(default_factory=list)
    complete: bool = False
    #: What a screen reader says of a picture.
    alt: str = ""
    #: What the address to upload to ends in: whoever has it may upload.
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))


@dataclass(frozen=True)
class Shortcut:
    """An app's entry in Slack's own menus: anywhere, or for a message."""

    callback_id: str
    name: str
    for_messages: bool = False


@dataclass
class App:
    """An installed app: its tokens, what it was granted, and where it listens."""

    bot_user_id: str
    app_id: str
    bot_token: str
    signing_secret: str = "local-signing-secret"
    app_token: str = ""
    scopes: frozenset[str] = frozenset()
    request_url: str = ""
    #: What people read: the display name of the manifest.
    name: str = "app"
    #: The name of its bot user, as APIs tell it; empty: the same.
    handle: str = ""
    bot_id: str = ""
    #: Slash commands it owns; empty: every one.
    commands: frozenset[str] = frozenset()
    #: What people mention after a command comes as ids (`should_escape` of the manifest), addresses as links.
    escapes_commands: bool = False
    #: Shortcuts of its manifest.
    shortcuts: frozenset[Shortcut] = frozenset()
    #: Event types it subscribed to.
    events: frozenset[str] = frozenset()
    #: Deliver over WebSockets only, even while none is connected.
    socket_mode: bool = False
    verification_token: str = "local-verification-token"

    def __post_init__(self) -> None:
        self.scopes = frozenset(self.scopes)
        self.commands = frozenset(self.commands)
        self.events = frozenset(self.events)
        self.bot_id = self.bot_id or f"B{self.bot_user_id[1:]}"
