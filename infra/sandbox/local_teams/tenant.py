"""A Teams tenant: its people, teams and conversations, the bot's registration, and all that was said.

It knows nothing of HTTP.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

from infra.sandbox.changes import Change, Changes
from infra.sandbox.local_teams.dialogs import Dialogs
from infra.sandbox.local_teams.ids import mri_of, personal_id, stable_uuid, thread_id
from infra.sandbox.local_teams.messages import Messages
from infra.sandbox.local_teams.model import (
    ChannelType,
    Conversation,
    StoredFile,
    Team,
    TeamsApp,
    TeamsUser,
)

TENANT_ID = stable_uuid("tenant", "example")
OTHER_TENANT_ID = stable_uuid("tenant", "elsewhere")
APP_ID = stable_uuid("app", "teambot")


class Tenant:
    """Built in code, then served by `LocalTeams`."""

    def __init__(
        self,
        tenant_id: str = TENANT_ID,
        *,
        app: TeamsApp | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.tenant_id = tenant_id
        self.app = app or TeamsApp(APP_ID)
        self.clock = clock
        self.changes = Changes()
        self.messages = Messages(clock, self.changes)
        self.dialogs = Dialogs(self.changes)
        self.people: list[TeamsUser] = []
        self.teams: dict[str, Team] = {}
        self.conversations: dict[str, Conversation] = {}
        self.files: list[StoredFile] = []
        #: Where chats begin that are not there yet.
        self.region = "emea"

    def add_person(self, name: str, real_name: str = "", email: str | None = None, **facts: Any) -> TeamsUser:
        """Somebody of this tenant, or met in it; the other facts are those of `TeamsUser`."""
        facts.setdefault("tenant_id", self.tenant_id)
        facts.setdefault("aad_object_id", stable_uuid("user", name))
        facts.setdefault("user_principal_name", email or f"{name}@example.com")
        facts.setdefault("mri", mri_of(name))
        user = TeamsUser(name, real_name or name, email=email, **facts)
        self.people.append(user)
        self.changes.announce(Change("person.added", user, user.mri))
        return user

    def add_team(self, name: str, members: Iterable[str] = (), **facts: Any) -> Team:
        """A team with its General channel; members are named."""
        facts.setdefault("id", thread_id(name))
        people = [self.person(each) for each in members]
        team = Team(name=name, aad_group_id=stable_uuid("group", name), members=people, **facts)
        self.teams[team.id] = team
        self.conversations[team.id] = Conversation(team.id, "channel", None, team, members=team.members)
        return team

    def add_channel(
        self,
        team: Team,
        name: str,
        *,
        channel_type: ChannelType = "standard",
        members: Iterable[str] | None = None,
        channel_id: str = "",
    ) -> Conversation:
        """A channel of a team; shared and private ones have members of their own."""
        people = team.members if members is None else [self.person(each) for each in members]
        found = channel_id or thread_id(f"{team.name}/{name}")
        channel = Conversation(found, "channel", name, team, channel_type, people)
        self.conversations[channel.id] = channel
        return channel

    def person(self, name: str) -> TeamsUser:
        return next(each for each in self.people if each.name == name)

    def by_id(self, member_id: str) -> TeamsUser | None:
        """The person with this MRI, object id or user principal name."""
        return next((each for each in self.people if each.is_called(member_id)), None)

    def team(self, name: str) -> Team:
        return next(each for each in self.teams.values() if name in (each.id, each.name))

    def channel(self, name: str) -> Conversation:
        """A channel by its name, with or without its mark, or by its id."""
        wanted = name.removeprefix("#")
        found = (each for each in self.conversations.values() if each.kind == "channel")
        return next(each for each in found if wanted in (each.label, each.id))

    def chat(self, user: TeamsUser) -> Conversation:
        """The 1:1 chat of a person with the bot, begun now if it was not there."""
        chat_id = personal_id(user.mri)
        if chat_id not in self.conversations:
            self.conversations[chat_id] = Conversation(chat_id, "personal", members=[user], region=self.region)
        return self.conversations[chat_id]

    def reaches(self, user: TeamsUser) -> bool:
        """The bot may write to this person: the app is installed for them, or in a team that they are in."""
        return user.installed or any(user in team.members for team in self.teams.values() if team.has_bot)

    def conversations_of(self, user: TeamsUser) -> list[Conversation]:
        return [each for each in self.conversations.values() if user in each.members and not each.deleted]
