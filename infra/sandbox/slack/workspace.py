"""A Slack workspace: its people, channels, apps and everything they made. It knows nothing of HTTP."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from infra.sandbox.changes import Change, Changes
from infra.sandbox.slack.ids import Ids, Timestamps
from infra.sandbox.slack.messages import Messages
from infra.sandbox.slack.model import (
    SLACKBOT,
    App,
    Channel,
    ChannelKind,
    Enterprise,
    File,
    Message,
    User,
    UserGroup,
)
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.tickets import Tickets
from infra.sandbox.slack.views import Views


class Workspace:
    """Built in code, then served by `LocalSlack`."""

    def __init__(
        self,
        team_id: str = "T0TEAM",
        name: str = "Example",
        domain: str = "example",
        *,
        enterprise: Enterprise | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.team_id = team_id
        self.name = name
        self.domain = domain
        self.enterprise = enterprise
        self.clock = clock
        #: Lists are cut into pages of at most this many, whatever limit was asked for.
        self.page_most = 1000
        self.changes = Changes()
        self.ids = Ids()
        self.messages = Messages(Timestamps(clock), self.changes)
        self.views = Views(team_id, self.ids, clock, self.changes)
        self.tickets = Tickets(clock)
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.user_groups: dict[str, UserGroup] = {}
        self.apps: dict[str, App] = {}
        self.files: dict[str, File] = {}
        self.add_user("slackbot", real_name="Slackbot", user_id=SLACKBOT, is_bot=True)

    def add_user(
        self,
        name: str,
        real_name: str = "",
        email: str | None = None,
        *,
        user_id: str = "",
        **facts: Any,
    ) -> User:
        """A person or bot; the other facts are those of `User`."""
        facts.setdefault("team_id", self.team_id)
        facts.setdefault("enterprise", self.enterprise)
        user = User(user_id or self.ids.next("U"), name, real_name or name, email, **facts)
        self.users[user.id] = user
        self.changes.announce(Change("user.added", user, user.id))
        return user

    def change_user(self, user: User, **facts: Any) -> None:
        """Changes a profile; apps subscribed to `user_change` are told."""
        for name, value in facts.items():
            setattr(user, name, value)
        user.updated = int(self.clock())
        self.changes.announce(Change("user.changed", user, user.id))

    def add_channel(
        self,
        name: str,
        members: Iterable[User | App | str] = (),
        *,
        channel_id: str = "",
        kind: ChannelKind = "public",
        **facts: Any,
    ) -> Channel:
        """A channel; members are users, apps, names or ids."""
        channel = Channel(
            channel_id or self.ids.next("C"), name, kind, [self._id_of(each) for each in members], **facts
        )
        channel.created = channel.created or int(self.clock())
        self.channels[channel.id] = channel
        self.changes.announce(Change("channel.added", channel, channel_id=channel.id))
        return channel

    def add_user_group(self, handle: str, name: str, users: Iterable[User | str] = ()) -> UserGroup:
        group = UserGroup(self.ids.next("S"), handle, name, [self._id_of(each) for each in users])
        self.user_groups[group.id] = group
        return group

    def install_app(self, app: App) -> App:
        """Gives the app its bot user, unless that user is there already."""
        if app.bot_user_id not in self.users:
            self.add_user(app.handle or app.name, real_name=app.name, user_id=app.bot_user_id, is_bot=True)
        self.apps[app.app_id] = app
        return app

    def join(self, channel: Channel, user_id: str) -> None:
        if user_id not in channel.members:
            channel.members.append(user_id)
            self.changes.announce(Change("channel.joined", channel, user_id, channel.id))

    def change_channel(self, channel: Channel, **facts: Any) -> None:
        """Archives, shares or renames."""
        for name, value in facts.items():
            setattr(channel, name, value)
        self.changes.announce(Change("channel.changed", channel, channel_id=channel.id))

    def user(self, name: str) -> User:
        """Someone by name or id."""
        for user in self.users.values():
            if name in (user.id, user.name):
                return user
        raise LookupError(f"nobody here is called {name!r}; there are {sorted(self._names())}")

    def channel(self, name: str) -> Channel:
        """A channel by name, with or without #, or by id."""
        for channel in self.channels.values():
            if name.removeprefix("#") in (channel.id, channel.name):
                return channel
        raise LookupError(f"there is no channel {name!r}")

    def direct_channel(self, one: str, other: str) -> Channel:
        """The conversation of these two, begun if need be."""
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == {one, other}:
                return channel
        return self.add_channel("", (one, other), channel_id=self.ids.next("D"), kind="im")

    def visible_channels(self, user_id: str) -> list[Channel]:
        return [each for each in self.channels.values() if user_id in each.members]

    def visible_messages(self, user_id: str) -> list[Message]:
        """All that this person could read now, ephemeral messages included, oldest first."""
        seen = list(self.messages.ephemeral_to(user_id))
        for channel in self.visible_channels(user_id):
            seen += self.messages.in_channel(channel.id)
        return sorted(seen, key=lambda each: each.ts)

    def app_for_token(self, token: str) -> App | None:
        return next((app for app in self.apps.values() if token in (app.bot_token, app.app_token)), None)

    def app_for_command(self, command: str) -> App | None:
        for app in self.apps.values():
            if command in app.commands or not app.commands:
                return app
        return None

    def known_user(self, user_id: str) -> User:
        """A user by id, or Slack's `user_not_found`."""
        user = self.users.get(user_id)
        if user is None:
            raise RefusedError("user_not_found")
        return user

    def _names(self) -> set[str]:
        return {user.name for user in self.users.values()}

    def _id_of(self, each: User | App | str) -> str:
        if isinstance(each, User):
            return each.id
        return each.bot_user_id if isinstance(each, App) else self.user(each).id
