"""A reader: their workspace, their time zone, and the addresses of their window."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit
from zoneinfo import ZoneInfo

from infra.sandbox.slack.model import User
from infra.sandbox.slack.workspace import Workspace

_SCHEMES = ("http", "https", "mailto")


@dataclass(frozen=True)
class Reader:
    workspace: Workspace
    user: User

    @property
    def base(self) -> str:
        """The address below which this person's window lies."""
        return f"/as/{quote(self.user.name)}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.user.tz)

    @property
    def zone_name(self) -> str:
        """As people say it: the place."""
        return self.user.tz.rpartition("/")[2].replace("_", " ")

    def local(self, seconds: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(seconds, self.zone)

    def time(self, seconds: float) -> str:
        """The time of day, as this person's Slack writes it."""
        at = self.local(seconds)
        return f"{at:%H:%M}" if self.user.clock_24h else f"{at.hour % 12 or 12}:{at:%M} {at:%p}"

    def conversation(self, channel_id: str) -> str:
        return f"{self.base}/c/{quote(channel_id)}"

    def may_look(self, channel_id: str) -> bool:
        """Members may, and whoever could become one of a public channel by themselves."""
        channel = self.workspace.channels.get(channel_id)
        is_open = channel is not None and channel.kind == "public" and not channel.is_archived
        is_full = not (self.user.is_restricted or self.user.is_ultra_restricted or self.user.is_stranger)
        return (is_open and is_full) or self.may_see(channel_id)

    def may_see(self, channel_id: str) -> bool:
        """True if messages there reach this person."""
        channel = self.workspace.channels.get(channel_id)
        return channel is not None and self.user.id in channel.members

    def address(self, url: str) -> str:
        """The target of a message's link here: this window, or a page that says where it would lead."""
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES:
            return ""
        host = (parts.hostname or "").removesuffix(".")
        if host == "slack.com" and parts.path == "/app_redirect" and parse_qs(parts.query).get("app"):
            return f"{self.base}/home"
        if host == f"{self.workspace.domain}.slack.com" and parts.path.startswith("/archives/"):
            return self._archive(parts.path)
        return f"{self.base}/outside?to={quote(url, safe='')}"

    def _archive(self, path: str) -> str:
        channel_id, _, message = path.removeprefix("/archives/").partition("/")
        digits = message.removeprefix("p")
        place = self.conversation(channel_id)
        return f"{place}#m-{digits[:-6]}.{digits[-6:]}" if digits.isdigit() else place
