"""One call of the Web API: who calls, with what arguments, and the way Slack reads them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.sandbox.slack.model import App, Channel, Json
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.workspace import Workspace


@dataclass(frozen=True)
class Site:
    """The address of this Slack."""

    url: str
    #: Begins a Socket Mode connection and says where.
    open_socket: Callable[[App], str]


@dataclass(frozen=True)
class Call:
    workspace: Workspace
    app: App
    site: Site
    arguments: Json

    def text(self, name: str) -> str:
        """An argument as text; empty if it is absent."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise RefusedError("invalid_arguments", [f"missing required field: {name} [json-pointer:/{name}]"])
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.arguments.get(name)
        return default if value is None else str(value).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not value.isdigit():
            raise RefusedError("invalid_arguments", [f"must be a positive integer [json-pointer:/{name}]"])
        return int(value)

    def listed(self, name: str) -> list[str]:
        """Names separated by commas, or a list."""
        value = self.arguments.get(name)
        if isinstance(value, list):
            return [str(each) for each in value]
        return [each.strip() for each in self.text(name).split(",") if each.strip()]

    def structure(self, name: str, otherwise: str = "invalid_arguments") -> Any:
        """An argument that is JSON, given as such or as text; None if it is absent."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise RefusedError(otherwise) from None

    def need(self, *any_of: str) -> None:
        """Refuses unless one of these scopes was granted."""
        if self.app.scopes and not self.app.scopes.intersection(any_of):
            raise RefusedError("missing_scope", needed=",".join(any_of), provided=",".join(sorted(self.app.scopes)))

    def visible_channel(self, channel_id: str) -> Channel:
        """A channel the bot can know of: public ones, and those it is in."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or (channel.kind != "public" and not self.is_member(channel)):
            raise RefusedError("channel_not_found")
        return channel

    def is_member(self, channel: Channel) -> bool:
        return self.app.bot_user_id in channel.members

    def has(self, scope: str) -> bool:
        return not self.app.scopes or scope in self.app.scopes
